//! One look at a piece of the file: records to mentions, refused lines, and the place reached.

use jiff::Timestamp;

use super::{
    BATCH_MAX, FOLLOW_EVERY, FileFeed, Look, Mode,
    cursor::{Cursor, Place},
    records::{self, Format, Next, RECORD_BYTES_MAX, newline},
    replay::{Pace, next_wait},
    rows::Columns,
    source::{HEADER_BYTES_MAX, Piece, hash},
};
use crate::core::mention::Mention;
use crate::feed::form::{Draft, Field, FormError, json};
use crate::feed::{Batch, PollError};

pub struct Reading<'a> {
    feed: &'a FileFeed,
    piece: &'a Piece,
    now: Timestamp,
    columns: Option<Columns>,
    /// Bytes of the piece that are dealt with.
    at: usize,
    line: u64,
    skipping: bool,
    pace: Option<Pace>,
    mentions: Vec<Mention>,
    refused: Vec<String>,
    /// The next mention is due then.
    due: Option<Timestamp>,
}

impl<'a> Reading<'a> {
    pub fn begin(feed: &'a FileFeed, piece: &'a Piece, pace: Option<Pace>, now: Timestamp) -> Result<Self, PollError> {
        let Place { offset, line, skipping, .. } = piece.place;
        let mut reading = Self {
            feed,
            piece,
            now,
            columns: None,
            at: 0,
            line,
            skipping,
            pace,
            mentions: Vec::new(),
            refused: piece.note.iter().cloned().collect(),
            due: None,
        };
        let mark = if piece.head.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        let mut first = (mark, 0);
        if feed.format == Format::Csv {
            first = (0, 0);
            if let Some((columns, bytes, lines)) = reading.header(mark)? {
                reading.columns = Some(columns);
                first = (mark + bytes, lines);
            }
        }
        if offset == 0 {
            (reading.at, reading.line) = first;
        }
        Ok(reading)
    }

    /// The columns, and the bytes and lines that name them; none while the first line is still being written.
    fn header(&self, mark: usize) -> Result<Option<(Columns, usize, u64)>, PollError> {
        let refuse = |why: &str| PollError(format!("{}: {why}", self.feed.path.display()));
        let head = &self.piece.head[mark..];
        let full = self.piece.head.len() as u64 == HEADER_BYTES_MAX;
        match records::next(Format::Csv, head, self.ended() && !full) {
            Next::Record { bytes, next, lines } => {
                let text = std::str::from_utf8(trim_return(&head[..bytes]))
                    .map_err(|_| refuse("it is not UTF-8 text; save it as UTF-8"))?;
                let columns = Columns::read(text).map_err(|why| refuse(&why))?;
                Ok(Some((columns, next, lines)))
            }
            Next::Incomplete if !full && !self.ended() => Ok(None),
            Next::Incomplete | Next::TooLong { .. } | Next::Unclosed { .. } => {
                Err(refuse("its first line does not name its columns; write for example published,text"))
            }
        }
    }

    /// Nothing will follow this piece in its file.
    fn ended(&self) -> bool {
        let closed = self.pace.is_some() || self.piece.then.is_some();
        closed && self.piece.to_end
    }

    pub fn run(&mut self) {
        if self.feed.format == Format::Csv && self.columns.is_none() {
            return;
        }
        while self.mentions.len() + self.refused.len() < BATCH_MAX {
            let rest = &self.piece.bytes()[self.at..];
            if self.skipping {
                let end = newline(rest);
                self.skipping = end.is_none() && !self.ended();
                self.pass(end.map_or(rest.len(), |end| end + 1), u64::from(end.is_some()));
                if end.is_none() {
                    return;
                }
                continue;
            }
            match records::next(self.feed.format, rest, self.ended()) {
                Next::Record { bytes, next, lines } => {
                    if !self.record(trim_return(&rest[..bytes])) {
                        return;
                    }
                    self.pass(next, lines);
                }
                Next::TooLong { next, open } => {
                    self.refuse(&FormError::LineTooLong(RECORD_BYTES_MAX));
                    self.skipping = open;
                    self.pass(next, u64::from(!open));
                }
                Next::Unclosed { next } => {
                    self.refuse(&FormError::Unclosed);
                    self.pass(next, 1);
                }
                Next::Incomplete => return,
            }
        }
    }

    fn pass(&mut self, bytes: usize, lines: u64) {
        self.at += bytes;
        self.line += lines;
    }

    fn refuse(&mut self, why: &FormError) {
        let file = self.feed.path.file_name().unwrap_or_default().to_string_lossy();
        self.refused.push(format!("line {} of {file}: {why}", self.line + 1));
    }

    /// Takes a record in; false when it is not due yet.
    fn record(&mut self, bytes: &[u8]) -> bool {
        if bytes.trim_ascii().is_empty() {
            return true;
        }
        let mut mention = match self.mention(bytes) {
            Ok(mention) => mention,
            Err(why) => {
                self.refuse(&why);
                return true;
            }
        };
        if let (Mode::Replay(speed), Some(pace)) = (self.feed.mode, self.pace) {
            let (pace, published) = pace.step(mention.published, speed);
            if pace.due > self.now {
                self.due = Some(pace.due);
                return false;
            }
            self.pace = Some(pace);
            mention.published = Some(published);
        }
        self.mentions.push(mention);
        true
    }

    fn mention(&self, bytes: &[u8]) -> Result<Mention, FormError> {
        let text = std::str::from_utf8(bytes).map_err(|_| FormError::NotUtf8)?;
        let mut draft: Draft = match &self.columns {
            Some(columns) => columns.draft(text)?,
            None => json::draft(text)?,
        };
        if draft.get(Field::Id).is_none_or(|id| id.trim().is_empty()) {
            draft.set(Field::Id, self.made_id(bytes));
        }
        draft.check()
    }

    /// A followed file's successor has lines of the same number; the inode keeps them apart.
    fn made_id(&self, bytes: &[u8]) -> String {
        let line = self.line + 1;
        match self.feed.mode {
            Mode::Replay(_) => format!("line-{line}-{}", hash(bytes)),
            Mode::Follow => format!("line-{}-{line}-{}", self.piece.place.inode, hash(bytes)),
        }
    }

    pub fn finish(self, path: String) -> Look {
        let done = self.ended() && self.due.is_none() && self.at == self.piece.bytes().len();
        let place = match &self.piece.then {
            Some(next) if done => next.clone(),
            Some(_) | None => Place {
                inode: self.piece.place.inode,
                offset: self.piece.place.offset + self.at as u64,
                line: self.line,
                skipping: self.skipping,
                before: self.piece.before(self.at),
            },
        };
        let cursor = Cursor { path, place, pace: self.pace };
        let wait = self.due.map_or(FOLLOW_EVERY, |due| next_wait(due, self.now));
        let batch = Batch {
            mentions: self.mentions,
            refused: self.refused,
            cursor: Some(cursor.write()),
            ended: done && self.pace.is_some(),
        };
        Look { batch, wait }
    }
}

fn trim_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}
