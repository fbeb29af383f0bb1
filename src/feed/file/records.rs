//! Where records end in a piece of a file: lines of JSON, or rows of CSV whose quoted values may hold line breaks.

/// The longest record, in bytes: the longest text with every character escaped, and room for the rest.
pub const RECORD_BYTES_MAX: usize = 512 * 1024;
/// The most lines that one quoted CSV value is believed to span; beyond it its quote was never closed.
pub const RECORD_LINES_MAX: u64 = 500;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    JsonLines,
    Csv,
}

/// What stands at the beginning of a piece. Lengths are in bytes; `next` is where the one after begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Record {
        bytes: usize,
        next: usize,
        lines: u64,
    },
    /// Passed over; `open` when its end is not in sight yet.
    TooLong {
        next: usize,
        open: bool,
    },
    /// A quote that is never closed: its first line is passed over.
    Unclosed {
        next: usize,
    },
    /// Not whole yet, or nothing left.
    Incomplete,
}

/// Finds the first record. `ended` says that nothing will ever follow `piece`, so that an unfinished last line is a record.
pub fn next(format: Format, piece: &[u8], ended: bool) -> Next {
    match format {
        Format::JsonLines => next_line(piece, ended),
        Format::Csv => next_row(piece, ended),
    }
}

fn next_line(piece: &[u8], ended: bool) -> Next {
    match newline(piece) {
        Some(at) if at > RECORD_BYTES_MAX => Next::TooLong { next: at + 1, open: false },
        Some(at) => Next::Record { bytes: at, next: at + 1, lines: 1 },
        None if piece.len() > RECORD_BYTES_MAX => Next::TooLong { next: piece.len(), open: !ended },
        None if ended && !piece.is_empty() => Next::Record { bytes: piece.len(), next: piece.len(), lines: 1 },
        None => Next::Incomplete,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    FieldStart,
    Plain,
    Quotes,
    /// After a quote inside quotes: the end of the value, or the first half of a doubled one.
    AfterQuote,
}

fn next_row(piece: &[u8], ended: bool) -> Next {
    let mut within = Within::FieldStart;
    let mut lines = 1;
    for (at, byte) in piece.iter().enumerate() {
        if at > RECORD_BYTES_MAX || lines > RECORD_LINES_MAX {
            return too_long(piece, within, ended);
        }
        within = match (within, byte) {
            (Within::FieldStart | Within::Plain | Within::AfterQuote, b'\n') => {
                return Next::Record { bytes: at, next: at + 1, lines };
            }
            (Within::Quotes, b'"') => Within::AfterQuote,
            (Within::FieldStart | Within::AfterQuote, b'"') | (Within::Quotes, _) => {
                lines += u64::from(*byte == b'\n');
                Within::Quotes
            }
            (Within::FieldStart | Within::Plain | Within::AfterQuote, b',') => Within::FieldStart,
            (Within::FieldStart | Within::Plain | Within::AfterQuote, _) => Within::Plain,
        };
    }
    if !ended || piece.is_empty() {
        return Next::Incomplete;
    }
    if within == Within::Quotes {
        return too_long(piece, within, ended);
    }
    Next::Record { bytes: piece.len(), next: piece.len(), lines }
}

fn too_long(piece: &[u8], within: Within, ended: bool) -> Next {
    match newline(piece) {
        Some(at) if within == Within::Quotes => Next::Unclosed { next: at + 1 },
        Some(at) => Next::TooLong { next: at + 1, open: false },
        None if ended && piece.len() <= RECORD_BYTES_MAX => Next::Unclosed { next: piece.len() },
        None => Next::TooLong { next: piece.len(), open: !ended },
    }
}

pub fn newline(piece: &[u8]) -> Option<usize> {
    piece.iter().position(|byte| *byte == b'\n')
}
