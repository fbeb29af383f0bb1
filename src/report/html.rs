//! Writes a document as HTML: the body for a page, or a whole file that loads nothing and prints well.

use std::fmt::Write as _;

use handlebars::html_escape;

use super::document::{Block, Document, Table};
use crate::core::shown::visible;

/// The pages' own style, which knows paper too.
const STYLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/web/style.css"));
/// Nothing is loaded and nothing runs.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// A file of its own.
pub fn html(document: &Document) -> String {
    let stamp = document.stamp.as_deref().map(|stamp| format!("<p class=\"stamp\">{}</p>\n", escaped(stamp)));
    let stamp = stamp.unwrap_or_default();
    let mark = if stamp.is_empty() { "" } else { "[EXERCISE] " };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{mark}{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{stamp}<main>\n{}</main>\n{stamp}</body>\n</html>\n",
        escaped(&document.title),
        body(document)
    )
}

/// Title and blocks, without a frame and without the stamp, which the frame carries.
pub fn body(document: &Document) -> String {
    let mut written = format!("<h1>{}</h1>\n", escaped(&document.title));
    for block in &document.blocks {
        // Writing into a string does not fail.
        let _ = match block {
            Block::Heading(words) => writeln!(written, "<h2>{}</h2>", escaped(words)),
            Block::Text(words) => writeln!(written, "<p>{}</p>", escaped(words)),
            Block::List(items) => writeln!(written, "<ul>\n{}</ul>", each(items, "<li>", "</li>")),
            Block::Quotes(quotes) => {
                writeln!(written, "{}", each(quotes, "<blockquote><p><bdi>", "</bdi></p></blockquote>").trim_end())
            }
            Block::Table(table) => writeln!(written, "{}", rows(table)),
        };
    }
    written
}

fn each(items: &[String], before: &str, after: &str) -> String {
    joined(items.iter().map(|item| format!("{before}{}{after}\n", escaped(item))))
}

fn rows(table: &Table) -> String {
    let head = joined(table.head.iter().map(|cell| format!("<th scope=\"col\">{}</th>", escaped(cell))));
    let rows = joined(table.rows.iter().map(|row| {
        // A phone shows each cell beneath the other, with the name of its column before it.
        let cells = table.head.iter().zip(row);
        let cells = cells.map(|(head, cell)| format!("<td data-head=\"{}\">{}</td>", escaped(head), escaped(cell)));
        let cells = joined(cells);
        format!("<tr>{cells}</tr>\n")
    }));
    format!(
        "<div class=\"sheet\" tabindex=\"0\"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>"
    )
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().concat()
}

fn escaped(words: &str) -> String {
    html_escape(&visible(words))
}
