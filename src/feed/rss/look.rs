//! One look at a feed: asked for only if it changed, read only if its bytes did, and what every answer means.

use std::time::Duration;

use jiff::Timestamp;

use super::cursor::Cursor;
use super::key::Key;
use super::{Read, RssFeed, read};
use crate::feed::{Batch, Came, Outside};
use crate::net::{Body, Fault, Fetch, Fetched, Spent, StatusCode, retry_after};

/// The longest answer, unpacked, in bytes. A document may be half as long: a longer one is told for what it is.
pub const BODY_BYTES_MAX: usize = 10 * 1024 * 1024;
/// The longest that a server is left alone because it asks for it.
pub const RETRY_AFTER_MAX: Duration = Duration::from_hours(24);

/// What to do about an address that is not public, in the words of the folder.
pub const PRIVATE_HINT: &str = "say `private: true` if that is meant";

const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, \
    application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5";

impl RssFeed {
    pub(super) async fn look(
        &self,
        outside: &Outside,
        cursor: Option<&str>,
        now: Timestamp,
        spent: &mut Spent,
    ) -> Came {
        let cursor = Cursor::read(cursor, &self.shown);
        let fetch = Fetch {
            url: self.url.clone(),
            private: self.private,
            accept: ACCEPT,
            known: cursor.validators(&self.key),
            body_bytes_max: BODY_BYTES_MAX,
        };
        match outside.http.fetch(&fetch, spent).await {
            Ok(answer) => self.answered(answer, cursor, now).await,
            Err(fault) => Came::Failed { why: self.why(fault) },
        }
    }

    async fn answered(&self, answer: Fetched, cursor: Cursor, now: Timestamp) -> Came {
        let status = answer.status;
        let said = format!("it answers {status}");
        match status {
            StatusCode::NOT_MODIFIED => Came::Brought(Batch::default()),
            StatusCode::GONE => Came::Gone { why: "it answers 410 Gone: it was given up".to_owned() },
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                Came::Later { why: said, after: retry_after(&answer.headers, now, RETRY_AFTER_MAX) }
            }
            status if status.is_success() => {
                brought(answer, cursor, &self.key).await.unwrap_or_else(|why| Came::Failed { why })
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Came::Failed { why: format!("{said}; it does not let us in") }
            }
            StatusCode::NOT_FOUND => Came::Failed { why: format!("{said}; is its address still right?") },
            _ => Came::Failed { why: said },
        }
    }

    fn why(&self, fault: Fault) -> String {
        match fault {
            Fault::NotAllowed if self.private => "it leads to an address that may not be called".to_owned(),
            Fault::NotAllowed => format!("it leads to an address that is not public; {PRIVATE_HINT}"),
            Fault::NotReached | Fault::Lost | Fault::TooSlow | Fault::Redirects => fault.to_string(),
        }
    }
}

/// What a whole answer brings. Parsing is done aside: a document can be long.
async fn brought(answer: Fetched, cursor: Cursor, key: &Key) -> Result<Came, String> {
    let Fetched { headers, url, body, validators, .. } = answer;
    let mut cursor = cursor.known_by(validators, key);
    let (body, unread) = match body {
        Body::Whole(body) => (body, None),
        Body::Part(body, why) => (body, Some(why.to_string())),
    };
    let hash = body_hash(&body);
    if unread.is_none() && cursor.is_body(hash) {
        return Ok(Came::Brought(Batch { cursor: cursor.write(), ..Batch::default() }));
    }
    let content_type = headers.get("content-type").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let read = move || read(&body, content_type.as_deref(), Some(&url)).map(Read::of);
    let read = tokio::task::spawn_blocking(read).await.map_err(|error| format!("reading was broken off: {error}"))?;
    let Read { mentions, refused, broken } = match (read, &unread) {
        (Ok(read), _) => key.take_out_of_all(read),
        // What comes of half a document says nothing that its end does not.
        (Err(_), Some(unread)) => return Err(unread.clone()),
        (Err(error), None) => return Err(key.take_out_of(&error.to_string())),
    };
    match unread.or(broken) {
        None => {
            let mentions = cursor.take(hash, mentions);
            Ok(Came::Brought(Batch { mentions, refused, cursor: cursor.write(), ended: false }))
        }
        Some(why) => {
            let mentions = cursor.take_part(mentions);
            Ok(Came::Cut { batch: Batch { mentions, refused, cursor: cursor.write(), ended: false }, why })
        }
    }
}

/// Never nought, which stands for no body at all.
pub fn body_hash(body: &[u8]) -> u64 {
    use std::hash::Hasher as _;
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(body);
    hasher.finish().max(1)
}
