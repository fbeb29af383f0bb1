//! What a reader sees of a text that may hold HTML.

use memchr::{memchr2, memchr2_iter};

use crate::net::html_text;

/// Of a longer text only the beginning is read, in bytes: markup is several times what it shows.
const MARKUP_BYTES_MAX: usize = 512 * 1024;
/// Elements whose names tell that a text holds markup. A `<` before anything else is a sign of inequality.
const TELLING: &[&str] = &[
    "a",
    "abbr",
    "article",
    "b",
    "big",
    "blockquote",
    "body",
    "br",
    "center",
    "cite",
    "code",
    "dd",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "figure",
    "font",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "hr",
    "html",
    "i",
    "iframe",
    "img",
    "input",
    "li",
    "link",
    "meta",
    "object",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "script",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "title",
    "tr",
    "tt",
    "u",
    "ul",
    "video",
];

/// How a text is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    Html,
    /// Nothing says; it is HTML where it looks like it.
    Unsaid,
}

/// The text as a reader sees it, none where there is nothing to see.
pub(super) fn seen(text: &str, form: Form) -> Option<String> {
    let html = match form {
        Form::Plain => false,
        Form::Html => memchr2(b'<', b'&', text.as_bytes()).is_some(),
        Form::Unsaid => looks_like_html(text),
    };
    let tidy = if html { tidied(&html_text(beginning(text, MARKUP_BYTES_MAX))) } else { tidied(text) };
    Some(tidy).filter(|text| !text.is_empty())
}

/// How long what stands between `&` and `;` is.
const REFERENCE_BYTES: std::ops::RangeInclusive<usize> = 2..=10;

fn looks_like_html(text: &str) -> bool {
    let tag = |at: usize| {
        let rest = text[at + 1..].trim_start_matches('/');
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let ended = rest[end..].starts_with(|c: char| c == '>' || c == '/' || c.is_ascii_whitespace());
        ended && TELLING.contains(&rest[..end].to_ascii_lowercase().as_str())
    };
    let reference = |at: usize| {
        let rest = &text[at + 1..];
        rest.bytes().take(REFERENCE_BYTES.end() + 1).position(|byte| byte == b';').is_some_and(|end| {
            REFERENCE_BYTES.contains(&end) && rest[..end].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#')
        })
    };
    memchr2_iter(b'<', b'&', text.as_bytes())
        .any(|at| if text.as_bytes()[at] == b'<' { tag(at) } else { reference(at) })
}

/// Blanks are one blank, line breaks are kept one at a time, and what no text may hold is left out.
fn tidied(text: &str) -> String {
    if is_tidy(text) {
        return text.to_owned();
    }
    let mut tidy = String::with_capacity(text.len());
    for line in text.lines() {
        let before = tidy.len();
        for word in line.split_whitespace() {
            let glue = if tidy.len() > before {
                " "
            } else if before > 0 {
                "\n"
            } else {
                ""
            };
            tidy.push_str(glue);
            if word.bytes().all(|byte| byte.is_ascii_graphic()) {
                tidy.push_str(word);
            } else {
                tidy.extend(word.chars().filter(|c| !c.is_control()));
            }
        }
    }
    tidy
}

/// Whether a text is tidy already, as most are: one line, and no letter that begins like a blank or a control.
fn is_tidy(text: &str) -> bool {
    let mut before = b' ';
    for byte in text.bytes() {
        let may_be_none = byte < b' ' || matches!(byte, 0x7f | 0xc2 | 0xe1..=0xe3);
        if may_be_none || (byte == b' ' && before == b' ') {
            return false;
        }
        before = byte;
    }
    before != b' '
}

/// A title or a name, which may not hold line breaks.
pub(super) fn one_line(text: &str) -> String {
    if is_tidy(text) {
        return text.to_owned();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At most so many bytes of it, whole characters.
pub(super) fn cut(mut text: String, bytes_max: usize) -> String {
    text.truncate(text.floor_char_boundary(bytes_max));
    text
}

fn beginning(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}
