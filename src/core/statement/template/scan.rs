//! A first look at a template's tags: bounds for the parser behind it, and the mistakes it would describe badly.

use std::ops::Range;

use super::{Place, TEMPLATE_BYTES_MAX, TemplateProblem};
use crate::core::statement::text::hidden_character;

/// The longest tag, in bytes; also bounds how deep brackets nest within one.
const TAG_BYTES_MAX: usize = 1_024;
/// The most conditions open at once.
const DEPTH_MAX: usize = 16;

struct Tag<'a> {
    inner: &'a str,
    at: usize,
}

pub(super) fn scan(source: &str) -> Vec<TemplateProblem> {
    if source.len() > TEMPLATE_BYTES_MAX {
        let message = format!("this template is larger than {TEMPLATE_BYTES_MAX} bytes");
        return vec![TemplateProblem::at((1, 1), message, "a statement is short; split it into several")];
    }
    if let Some(hidden) = hidden_character(&source.replace(['\r', '\t'], " ")) {
        let place = source.find(hidden).map_or((1, 1), |at| place(source, at));
        let message = format!("an invisible character (U+{:04X}) stands here", u32::from(hidden));
        return vec![TemplateProblem::at(place, message, "delete it; whoever approves could not see it")];
    }
    match tags(source) {
        Ok(tags) => pairs(source, &tags),
        Err(problem) => vec![problem],
    }
}

fn tags(source: &str) -> Result<Vec<Tag<'_>>, TemplateProblem> {
    let mut tags = Vec::new();
    let mut from = 0;
    while let Some(found) = source[from..].find("{{") {
        let at = from + found;
        no_single_brace(source, from..at)?;
        if source[..at].ends_with('\\') {
            from = at + 2;
            continue;
        }
        let rest = &source[at + 2..];
        let (close, comment) = if rest.starts_with("!--") { ("--}}", true) } else { ("}}", rest.starts_with('!')) };
        let Some(length) = rest.find(close) else {
            return Err(TemplateProblem::at(
                place(source, at),
                "this {{ is never closed",
                format!("add {close} after it"),
            ));
        };
        if !comment {
            if length > TAG_BYTES_MAX {
                let message = format!("this tag is longer than {TAG_BYTES_MAX} bytes");
                return Err(TemplateProblem::at(place(source, at), message, "is a }} missing? Otherwise shorten it"));
            }
            tags.push(Tag { inner: rest[..length].trim_matches(['~', ' ', '\t', '\r', '\n']), at });
        }
        from = at + 2 + length + close.len();
    }
    no_single_brace(source, from..source.len())?;
    Ok(tags)
}

/// Between tags a brace alone is a name that would be printed as it stands.
fn no_single_brace(source: &str, between: Range<usize>) -> Result<(), TemplateProblem> {
    let Some(found) = source[between.clone()].find('{') else { return Ok(()) };
    let place = place(source, between.start + found);
    let help = "write a name as in {{facts.help_line}}, or take the brace out";
    Err(TemplateProblem::at(place, "a brace stands alone here, and a name has two on each side", help))
}

/// Conditions are closed, by their own name, and `else` stands inside one.
fn pairs(source: &str, tags: &[Tag<'_>]) -> Vec<TemplateProblem> {
    let mut open: Vec<(&str, usize)> = Vec::new();
    for tag in tags {
        let here = place(source, tag.at);
        let word = |text: &'static str| tag.inner.strip_prefix(text).map(first_word);
        if let Some(name) = word("#") {
            open.push((name, tag.at));
            if open.len() > DEPTH_MAX {
                let message = format!("more than {DEPTH_MAX} conditions are open here");
                return vec![TemplateProblem::at(here, message, "write it flatter")];
            }
        } else if let Some(name) = word("/") {
            match open.pop() {
                Some((opened, _)) if opened == name => {}
                Some((opened, _)) => {
                    let message = format!("{{{{/{name}}}}} closes nothing here: {{{{#{opened}}}}} is open");
                    return vec![TemplateProblem::at(here, message, format!("write {{{{/{opened}}}}}"))];
                }
                None => {
                    let message = format!("{{{{/{name}}}}} closes nothing");
                    return vec![TemplateProblem::at(here, message, "take it out, or open the condition before it")];
                }
            }
        } else if matches!(first_word(tag.inner), "else" | "^") && open.is_empty() {
            return vec![TemplateProblem::at(here, "this {{else}} stands outside any condition", "take it out")];
        } else if tag.inner.is_empty() {
            return vec![TemplateProblem::at(here, "this tag is empty", "write a name in it, or take it out")];
        }
    }
    let unclosed = open.into_iter().map(|(name, at)| {
        let message = format!("this {{{{#{name}}}}} is never closed");
        TemplateProblem::at(place(source, at), message, format!("add {{{{/{name}}}}} after it"))
    });
    unclosed.collect()
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}

fn place(source: &str, at: usize) -> Place {
    let before = &source[..at];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}
