//! Writes a document as Markdown (CommonMark with GitHub's tables). Nothing in the words is markup: what could be read as
//! such is escaped, also addresses, which some readers make links of.

use std::fmt::Write as _;

use super::document::{Block, Document, Table};
use crate::core::shown::visible;

/// Characters that begin or end markup within a line.
const MARKUP: &str = "\\`*_[]<>|~&$@";

pub fn markdown(document: &Document) -> String {
    let stamp = document.stamp.as_ref().map(|stamp| format!("**{}**", escaped(stamp)));
    let mut parts: Vec<String> = stamp.iter().cloned().collect();
    parts.push(format!("# {}", escaped(&document.title)));
    parts.extend(document.blocks.iter().map(block));
    parts.extend(stamp);
    parts.join("\n\n") + "\n"
}

fn block(block: &Block) -> String {
    match block {
        Block::Heading(words) => format!("## {}", escaped(words)),
        Block::Text(words) => escaped(words),
        Block::List(items) => items.iter().map(|item| format!("- {}", escaped(item))).collect::<Vec<_>>().join("\n"),
        Block::Quotes(quotes) => {
            quotes.iter().map(|quote| format!("> {}", escaped(quote))).collect::<Vec<_>>().join("\n\n")
        }
        Block::Table(table) => rows(table),
    }
}

fn rows(table: &Table) -> String {
    let head: Vec<String> = table.head.iter().map(|cell| in_line(cell)).collect();
    let mut written = format!("| {} |\n|{}", head.join(" | "), " --- |".repeat(head.len()));
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(|cell| in_line(cell)).collect();
        // Writing into a string does not fail.
        let _ = write!(written, "\n| {} |", cells.join(" | "));
    }
    written
}

/// A line of its own that is read as it stands.
fn escaped(words: &str) -> String {
    let line = in_line(words);
    let begins = line.char_indices().find(|(at, _)| begins_a_block(&line, *at));
    begins.map_or_else(|| line.clone(), |(at, _)| format!("{}\\{}", &line[..at], &line[at..]))
}

/// Text within a line, on one line.
fn in_line(words: &str) -> String {
    let line = visible(words).split_whitespace().collect::<Vec<_>>().join(" ");
    let mut written = String::with_capacity(line.len());
    for (at, c) in line.char_indices() {
        let is_address = line[at..].starts_with("://") || at_www(&line, at);
        if MARKUP.contains(c) || is_address {
            written.push('\\');
        }
        written.push(c);
    }
    written
}

/// The dot of `www.`, which some readers make a link of.
fn at_www(line: &str, at: usize) -> bool {
    line[at..].starts_with('.') && line[..at].to_ascii_lowercase().ends_with("www")
}

/// `#`, `-`, `+` and `=` at the beginning of a line, and the mark behind its number.
fn begins_a_block(line: &str, at: usize) -> bool {
    let (before, c) = (&line[..at], line[at..].chars().next());
    match c {
        Some('#' | '-' | '+' | '=') => before.is_empty(),
        Some('.' | ')') => !before.is_empty() && before.chars().all(|c| c.is_ascii_digit()),
        Some(_) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_in_the_words_is_markup() {
        for (words, written) in [
            ("plain words, 3.5 of 4 - and more", "plain words, 3.5 of 4 - and more"),
            ("*a* _b_ `c` [d](e) <f> | ~g~", "\\*a\\* \\_b\\_ \\`c\\` \\[d\\](e) \\<f\\> \\| \\~g\\~"),
            ("# no heading\n- no list", "\\# no heading - no list"),
            ("12. no list", "12\\. no list"),
            ("see https://evil.example or www.evil.example", "see https\\://evil.example or www\\.evil.example"),
            ("&lt; \\ $x$ me@x.example", "\\&lt; \\\\ \\$x\\$ me\\@x.example"),
            ("kcah \u{202e}leaked", "kcah ⟦U+202E⟧leaked"),
        ] {
            assert_eq!(escaped(words), written);
        }
    }
}
