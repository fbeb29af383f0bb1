//! The file itself: finding it again after it was cut short or moved aside, and reading one bounded piece of it.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::cursor::Place;
use crate::feed::PollError;

/// What one look reads, in bytes; more than the longest record.
pub const READ_BYTES_MAX: u64 = 2 * 1024 * 1024;
/// The longest header of a CSV file, in bytes.
pub const HEADER_BYTES_MAX: u64 = 16 * 1024;
/// How many files beside the followed one are looked at for the one that was moved aside.
pub const SIBLINGS_MAX: usize = 1000;
/// How much of what stands before a place is remembered, as a hash.
const BEFORE_BYTES_MAX: u64 = 64;

/// A piece of a file, from a place on.
#[derive(Debug)]
pub struct Piece {
    /// The bytes just before the place, then the piece.
    bytes: Vec<u8>,
    /// Where the piece begins in `bytes`.
    begin: usize,
    pub place: Place,
    /// The beginning of the file, for its header.
    pub head: Vec<u8>,
    /// The piece reaches the end of the file.
    pub to_end: bool,
    /// The file was moved aside for another: after its end comes that one.
    pub then: Option<Place>,
    /// What happened to the file since the last look.
    pub note: Option<String>,
}

impl Piece {
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.begin..]
    }

    /// What `Place::before` is after `read` bytes of the piece.
    pub fn before(&self, read: usize) -> String {
        let end = self.begin + read;
        let most = usize::try_from(BEFORE_BYTES_MAX).unwrap_or(usize::MAX);
        hash(&self.bytes[end.saturating_sub(most)..end])
    }
}

struct Opened {
    file: File,
    inode: u64,
    bytes: u64,
}

/// Opens the file where it was left, and reads on.
pub fn read(path: &Path, left: Option<Place>) -> Result<Piece, PollError> {
    let failed = |error: io::Error| PollError(format!("{} cannot be read: {error}", path.display()));
    let current = open(path).map_err(failed)?;
    let Some(left) = left else {
        let Some(current) = current else { return Err(missing(path)) };
        let place = Place::start(current.inode);
        return piece(current, place, None, None).map_err(failed);
    };
    match current {
        Some(mut current) if current.inode == left.inode => {
            if stands(&mut current, &left).map_err(failed)? {
                return piece(current, left, None, None).map_err(failed);
            }
            let note = format!(
                "{} was cut short or rewritten after {} bytes had been read: it is read from its beginning, and what it held beyond them may be lost",
                path.display(),
                left.offset
            );
            let place = Place::start(current.inode);
            piece(current, place, None, Some(note)).map_err(failed)
        }
        current => {
            let then = current.as_ref().map(|current| Place::start(current.inode));
            if let Some(moved) = moved_aside(path, &left).map_err(failed)? {
                return piece(moved, left, then, None).map_err(failed);
            }
            let Some(current) = current else { return Err(missing(path)) };
            let note = format!(
                "{} was replaced after {} bytes had been read, and the file before it is gone: what it held beyond them may be lost",
                path.display(),
                left.offset
            );
            let place = Place::start(current.inode);
            piece(current, place, None, Some(note)).map_err(failed)
        }
    }
}

fn missing(path: &Path) -> PollError {
    PollError(format!("{} does not exist; create it, or correct the feed's `path`", path.display()))
}

/// None where there is no such file. Looks before it opens, because opening a pipe waits.
fn open(path: &Path) -> io::Result<Option<Opened>> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a plain file"));
    }
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let metadata = file.metadata()?;
    Ok(Some(Opened { file, inode: metadata.ino(), bytes: metadata.len() }))
}

/// Whether what stands before the place is what was read there.
fn stands(opened: &mut Opened, place: &Place) -> io::Result<bool> {
    if opened.bytes < place.offset {
        return Ok(false);
    }
    let from = place.offset.saturating_sub(BEFORE_BYTES_MAX);
    let before = slice(&mut opened.file, from, place.offset - from)?;
    Ok(hash(&before) == place.before)
}

/// The file that was left, under another name in the same folder.
fn moved_aside(path: &Path, left: &Place) -> io::Result<Option<Opened>> {
    let Some(folder) = path.parent() else { return Ok(None) };
    for entry in fs::read_dir(folder)?.take(SIBLINGS_MAX) {
        let Ok(metadata) = entry.as_ref().map_err(|_| ()).and_then(|e| e.metadata().map_err(|_| ())) else {
            continue;
        };
        if metadata.ino() != left.inode || !metadata.is_file() {
            continue;
        }
        if let Some(mut opened) = open(&entry?.path())?
            && opened.inode == left.inode
            && stands(&mut opened, left)?
        {
            return Ok(Some(opened));
        }
    }
    Ok(None)
}

fn piece(mut opened: Opened, place: Place, then: Option<Place>, note: Option<String>) -> io::Result<Piece> {
    let head = slice(&mut opened.file, 0, HEADER_BYTES_MAX)?;
    let from = place.offset.saturating_sub(BEFORE_BYTES_MAX);
    let before = place.offset - from;
    let bytes = slice(&mut opened.file, from, before + READ_BYTES_MAX)?;
    let begin = bytes.len().min(usize::try_from(before).unwrap_or(usize::MAX));
    let to_end = u64::try_from(bytes.len()).unwrap_or(u64::MAX) < before + READ_BYTES_MAX;
    Ok(Piece { bytes, begin, place, head, to_end, then, note })
}

fn slice(file: &mut File, from: u64, bytes: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(from))?;
    let mut held = Vec::new();
    file.take(bytes).read_to_end(&mut held)?;
    Ok(held)
}

/// Short: tells files apart, proves nothing.
pub fn hash(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hex::encode(&hash[..8])
}
