//! Outgoing mail: building letters, a scripted mail server, real mail servers, the built-in mailbox.

use holdline::mail::Letter;
use jiff::Timestamp;

mod capture;
mod from_the_outbox;
mod letters;
mod lists;
mod real;
mod script;
mod scripted;

const FROM: &str = "Riverside Holdline <holdline@riverside.example>";

fn letter() -> Letter {
    Letter {
        message_id: "i7.3.0@riverside.example".to_owned(),
        thread: Some("i7.1.0@riverside.example".to_owned()),
        to_name: "Ana Ruiz".to_owned(),
        to: "alice@ex.test".to_owned(),
        subject: "Approve: holding statement".to_owned(),
        text: "Please read the statement.\n\nCode: 4F7K2M\n".to_owned(),
        html: "<p>Please read the statement.</p>".to_owned(),
        picture: None,
    }
}

fn numbered(n: usize) -> Letter {
    Letter { message_id: format!("i7.{n}.9@riverside.example"), ..letter() }
}

fn noon() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().expect("a valid time")
}
