//! Sources that stay connected: what they hand over, and how one connection is read, a bounded batch at a time.

use std::fmt::Write as _;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::Cost;
use super::form::excerpt;
use crate::core::mention::Mention;
/// The way out, for whoever starts a feed.
pub use crate::net::Http;
use crate::net::{DialFault, Fault, RETRY_AFTER_MAX, Said, Silence, Socket, SocketFault, retry_after};

/// What one batch holds at most.
pub const MESSAGES_MAX: usize = 500;
pub const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The longest message of a stream: more than any post may be.
pub const MESSAGE_BYTES_MAX: usize = 1024 * 1024;
/// How long a batch waits for what follows its first message.
const GATHER: Duration = Duration::from_millis(200);
/// Messages in a row that cannot be read, before the server is taken for another kind.
pub const UNREADABLE_MAX: usize = 100;

/// A source that is followed: it keeps a connection where it can.
pub trait Streamed: Send + Sync {
    /// Connects and reads on from `cursor`, which is what was kept last; none at the first time.
    fn open<'a>(&'a self, http: &'a Http, cursor: Option<String>, now: Timestamp) -> Opening<'a>;
}

pub type Opening<'a> = Pin<Box<dyn Future<Output = Result<Box<dyn Session>, StreamError>> + Send + 'a>>;

/// A connection to a source.
pub trait Session: Send {
    /// What was heard since the last call; returns after a short while without anything too. Nothing is read between
    /// two calls, so a slow store slows the server down and nothing piles up here.
    fn hear(&mut self, now: Timestamp) -> Hearing<'_>;
}

pub type Hearing<'a> = Pin<Box<dyn Future<Output = Result<Heard, StreamError>> + Send + 'a>>;

/// What was heard. Mentions are stored in one transaction with the cursor.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Heard {
    pub mentions: Vec<Mention>,
    pub keep: Keep,
    /// The source said something that can be read. A connection that stands, and is silent, says nothing of a source.
    pub answered: bool,
    pub cost: Cost,
    /// Where to read on; none where the place has not moved.
    pub cursor: Option<String>,
    pub refused: Refused,
    /// What an operator should know: a gap, or a stream that is not to be had.
    pub note: Option<String>,
}

/// Which mentions are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// All: the source was asked for nothing else.
    #[default]
    All,
    /// Those that a watch matches: the source sends whatever anybody says.
    Matching,
}

/// Messages that are no mention and should be one: how many, and why the first is none.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Refused {
    pub count: usize,
    pub first: Option<String>,
}

impl Refused {
    pub fn add(&mut self, why: String) {
        self.count += 1;
        self.first.get_or_insert(why);
    }
}

/// Why a source cannot be followed now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct StreamError {
    pub why: String,
    /// How long the server asks to be left alone.
    pub after: Option<Duration>,
}

impl StreamError {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), after: None }
    }
}

/// The times that a source keeps to.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The longest that one call of `hear` waits for something.
    pub wait: Duration,
    pub silence: Silence,
    /// Between two looks at a timeline, while nothing streams.
    pub poll: Duration,
    /// Between two looks at a timeline while it streams: what the stream let fall shows there.
    pub verify: Duration,
    /// How long a timeline is polled before its stream is tried again.
    pub retry: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(10),
            silence: Silence { ask_after: Duration::from_secs(30), answer_within: Duration::from_secs(15) },
            poll: Duration::from_mins(1),
            verify: Duration::from_mins(5),
            retry: Duration::from_mins(10),
        }
    }
}

/// A socket that is read by batches. What was heard before it ended is handed over before its end is told.
pub(super) struct Line {
    socket: Socket,
    ended: Option<SocketFault>,
    /// What it cost and was not told yet; opening it was a request.
    cost: Cost,
    /// Messages in a row that could not be read.
    unreadable: usize,
}

impl Line {
    pub(super) fn new(socket: Socket) -> Self {
        Self { socket, ended: None, cost: Cost { requests: 1, bytes: 0 }, unreadable: 0 }
    }

    /// The messages of one batch: waits for the first, then takes what follows closely.
    pub(super) async fn messages(&mut self, wait: Duration) -> Result<Vec<Said>, SocketFault> {
        if let Some(fault) = self.ended {
            return Err(fault);
        }
        let (mut messages, mut bytes) = (Vec::new(), 0);
        let mut until = Instant::now() + wait;
        while messages.len() < MESSAGES_MAX && bytes < BATCH_BYTES_MAX {
            match self.socket.hear(until).await {
                Ok(Some(said)) => {
                    if messages.is_empty() {
                        until = Instant::now() + GATHER;
                    }
                    bytes += if let Said::Text(text) = &said { text.len() } else { 0 };
                    messages.push(said);
                }
                Ok(None) => break,
                Err(fault) if messages.is_empty() => return Err(fault),
                Err(fault) => {
                    self.ended = Some(fault);
                    break;
                }
            }
        }
        self.cost.bytes += bytes as u64;
        Ok(messages)
    }

    /// What it cost since it was asked last.
    pub(super) fn take_cost(&mut self) -> Cost {
        std::mem::take(&mut self.cost)
    }

    /// Counts messages that cannot be read; an error where nothing else comes.
    pub(super) fn readable(&mut self, readable: bool) -> Result<(), StreamError> {
        self.unreadable = if readable { 0 } else { self.unreadable + 1 };
        if self.unreadable < UNREADABLE_MAX {
            return Ok(());
        }
        Err(StreamError::new(format!(
            "the last {UNREADABLE_MAX} messages could not be read; is this the kind of server that the feed names?"
        )))
    }
}

/// An end that was not asked for, in words.
pub(super) fn broken(fault: SocketFault) -> StreamError {
    StreamError::new(format!("{fault}; what was said since is read after connecting again"))
}

/// Why no connection was made, in words; `setting` is what names the server, `sign_in` what to do where it refuses.
pub(super) fn not_dialled(fault: &DialFault, setting: &str, sign_in: &str, now: Timestamp) -> StreamError {
    match fault {
        DialFault::Fault(fault) => not_called(*fault, setting),
        DialFault::Garbled => {
            StreamError::new(format!("{fault}; is `{setting}` the address of the kind of server that the feed names?"))
        }
        DialFault::Refused { status, headers } => {
            let after = retry_after(headers, now, RETRY_AFTER_MAX);
            StreamError { why: refused(status.as_u16(), setting, sign_in), after }
        }
    }
}

/// Why a server did not answer, in words.
pub(super) fn not_called(fault: Fault, setting: &str) -> StreamError {
    let help = match fault {
        Fault::NotAllowed => "write `private: true` beside it if it is a server in your own network",
        Fault::NotReached | Fault::Lost | Fault::TooSlow => "it is tried again",
        Fault::Redirects => "write the address that it leads to",
    };
    StreamError::new(format!("the server that `{setting}` names: {fault}; {help}"))
}

/// An answer that is no success, in words.
pub(super) fn refused(status: u16, setting: &str, sign_in: &str) -> String {
    let mut why = format!("the server that `{setting}` names answers {status}: ");
    let _ = match status {
        301..=308 => write!(why, "it is elsewhere; write the address that it leads to in a browser"),
        401 | 403 | 422 => write!(why, "it shows this only to those who may see it; {sign_in}"),
        404 | 410 => write!(why, "there is nothing at this address; compare `{setting}` with the server's own pages"),
        429 => write!(why, "it was asked too often; it is asked again when it says"),
        500..=599 => write!(why, "it cannot answer now; it is tried again"),
        _ => write!(why, "this was not expected; it is tried again"),
    };
    why
}

/// A message that is no text.
pub(super) fn not_text() -> String {
    "it is no text, and nothing else was asked for".to_owned()
}

/// A reason that quotes a stranger's bytes.
pub(super) fn unreadable(what: &str, why: &serde_json::Error) -> String {
    format!("{what} cannot be read: {}", excerpt(&why.to_string()))
}
