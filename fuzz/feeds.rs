//! The targets of what feeds read.

use holdline::core::mention::Mention;
use holdline::feed::bluesky::event;
use holdline::feed::form::{Draft, json};
use holdline::feed::mastodon::place::{PAGES_MAX, Places};
use holdline::feed::mastodon::status::{Frame, read_frame, read_page};
use holdline::feed::mastodon::{Public, Timeline};

use super::{assert_one_line, now, text};

/// What a feed made of a stranger's bytes fits the form of a mention, as the webhook would have taken it.
fn assert_fits(mention: &Mention) {
    let line = serde_json::to_string(mention).expect("plain text");
    assert_eq!(json::draft(&line).and_then(Draft::check).as_ref(), Ok(mention));
}

/// An event of Jetstream is read or refused in one line, and what it says fits.
pub fn bluesky(bytes: &[u8]) {
    match event::read(&text(bytes)) {
        Ok(event) => event.said.iter().for_each(assert_fits),
        Err(why) => assert_one_line(&why),
    }
}

/// A message of a stream, or a page of a timeline: what they say fits, and a walk through such pages ends.
pub fn mastodon(bytes: &[u8]) {
    match read_frame(&text(bytes), "server.example") {
        Ok(Frame::Said(mention)) => assert_fits(&mention),
        Ok(Frame::Nothing) => {}
        Ok(Frame::Refused(why)) | Err(why) => assert_one_line(&why),
    }
    let rows = match read_page(bytes, "server.example") {
        Ok(rows) => rows,
        Err(why) => return assert_one_line(&why),
    };
    for row in &rows {
        match &row.said {
            Ok(said) => said.iter().for_each(assert_fits),
            Err(why) => assert_one_line(why),
        }
    }
    let timeline = Timeline::Public(Public::All);
    let timelines = std::slice::from_ref(&timeline);
    let mut places = Places::read(None, timelines, now()).expect("none is kept");
    for _ in 0..=PAGES_MAX {
        let more = places.of(&timeline).expect("its place").turn(&rows).more;
        assert_eq!(Places::read(Some(&places.write()), timelines, now()).as_ref(), Ok(&places));
        if !more {
            return;
        }
    }
    panic!("a walk without an end");
}
