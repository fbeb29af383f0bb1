//! A file of counts or mentions, record by record, each with its line; nothing in it makes the program hold more than a
//! piece.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};

use crate::feed::file::records::{Format, Next, RECORD_BYTES_MAX, newline, next};
use crate::feed::form::FormError;

/// The largest file, in bytes.
pub(super) const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;
/// From this size on reading takes long enough to be watched.
const LONG_BYTES: u64 = 8 * 1024 * 1024;
const PIECE_BYTES: usize = 1024 * 1024;

pub(super) struct Records {
    file: io::Take<File>,
    format: Format,
    piece: Vec<u8>,
    /// Bytes of the piece that are dealt with.
    at: usize,
    /// Lines before that.
    line: u64,
    ended: bool,
    /// In the middle of a line that is too long.
    skipping: bool,
    progress: ProgressBar,
}

/// The line of a record, and its place in the piece.
type Found = (u64, Result<Range<usize>, FormError>);

/// A record, and the line on which it begins.
pub(super) struct Record<'a> {
    pub(super) line: u64,
    pub(super) text: Result<&'a str, FormError>,
}

/// What the ending of a file's name says that it holds.
pub(super) fn format_of(path: &Path) -> Result<Format, String> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("csv") => Ok(Format::Csv),
        Some("jsonl" | "ndjson" | "json") => Ok(Format::JsonLines),
        Some(_) | None => {
            Err(format!("{}: what is read is a CSV file (.csv) or JSON lines (.jsonl); name it so", path.display()))
        }
    }
}

impl Records {
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let format = format_of(path)?;
        let refuse = |why: String| format!("{}: {why}", path.display());
        let about = fs::metadata(path).map_err(|error| refuse(error.to_string()))?;
        // Opening a pipe would wait for whoever writes it.
        if !about.is_file() {
            return Err(refuse("this is not a plain file".to_owned()));
        }
        if about.len() > FILE_BYTES_MAX {
            return Err(refuse(format!("it is larger than {FILE_BYTES_MAX} bytes; test a part of it")));
        }
        let file = File::open(path).map_err(|error| refuse(error.to_string()))?;
        let piece = Vec::with_capacity(2 * PIECE_BYTES);
        let progress = progress(about.len());
        let file = file.take(FILE_BYTES_MAX);
        Ok(Self { file, format, piece, at: 0, line: 0, ended: false, skipping: false, progress })
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// The next record that is not blank; none at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Record<'_>>> {
        let Some((line, place)) = self.find()? else { return Ok(None) };
        let text = place.and_then(|place| std::str::from_utf8(&self.piece[place]).map_err(|_| FormError::NotUtf8));
        Ok(Some(Record { line, text }))
    }

    /// The line of the next record, and its place in the piece.
    fn find(&mut self) -> io::Result<Option<Found>> {
        loop {
            let (from, line) = (self.at, self.line + 1);
            let rest = &self.piece[from..];
            if self.skipping {
                let end = newline(rest);
                self.skipping = end.is_none() && !self.ended;
                self.pass(end.map_or(rest.len(), |end| end + 1), u64::from(end.is_some()));
                if end.is_none() && !self.fill()? {
                    return Ok(None);
                }
                continue;
            }
            match next(self.format, rest, self.ended) {
                Next::Record { bytes, next, lines } => {
                    let bytes = rest[..bytes].trim_ascii_end().len();
                    self.pass(next, lines);
                    if bytes > 0 {
                        return Ok(Some((line, Ok(from..from + bytes))));
                    }
                }
                Next::TooLong { next, open } => {
                    self.skipping = open;
                    self.pass(next, u64::from(!open));
                    return Ok(Some((line, Err(FormError::LineTooLong(RECORD_BYTES_MAX)))));
                }
                Next::Unclosed { next } => {
                    self.pass(next, 1);
                    return Ok(Some((line, Err(FormError::Unclosed))));
                }
                Next::Incomplete if self.ended => return Ok(None),
                Next::Incomplete => {
                    self.fill()?;
                }
            }
        }
    }

    fn pass(&mut self, bytes: usize, lines: u64) {
        self.at += bytes;
        self.line += lines;
    }

    /// Reads on; false where there is nothing more.
    fn fill(&mut self) -> io::Result<bool> {
        let begins = self.line == 0 && self.piece.is_empty();
        self.piece.drain(..self.at);
        self.at = 0;
        let more = u64::try_from(PIECE_BYTES).unwrap_or(u64::MAX);
        let read = (&mut self.file).take(more).read_to_end(&mut self.piece)?;
        self.ended = read == 0;
        self.progress.inc(u64::try_from(read).unwrap_or(0));
        if begins && self.piece.starts_with(b"\xEF\xBB\xBF") {
            self.at = 3;
        }
        Ok(!self.ended)
    }
}

impl Drop for Records {
    fn drop(&mut self) {
        self.progress.finish_and_clear();
    }
}

/// Drawn on a terminal alone: the library looks whether standard error is one.
fn progress(bytes: u64) -> ProgressBar {
    if bytes < LONG_BYTES {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(bytes);
    match ProgressStyle::with_template("Reading {wide_bar} {bytes} of {total_bytes}, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
