//! The control socket beside the store: what the operator's commands say to the running daemon. One JSON line in, one out.

mod hold;
mod incident;

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;

use crate::core::name::{PersonId, PlaybookName, WatchName};
use crate::core::period::Period;
use crate::core::quiet::{BreakThrough, Silence};
use crate::core::shown::visible;
use crate::core::statement::clock_time;
use crate::engine::{Engine, RecordError, SilenceAsked, Work, on_its_way};

pub use hold::{HoldRequest, hold};
pub use incident::{IncidentRequest, LISTED_MAX, SAID_BYTES_MAX};

/// The longest request or answer, in bytes.
pub const LINE_BYTES_MAX: u64 = 64 * 1024;
/// How long one side waits for the other.
const WITHIN: Duration = Duration::from_secs(10);
/// How long a command under way may take once Holdline is to stop.
const STOP_WITHIN: Duration = Duration::from_secs(2);
/// Who may connect: the user that Holdline runs as, and root.
const MODE: u32 = 0o600;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    StopPosting { by: String, reason: String },
    ResumePosting { by: String },
    Silence(SilenceRequest),
    Rehearsal(RehearsalRequest),
    Incident(IncidentRequest),
    Hold(HoldRequest),
}

/// What `holdline rehearse --with-team` asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RehearsalRequest {
    /// Announces one now, to begin after a time.
    Begin {
        playbook: PlaybookName,
        by: Option<PersonId>,
        after: Option<Period>,
    },
    Stop {
        reason: String,
    },
    /// Those that took place, and how they went.
    List,
}

/// Who is asked about rehearsals.
pub type Rehearsals = Arc<dyn Fn(RehearsalRequest) -> Pin<Box<dyn Future<Output = Answer> + Send>> + Send + Sync>;

/// What `holdline silence` asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SilenceRequest {
    /// Of every watch where none is named.
    Begin {
        watch: Option<WatchName>,
        lasting: Period,
        by: PersonId,
        reason: String,
        break_through: BreakThrough,
    },
    End {
        number: u32,
        by: PersonId,
    },
    List,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// In sentences, for the terminal.
    Done(Vec<String>),
    Refused(String),
}

#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// No daemon listens there.
    #[error("no Holdline is running on this store")]
    NobodyThere,
    #[error("the running Holdline could not be asked: {0}")]
    Broken(String),
}

/// Where the daemon of this store listens.
pub fn socket_of(store: &Path) -> PathBuf {
    store.with_extension("sock")
}

/// Begins to listen. What a dead process left there is removed: only whoever holds the store's lock comes here.
pub fn listen(path: &Path) -> io::Result<UnixListener> {
    match fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(MODE))?;
    Ok(listener)
}

/// Answers one after the other until `stop`.
pub async fn serve(listener: UnixListener, engine: Engine, rehearsals: Option<Rehearsals>, stop: CancellationToken) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let talked = match accepted {
            Ok((stream, _)) => {
                let stopped = async {
                    stop.cancelled().await;
                    tokio::time::sleep(STOP_WITHIN).await;
                };
                tokio::select! {
                    talked = tokio::time::timeout(WITHIN, talk(stream, &engine, rehearsals.as_ref())) => {
                        talked.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
                    }
                    () = stopped => return,
                }
            }
            Err(error) => Err(error),
        };
        if let Err(error) = talked {
            tracing::warn!(%error, "a command on the control socket was not answered");
        }
    }
}

async fn talk(stream: UnixStream, engine: &Engine, rehearsals: Option<&Rehearsals>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    (&mut stream).take(LINE_BYTES_MAX).read_line(&mut line).await?;
    let answer = match serde_json::from_str(&line) {
        Ok(request) => carry_out(engine, rehearsals, request).await,
        Err(error) => Answer::Refused(format!("this Holdline does not understand the request: {error}")),
    };
    let mut text = serde_json::to_string(&answer).map_err(io::Error::other)?;
    text.push('\n');
    stream.get_mut().write_all(text.as_bytes()).await
}

async fn carry_out(engine: &Engine, rehearsals: Option<&Rehearsals>, request: Request) -> Answer {
    let done = match request {
        Request::StopPosting { by, reason } => {
            engine.stop_posting(by, reason).await.map(|posts| stopped(&on_its_way(&posts)))
        }
        Request::ResumePosting { by } => engine.resume_posting(by).await.map(|()| vec![RESUMED.to_owned()]),
        Request::Rehearsal(request) => {
            return match rehearsals {
                Some(ask) => ask(request).await,
                None => Answer::Refused("this Holdline is a rehearsal itself".to_owned()),
            };
        }
        Request::Silence(request) => engine.call(move |work| silence(work, request)).await,
        Request::Incident(request) => incident::carry_out(engine, request).await,
        Request::Hold(request) => engine.call(move |work| hold(work, request)).await,
    };
    match done {
        Ok(sentences) => Answer::Done(sentences.iter().map(|said| visible(said)).collect()),
        Err(error) => Answer::Refused(refused(&error)),
    }
}

/// What the terminal says after a resume.
pub const RESUMED: &str = "Posting is resumed. What was approved meanwhile and is not out of date goes out now.";

/// What the terminal says after a stop.
pub fn stopped(on_its_way: &[String]) -> Vec<String> {
    let mut said = vec!["Posting is stopped. Nothing goes out before `holdline stop-posting --resume`.".to_owned()];
    if on_its_way.is_empty() {
        said.push("Nothing was on its way.".to_owned());
    } else {
        said.push("On its way already, and perhaps public:".to_owned());
        said.extend(on_its_way.iter().map(|post| format!("  {post}")));
    }
    said
}

/// Carries out what `holdline silence` asks for, in the daemon or where none runs; says what came of it.
pub fn silence(work: &mut Work<'_, '_>, request: SilenceRequest) -> Result<Vec<String>, RecordError> {
    let zone = work.zone();
    match request {
        SilenceRequest::Begin { watch, lasting, by, reason, break_through } => {
            let until = clock_time(lasting.after(work.now()), &zone, "en");
            let number = work.silence(&SilenceAsked { watch, lasting, reason, by, break_through })?;
            Ok(vec![
                format!(
                    "Silence {number} holds until {until}. Alarms go on being judged; what is held back is told after."
                ),
                format!("To end it before: holdline silence --end {number} --by PERSON"),
            ])
        }
        SilenceRequest::End { number, by } => {
            work.end_silence(number, &by)?;
            Ok(vec![format!("Silence {number} is over. What it held back is told within a minute.")])
        }
        SilenceRequest::List => {
            let line = |(number, silence): (u32, &Silence)| {
                let Silence { scope, until, reason, by, break_through, .. } = silence;
                let until = clock_time(*until, &zone, "en");
                format!("{number}: {scope}, until {until}, by {by}, breaks through: {break_through}. {reason}")
            };
            let said: Vec<String> = work.silences().map(line).collect();
            Ok(if said.is_empty() { vec!["No silence is in force.".to_owned()] } else { said })
        }
    }
}

/// A refusal, in words.
pub fn refused(error: &RecordError) -> String {
    match error {
        RecordError::Refused(crate::core::incident::Refusal::NothingChanged) => {
            "nothing changed: posting is in that state already".to_owned()
        }
        RecordError::Refused(_)
        | RecordError::NoSuchIncident
        | RecordError::NoSuchPlaybook
        | RecordError::Silence(_)
        | RecordError::AnotherAddress(_)
        | RecordError::Busy
        | RecordError::Stopping
        | RecordError::Store(_) => error.to_string(),
    }
}

/// Asks the daemon that listens at `path`.
pub async fn ask(path: &Path, request: &Request) -> Result<Answer, ControlError> {
    let broken = |error: io::Error| ControlError::Broken(error.to_string());
    let stream = UnixStream::connect(path).await.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => ControlError::NobodyThere,
        _ => ControlError::Broken(error.to_string()),
    })?;
    let asked = tokio::time::timeout(WITHIN, async {
        let mut stream = BufReader::new(stream);
        let mut text = serde_json::to_string(request).map_err(io::Error::other)?;
        text.push('\n');
        stream.get_mut().write_all(text.as_bytes()).await?;
        let mut line = String::new();
        (&mut stream).take(LINE_BYTES_MAX).read_line(&mut line).await?;
        serde_json::from_str(&line).map_err(io::Error::other)
    });
    asked.await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(broken)
}
