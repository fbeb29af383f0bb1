//! What is wrong in the folder: where, in words for people, and how to mend it.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use miette::{Diagnostic, GraphicalReportHandler, LabeledSpan, Severity, SourceCode};

use super::snippet::{Snippet, snippet};
use crate::core::shown::visible;
use crate::core::statement::hidden_character;

/// The longest message or help, in characters; a file may hold longer keys than anybody wants to read.
const WORDS_CHARS_MAX: usize = 1_000;

/// Whether the configuration can be used in spite of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    Refused,
    Warning,
}

/// One thing to mend.
#[derive(Clone, Debug)]
pub struct Problem {
    pub weight: Weight,
    pub message: String,
    pub help: String,
    place: Place,
}

/// A stretch of one file.
#[derive(Clone, Debug)]
pub struct Place {
    text: Arc<NamedText>,
    bytes: Range<usize>,
}

/// A file's text under its path within the folder.
#[derive(Debug)]
pub(super) struct NamedText {
    pub(super) name: String,
    pub(super) text: String,
    /// Where secrets stand in clear text: they are shown to nobody.
    hidden: Mutex<Vec<Range<usize>>>,
    /// The text as it may be shown, byte for byte at the same places; once there is nothing more to hide.
    drawn: OnceLock<String>,
}

impl NamedText {
    pub(super) fn new(name: String, text: String) -> Self {
        Self { name, text, hidden: Mutex::default(), drawn: OnceLock::new() }
    }

    pub(super) fn hide(&self, bytes: Range<usize>) {
        self.hidden.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
    }

    fn drawn(&self) -> &str {
        self.drawn.get_or_init(|| {
            let hidden = self.hidden.lock().unwrap_or_else(PoisonError::into_inner);
            without_controls(&self.text, &hidden)
        })
    }
}

/// With question marks, as many as its bytes, in place of every character that would steer a terminal or hide, and with
/// stars in place of what nobody is to see.
fn without_controls(text: &str, hidden: &[Range<usize>]) -> String {
    let mut drawn = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match c {
            '\n' | '\t' => drawn.push(c),
            _ if hidden.iter().any(|bytes| bytes.contains(&at)) => drawn.extend(std::iter::repeat_n('*', c.len_utf8())),
            '\r' => drawn.push(' '),
            _ if hidden_character(c.encode_utf8(&mut [0; 4])).is_none() => drawn.push(c),
            _ => drawn.extend(std::iter::repeat_n('?', c.len_utf8())),
        }
    }
    drawn
}

/// Words as one line, with nothing in them that a terminal or a log would act on.
fn one_line(words: &str) -> String {
    let line = visible(words).replace('\n', "\\n");
    match line.char_indices().nth(WORDS_CHARS_MAX) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}

impl Place {
    pub(super) fn new(text: Arc<NamedText>, bytes: Range<usize>) -> Self {
        let end = text.text.len();
        let start = bytes.start.min(end);
        Self { text, bytes: start..bytes.end.clamp(start, end) }
    }

    fn line_and_column(&self) -> (usize, usize) {
        self.count_to(self.bytes.start)
    }

    fn end(&self) -> (usize, usize) {
        self.count_to(self.bytes.end)
    }

    /// Counts lines and columns from one, columns in characters.
    fn count_to(&self, byte: usize) -> (usize, usize) {
        let before = self.text.text.get(..byte).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

impl Problem {
    pub(super) fn new(weight: Weight, place: Place, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { weight, place, message: one_line(&message.into()), help: one_line(&help.into()) }
    }

    /// The file's path within the folder.
    pub fn file(&self) -> &str {
        &self.place.text.name
    }

    pub fn line(&self) -> usize {
        self.place.line_and_column().0
    }

    pub fn column(&self) -> usize {
        self.place.line_and_column().1
    }

    /// One object for editors and other programs. Lines and columns count from one, columns in characters; the end is where
    /// the first character after the place stands.
    pub fn to_json(&self) -> serde_json::Value {
        let ((line, column), (end_line, end_column)) = (self.place.line_and_column(), self.place.end());
        serde_json::json!({
            "weight": match self.weight { Weight::Refused => "error", Weight::Warning => "warning" },
            "file": one_line(self.file()),
            "line": line,
            "column": column,
            "end_line": end_line,
            "end_column": end_column,
            "message": self.message,
            "help": self.help,
            "snippet": self.snippet().map(|found| format!("{}\n{}", found.line, found.marks)),
        })
    }

    fn snippet(&self) -> Option<Snippet> {
        snippet(self.place.text.drawn(), &self.place.bytes)
    }

    pub(super) fn is_at(&self, weight: Weight, bytes: &Range<usize>) -> bool {
        self.weight == weight && self.place.bytes == *bytes
    }

    pub(super) fn order(&self) -> (&str, usize, Weight, &str) {
        (self.file(), self.place.bytes.start, self.weight, &self.message)
    }
}

/// `file:line:column: message; help`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.place.line_and_column();
        let warning = match self.weight {
            Weight::Refused => "",
            Weight::Warning => "warning: ",
        };
        write!(f, "{}:{line}:{column}: {warning}{}; {}", one_line(self.file()), self.message, self.help)
    }
}

/// How problems are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// With the lines of the file and a mark under the place, for a terminal.
    Drawn,
    /// One line each, and beneath it the file's line with marks under the place, for a file or another program's window.
    Marked,
    /// One line each, for a log.
    Plain,
}

/// Writes problems and how many there are.
pub fn report(problems: &[Problem], look: Look, out: &mut impl fmt::Write) -> fmt::Result {
    for problem in problems {
        match look {
            Look::Drawn => GraphicalReportHandler::new().render_report(out, &Drawing(problem))?,
            Look::Plain => writeln!(out, "{problem}")?,
            Look::Marked => {
                writeln!(out, "{problem}")?;
                if let Some(found) = problem.snippet() {
                    writeln!(out, "    {}\n    {}", found.line, found.marks)?;
                }
            }
        }
    }
    let count = |weight| problems.iter().filter(|problem| problem.weight == weight).count();
    let several = |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
    match (count(Weight::Refused), count(Weight::Warning)) {
        (0, 0) => Ok(()),
        (0, warnings) => writeln!(out, "{}", several(warnings, "warning")),
        (refused, 0) => writeln!(out, "{}", several(refused, "problem")),
        (refused, warnings) => writeln!(out, "{}, {}", several(refused, "problem"), several(warnings, "warning")),
    }
}

/// A problem as miette draws it.
#[derive(Debug)]
struct Drawing<'a>(&'a Problem);

impl fmt::Display for Drawing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Drawing<'_> {}

impl Diagnostic for Drawing<'_> {
    fn severity(&self) -> Option<Severity> {
        Some(match self.0.weight {
            Weight::Refused => Severity::Error,
            Weight::Warning => Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.0.help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&*self.0.place.text)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let bytes = self.0.place.bytes.clone();
        Some(Box::new(std::iter::once(LabeledSpan::underline(bytes))))
    }
}

impl SourceCode for NamedText {
    fn read_span<'a>(
        &'a self,
        span: &miette::SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn miette::SpanContents<'a> + 'a>, miette::MietteError> {
        let found = self.drawn().read_span(span, before, after)?;
        Ok(Box::new(miette::MietteSpanContents::new_named(
            one_line(&self.name),
            found.data(),
            *found.span(),
            found.line(),
            found.column(),
            found.line_count(),
        )))
    }
}
