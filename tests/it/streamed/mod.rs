//! Feeds that stay connected: what they make of events, and that a broken connection loses nothing and counts nothing twice.

mod bluesky;
pub(crate) mod bluesky_real;
mod engine;
mod fediverse;
mod hostile;
mod mastodon;
mod places;
mod player;
mod tls;

use std::time::Duration;

use holdline::feed::streamed::{Heard, Pace, Session, StreamError};
use holdline::net::Silence;
use jiff::Timestamp;

/// How long anything here may take; real time, since the machine may be busy.
const PATIENCE: Duration = Duration::from_mins(1);

/// Times that a test can wait for. A server may still be busy for a while before it is taken for silent.
fn pace() -> Pace {
    Pace {
        wait: Duration::from_millis(300),
        silence: Silence { ask_after: Duration::from_secs(20), answer_within: Duration::from_secs(20) },
        poll: Duration::from_millis(300),
        verify: Duration::from_mins(1),
        retry: Duration::from_mins(1),
    }
}

async fn hear(session: &mut Box<dyn Session>) -> Result<Heard, StreamError> {
    tokio::time::timeout(PATIENCE, session.hear(Timestamp::now())).await.expect("nothing was heard in time")
}

/// The first batch that brings something.
async fn something(session: &mut Box<dyn Session>) -> Result<Heard, StreamError> {
    loop {
        let heard = hear(session).await?;
        let Heard { keep, answered, cost, .. } = heard;
        if heard != (Heard { keep, answered, cost, ..Heard::default() }) {
            return Ok(heard);
        }
    }
}

/// Batches until so many mentions were heard, put together; the last place among them.
async fn mentions(session: &mut Box<dyn Session>, count: usize) -> Heard {
    let mut whole = Heard::default();
    while whole.mentions.len() < count {
        let heard = hear(session).await.unwrap();
        whole.mentions.extend(heard.mentions);
        whole.cursor = heard.cursor.or(whole.cursor);
        whole.note = whole.note.or(heard.note);
    }
    whole
}
