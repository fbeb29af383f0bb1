//! The targets of what feeds read.

use std::collections::BTreeSet;

use holdline::core::mention::Mention;
use holdline::feed::bluesky::event;
use holdline::feed::form::{Draft, Field, json};
use holdline::feed::mastodon::place::{PAGES_MAX, Places};
use holdline::feed::mastodon::status::{Frame, read_frame, read_page};
use holdline::feed::mastodon::{Public, Timeline};
use holdline::feed::rss::{Read, read};
use holdline::feed::webhook::{Webhook, WebhookSettings, parse};
use holdline::net::Url;
use secrecy::SecretString;

use super::{assert_one_line, halves, now, text};

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

/// A document at an address, with the server's word on it in the first line: whatever comes of it fits a mention's form.
pub fn feed(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let content_type = std::str::from_utf8(&bytes[..end]).ok();
    let at = Url::parse("https://news.example/feeds/health.xml").ok();
    for document in [bytes, bytes.get(end + 1..).unwrap_or_default()] {
        match read(document, content_type, at.as_ref()) {
            Ok(read) => {
                let Read { mentions, refused, .. } = Read::of(read);
                let names: BTreeSet<&str> = mentions.iter().map(|mention| mention.id.as_str()).collect();
                assert_eq!(names.len(), mentions.len(), "a name twice");
                for mention in &mentions {
                    let mut draft = Draft::default();
                    draft.set(Field::Id, mention.id.clone());
                    draft.set(Field::Text, mention.text.clone());
                    let fields =
                        [(Field::Title, &mention.title), (Field::Author, &mention.author), (Field::Url, &mention.url)];
                    for (field, value) in fields {
                        if let Some(value) = value {
                            draft.set(field, value.clone());
                        }
                    }
                    assert!(draft.check().is_ok(), "{mention:?}");
                }
                for line in &refused {
                    assert_one_line(line);
                }
            }
            Err(error) => assert_one_line(&error.to_string()),
        }
    }
}

/// A delivery is taken whole and would be taken again, or is refused in one line.
pub fn webhook_body(bytes: &[u8]) {
    match parse(bytes, None) {
        Ok(mentions) => {
            let lines: Vec<String> =
                mentions.iter().map(|mention| serde_json::to_string(mention).expect("plain text")).collect();
            assert_eq!(parse(lines.join("\n").as_bytes(), None), Ok(mentions));
        }
        Err(error) => {
            assert!((400..500).contains(&error.status()));
            assert_one_line(&error.to_string());
        }
    }
}

/// Headers and a body that nobody signed are refused.
pub fn webhook_gate(bytes: &[u8]) {
    let text = text(bytes);
    let (timestamp, rest) = halves(&text);
    let (signature, body) = halves(rest);
    let secret = SecretString::from("a secret that the fuzzer does not know");
    let settings = WebhookSettings { path: "/in/fuzz".to_owned(), secret, old_secret: None, per_minute: Some(1) };
    let webhook = Webhook::new(settings).expect("the settings are in order");
    let error = webhook.verify(timestamp, signature, body.as_bytes(), now()).expect_err("nobody signed it");
    assert!(matches!(error.status(), 401 | 413));
    assert_one_line(&error.to_string());
    let path = format!("/in/{timestamp}");
    let secret = SecretString::from(signature.to_owned());
    let settings = WebhookSettings { path, secret, old_secret: None, per_minute: None };
    if let Err(error) = Webhook::new(settings) {
        assert_one_line(&error.to_string());
    }
}
