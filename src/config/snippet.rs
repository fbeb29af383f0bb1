//! The line of a file that a problem is about, and the marks under its place, in plain characters.

use std::ops::Range;

/// The longest line that is shown, in characters; of a longer one what lies around the place is.
const LINE_CHARS_MAX: usize = 120;
/// How much is shown of it before the place.
const BEFORE_CHARS: usize = 40;

/// A line and the marks beneath it. `text` is one that a terminal may be given.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Snippet {
    pub(super) line: String,
    pub(super) marks: String,
}

/// None where there is no text at all, as of a file that could not be read.
pub(super) fn snippet(text: &str, place: &Range<usize>) -> Option<Snippet> {
    let before = text.get(..place.start)?;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
    let line: Vec<char> = text[start..end].trim_end().chars().map(|c| if c == '\t' { ' ' } else { c }).collect();
    if line.is_empty() {
        return None;
    }
    let column = text[start..place.start].chars().count().min(line.len());
    let width = text.get(place.start..place.end.min(end)).map_or(1, |marked| marked.trim_end().chars().count());
    let first = if line.len() > LINE_CHARS_MAX { column.saturating_sub(BEFORE_CHARS) } else { 0 };
    let shown: String = line.iter().skip(first).take(LINE_CHARS_MAX).collect();
    let room = shown.chars().count().saturating_sub(column - first).max(1);
    let marks = format!("{}{}", " ".repeat(column - first), "^".repeat(width.clamp(1, room)));
    Some(Snippet { line: shown, marks })
}

#[cfg(test)]
mod tests {
    use super::{LINE_CHARS_MAX, snippet};

    #[test]
    fn the_marks_stand_under_the_place() {
        let text = "a: b\n  é: [ x, yes ]\nlast: 1";
        let at = text.find("yes").unwrap();
        let found = snippet(text, &(at..at + 3)).unwrap();
        assert_eq!((found.line.as_str(), found.marks.as_str()), ("  é: [ x, yes ]", "          ^^^"));
        // What goes on over several lines is marked to the end of the first.
        let found = snippet(text, &(0..text.len())).unwrap();
        assert_eq!((found.line.as_str(), found.marks.as_str()), ("a: b", "^^^^"));
        assert_eq!(snippet(text, &(text.len()..text.len())).unwrap().marks, "       ^");
        assert_eq!(snippet("", &(0..0)), None);
    }

    #[test]
    fn a_long_line_is_shown_around_the_place() {
        for length in [LINE_CHARS_MAX, LINE_CHARS_MAX + 1, 5_000] {
            let text = format!("{}!", "x".repeat(length - 1));
            let found = snippet(&text, &(length - 1..length)).unwrap();
            let whole = length <= LINE_CHARS_MAX;
            assert_eq!(found.line.chars().count() == length, whole, "{length}");
            assert!(found.line.ends_with('!'));
            assert_eq!(found.marks.trim_start(), "^");
            assert_eq!(found.marks.chars().count(), found.line.chars().count());
        }
    }
}
