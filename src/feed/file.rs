//! The file feed: JSON lines or CSV, played once at a speed, or followed as it grows.

pub mod cursor;
pub mod reading;
pub mod records;
pub mod replay;
pub mod rows;
pub mod source;

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::Error as _;

use self::{
    cursor::Cursor,
    reading::Reading,
    records::Format,
    replay::{Pace, Speed},
    source::hash,
};
use super::{Batch, Door, Feed, FeedKind, PollError, Polled, Polling, Settings, SettingsError};

/// Mentions and refused lines in one batch.
pub const BATCH_MAX: usize = 500;
/// How often a followed file is looked at.
pub const FOLLOW_EVERY: Duration = Duration::from_secs(1);

pub const NAME: &str = "file";
pub const DOCS: &str = "\
Mentions from a file: JSON lines (.jsonl, .ndjson, .json) or CSV (.csv) whose first line names its columns.
The fields are id, published, text, author, url, language, title, reach; only text is needed, and a CSV file may say
timestamp or time for published.

  path     the file, within the configuration folder
  replay   plays it once at a speed such as 10x; the first mention is dated now
  follow   true: reads what is there, then what is added; survives rotation";
pub const EXAMPLE: &str = "\
storm: { file: { path: history/storm.csv, replay: 10x } }
export: { file: { path: mentions.jsonl, follow: true } }";

pub(super) const KIND: FeedKind =
    FeedKind { name: NAME, docs: DOCS, example: EXAMPLE, secrets: &[], paths: &["path"], parse };

fn parse(settings: Settings<'_, '_>) -> Result<Box<dyn Feed>, SettingsError> {
    let settings: FileSettings = erased_serde::deserialize(settings)?;
    Ok(Box::new(FileFeed::new(&settings).map_err(SettingsError::custom)?))
}

/// The feed as written in the configuration. The feed itself takes an absolute path.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSettings {
    pub path: PathBuf,
    pub replay: Option<Speed>,
    pub follow: Option<bool>,
}

/// Why settings make no file feed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileSettingsError {
    #[error("`path` must end in .jsonl, .ndjson or .json for JSON lines, or in .csv")]
    Extension,
    #[error("`path` must be made absolute before the feed is built")]
    NotAbsolute,
    #[error("say how the file is read: either `replay: 10x` or `follow: true`")]
    NoMode,
    #[error("`replay` and `follow` do not go together; keep one")]
    TwoModes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Replay(Speed),
    Follow,
}

#[derive(Clone, Debug)]
pub struct FileFeed {
    path: PathBuf,
    format: Format,
    mode: Mode,
}

/// What one look brought, and how long to wait before the next where it brought nothing.
#[derive(Debug)]
pub struct Look {
    pub batch: Batch,
    pub wait: Duration,
}

impl Feed for FileFeed {
    fn door(&self) -> Door<'_> {
        Door::Polled(self)
    }
}

impl Polled for FileFeed {
    fn poll(&self, cursor: Option<String>) -> Polling<'_> {
        Box::pin(async move {
            let look = self.look_aside(cursor.clone()).await?;
            if look.batch != nothing_after(cursor.as_deref()) {
                return Ok(look.batch);
            }
            tokio::time::sleep(look.wait).await;
            Ok(self.look_aside(cursor).await?.batch)
        })
    }
}

fn nothing_after(cursor: Option<&str>) -> Batch {
    Batch { cursor: cursor.map(str::to_owned), ..Batch::default() }
}

impl FileFeed {
    /// The settings with their path made absolute.
    pub fn new(settings: &FileSettings) -> Result<Self, FileSettingsError> {
        let path = settings.path.clone();
        if !path.is_absolute() {
            return Err(FileSettingsError::NotAbsolute);
        }
        let format = format_of(&path).ok_or(FileSettingsError::Extension)?;
        let mode = match (settings.replay, settings.follow.unwrap_or(false)) {
            (Some(speed), false) => Mode::Replay(speed),
            (None, true) => Mode::Follow,
            (None, false) => return Err(FileSettingsError::NoMode),
            (Some(_), true) => return Err(FileSettingsError::TwoModes),
        };
        Ok(Self { path, format, mode })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Looks on a thread of its own: disks may be slow.
    async fn look_aside(&self, cursor: Option<String>) -> Result<Look, PollError> {
        let feed = self.clone();
        tokio::task::spawn_blocking(move || feed.look(cursor.as_deref(), Timestamp::now()))
            .await
            .map_err(|error| PollError(format!("reading the file was broken off: {error}")))?
    }

    /// One look at the file. Waits for nothing.
    pub fn look(&self, cursor: Option<&str>, now: Timestamp) -> Result<Look, PollError> {
        let cursor = match cursor {
            Some(text) => Some(Cursor::read(text).ok_or_else(|| self.unreadable_cursor())?),
            None => None,
        };
        let path = hash(self.path.as_os_str().as_bytes());
        let replays = matches!(self.mode, Mode::Replay(_));
        let cursor = cursor.filter(|c| c.path == path && c.pace.is_some() == replays);
        let left = cursor.as_ref().map(|cursor| cursor.place.clone());
        let piece = source::read(&self.path, left)?;
        if replays && (piece.note.is_some() || piece.then.is_some()) {
            let stopped =
                format!("{} was changed while it was being replayed: the replay has ended", self.path.display());
            let batch = Batch {
                refused: vec![stopped],
                cursor: cursor.map(|cursor| cursor.write()),
                ended: true,
                ..Batch::default()
            };
            return Ok(Look { batch, wait: Duration::ZERO });
        }
        let pace = replays.then(|| cursor.and_then(|c| c.pace).unwrap_or(Pace::start(now)));
        let mut reading = Reading::begin(self, &piece, pace, now)?;
        reading.run();
        Ok(reading.finish(path))
    }

    fn unreadable_cursor(&self) -> PollError {
        PollError(format!(
            "the place reached in {} was written by another version of Holdline; give the feed another name to read the file from its beginning",
            self.path.display()
        ))
    }
}

fn format_of(path: &Path) -> Option<Format> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "jsonl" | "ndjson" | "json" => Some(Format::JsonLines),
        "csv" => Some(Format::Csv),
        _ => None,
    }
}
