//! The file channel: each post is one JSON line, on disk before it counts as posted. For what other programs send on.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Serialize};

use super::room::Room;
use super::{
    Calling, Channel, ChannelKind, ChannelSettings, Found, Intent, Outcome, Outside, Parsed, Reason, Settings,
    SettingsError,
};
use crate::core::approval::ApprovedStatement;
use crate::core::name::ChannelName;
use crate::core::rules::{ChannelRules, Reach};
use crate::core::statement::{Package, Variant};
use crate::crash::{self, Point};

const NAME: &str = "file";
/// A file that has grown larger, in bytes, is not searched or added to any more.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// How long to wait before a file that could not be opened is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(30);

pub(super) const KIND: ChannelKind = ChannelKind {
    name: NAME,
    docs: "\
Adds each post to a file, one JSON object a line: key, channel, and texts with language, title and body.

  path     the file, within the configuration folder; made when the first post comes
  length   bluesky, mastodon, x or a number of characters, for the short text",
    example: "archive: { file: { path: posted.jsonl } }",
    secrets: &[],
    paths: &["path"],
    parse,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSettings {
    path: PathBuf,
    length: Option<Room>,
}

#[derive(Debug)]
struct FileChannel {
    path: PathBuf,
    rules: ChannelRules,
}

fn parse(settings: Settings<'_, '_>, language: Option<String>) -> Parsed {
    let FileSettings { path, length } = erased_serde::deserialize(settings)?;
    let account = path
        .file_name()
        .ok_or_else(|| SettingsError::custom("`path` names no file; write a file name, as in posted.jsonl"))?;
    let rules = ChannelRules {
        kind: NAME.to_owned(),
        account: account.to_string_lossy().into_owned(),
        reach: Reach::Network,
        limit: length.map(|room| room.0),
        language,
    };
    Ok(Box::new(FileChannel { path, rules }))
}

impl ChannelSettings for FileChannel {
    fn rules(&self) -> ChannelRules {
        self.rules.clone()
    }

    fn connect(&self, name: &ChannelName, _: &Outside) -> Option<Arc<dyn Channel>> {
        Some(Arc::new(Posts { name: name.clone(), path: self.path.clone() }))
    }
}

/// The file as a live channel.
struct Posts {
    name: ChannelName,
    path: PathBuf,
}

#[derive(Serialize)]
struct Line<'a> {
    key: &'a str,
    channel: &'a str,
    texts: Vec<&'a Variant>,
}

/// What is read back of a line.
#[derive(Deserialize)]
struct Posted {
    key: String,
}

impl Channel for Posts {
    fn post<'a>(&'a self, statement: &'a ApprovedStatement, intent: &'a Intent) -> Calling<'a, Outcome> {
        let key = intent.key.as_str();
        // No text for this channel is as little approved as another text.
        let texts = statement.texts_for(&self.name).filter(|texts| !texts.is_empty());
        let line =
            texts.and_then(|texts| serde_json::to_string(&Line { key, channel: self.name.as_str(), texts }).ok());
        let (path, key) = (self.path.clone(), key.to_owned());
        Box::pin(async move {
            let Some(line) = line else { return Outcome::Never(Reason::OtherBytes) };
            aside(move || add(&path, &key, &line)).await.unwrap_or(Outcome::Unknown(Reason::Unreachable))
        })
    }

    fn find<'a>(&'a self, _: &'a Package, intent: &'a Intent) -> Calling<'a, Found> {
        let (path, key) = (self.path.clone(), intent.key.clone());
        Box::pin(async move {
            let found = aside(move || look(&path, &key)).await;
            found.and_then(Result::ok).unwrap_or(Found::CannotTell(Reason::Unreachable))
        })
    }
}

/// On a thread of its own: disks may be slow.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

fn add(path: &Path, key: &str, line: &str) -> Outcome {
    match look(path, key) {
        Ok(Found::There { url }) => return Outcome::Done { url },
        Ok(Found::Nothing) => {}
        Ok(Found::CannotTell(why)) => return Outcome::Unknown(why),
        Err(_) => return Outcome::Later { why: Reason::Unreachable, after: RETRY_AFTER },
    }
    let Ok(file) = OpenOptions::new().read(true).append(true).create(true).open(path) else {
        return Outcome::Later { why: Reason::Unreachable, after: RETRY_AFTER };
    };
    match append(file, path, line) {
        Ok(()) => Outcome::Done { url: url(path, key) },
        Err(_) => Outcome::Unknown(Reason::Unreachable),
    }
}

/// One line, after closing one that a crash cut off, then to disk.
fn append(mut file: File, path: &Path, line: &str) -> io::Result<()> {
    let bytes = file.seek(SeekFrom::End(0))?;
    let mut last = [b'\n'];
    if bytes > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    crash::pass(Point::FileOpened);
    let cut = if last == [b'\n'] { "" } else { "\n" };
    file.write_all(format!("{cut}{line}\n").as_bytes())?;
    crash::pass(Point::FileWritten);
    file.sync_all()?;
    crash::pass(Point::FileSynced);
    // The file's name is on disk only once its folder is.
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())?;
    crash::pass(Point::FolderSynced);
    Ok(())
}

fn look(path: &Path, key: &str) -> io::Result<Found> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.len() > FILE_BYTES_MAX => return Ok(Found::CannotTell(Reason::Refused)),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(error),
    }
    let mut matches = 0;
    for line in BufReader::new(File::open(path)?.take(FILE_BYTES_MAX)).split(b'\n') {
        let posted = serde_json::from_slice::<Posted>(&line?);
        matches += usize::from(posted.is_ok_and(|posted| posted.key == key));
    }
    Ok(match matches {
        0 => Found::Nothing,
        1 => Found::There { url: url(path, key) },
        _ => Found::CannotTell(Reason::Several),
    })
}

fn url(path: &Path, key: &str) -> String {
    format!("file://{}#{key}", path.display())
}
