//! Hostile strings as posts and statuses: taken as text that fits the form of a mention, or refused in one line.

use holdline::core::mention::{MENTION_TEXT_BYTES_MAX, Mention};
use holdline::feed::bluesky::event;
use holdline::feed::form::{Draft, json as form};
use holdline::feed::mastodon::status::{Frame, read_frame};
use serde_json::{Value, json};

use super::bluesky::{post, words};
use crate::hostile::{self, Meter, payloads};

/// Every nth of the largest set is tried here.
const EVERY: usize = 20;

fn fits(mention: &Mention) {
    let line = serde_json::to_string(mention).unwrap();
    assert_eq!(form::draft(&line).and_then(Draft::check).as_ref(), Ok(mention));
}

fn one_line(why: &str) {
    assert!(!why.is_empty() && !why.chars().any(char::is_control), "{why:?}");
}

fn everywhere(text: &str) -> (String, Value) {
    let mut record = words(text);
    record["langs"] = json!([text]);
    record["createdAt"] = json!(text);
    record["embed"] = json!({ "external": { "title": text, "uri": text }, "images": [{ "alt": text }] });
    record["facets"] = json!([{ "index": { "byteStart": 0, "byteEnd": text.len() }, "features": [
        { "$type": "app.bsky.richtext.facet#link", "uri": text }] }]);
    let status = json!({ "id": "1", "created_at": text, "language": text, "url": text, "uri": text, "content": text,
        "spoiler_text": text, "visibility": "public", "account": { "acct": "ana" },
        "media_attachments": [{ "description": text }] });
    (post(1, 7, &record), status)
}

#[test]
fn no_string_is_more_than_text() {
    let Some(folder) = hostile::hostile() else { return };
    let mut meter = Meter::of("a sample of every set as posts and statuses");
    for text in payloads::sample(&folder, EVERY) {
        meter.run(&text, || {
            let (event, mut status) = everywhere(&text);
            match event::read(&event) {
                Ok(event) => event.said.iter().for_each(fits),
                Err(why) => one_line(&why),
            }
            let plain = event::read(&post(1, 7, &words(&text))).unwrap();
            assert_eq!(plain.said.is_none(), text.trim().is_empty(), "{text:?}");
            if let Some(said) = plain.said.filter(|_| text.len() <= MENTION_TEXT_BYTES_MAX) {
                assert_eq!(said.text, text.replace('\0', "\u{fffd}"));
            }
            for field in ["id", "acct"] {
                let frame = json!({ "event": "update", "payload": status.to_string() }).to_string();
                match read_frame(&frame, "here.example") {
                    Ok(Frame::Said(mention)) => fits(&mention),
                    Ok(Frame::Nothing) => {}
                    Ok(Frame::Refused(why)) | Err(why) => one_line(&why),
                }
                if field == "id" {
                    status["id"] = json!(text);
                } else {
                    status["account"]["acct"] = json!(text);
                }
            }
        });
    }
    meter.end();
}
