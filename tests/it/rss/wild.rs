//! Feedparser's test files: which are read, and whether titles and dates are what each file expects of itself.

use std::fs;
use std::path::{Path, PathBuf};

use holdline::feed::rss::{Document, read};
use holdline::net::read_html;
use jiff::civil::date;
use jiff::tz::TimeZone;
use regex::Regex;

use crate::real_input::data;

/// Of the well-formed files so many in a hundred must be read, and as many of the expectations met.
const READ_PERCENT_MIN: usize = 97;

/// What files expect, in the forms that this test evaluates; the others are Python.
enum Expected {
    Title(Option<usize>, String),
    Date(Option<usize>, String, String),
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ending == "xml") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The comment in which a file says what it expects; those in other encodings are read as far as their letters show.
fn comment(bytes: &[u8]) -> String {
    let letters: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
    let text = String::from_utf8_lossy(&letters).into_owned();
    let end = text.find("-->").unwrap_or(0);
    text[..end].to_owned()
}

fn expectations(comment: &str) -> Vec<Expected> {
    let Some((_, expression)) = comment.split_once("Expect:") else { return Vec::new() };
    let form = Regex::new(r"^(?:not bozo and )?(feed|entries\[(\d+)\])\['(\w+)'\] == (.*)$").unwrap();
    let Some(found) = form.captures(expression.trim()) else { return Vec::new() };
    let place = found.get(2).map(|number| number.as_str().parse().unwrap());
    let value = found[4].trim();
    match &found[3] {
        "title" => python_text(value).map(|text| Expected::Title(place, text)).into_iter().collect(),
        name @ ("published_parsed" | "updated_parsed" | "created_parsed") => {
            python_time(value).map(|time| Expected::Date(place, name.to_owned(), time)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn python_text(literal: &str) -> Option<String> {
    let literal = literal.strip_prefix('u').unwrap_or(literal);
    let quote = literal.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let inner = literal.strip_prefix(quote)?.strip_suffix(quote)?;
    let mut text = String::new();
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        if c == quote {
            return None;
        }
        if c != '\\' {
            text.push(c);
            continue;
        }
        match rest.next()? {
            'x' => text.push(hex(&mut rest, 2)?),
            'u' => text.push(hex(&mut rest, 4)?),
            'U' => text.push(hex(&mut rest, 8)?),
            'n' => text.push('\n'),
            't' => text.push('\t'),
            other => text.push(other),
        }
    }
    Some(text)
}

fn hex(rest: &mut std::str::Chars<'_>, digits: usize) -> Option<char> {
    let hex: String = rest.by_ref().take(digits).collect();
    u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32)
}

fn python_time(tuple: &str) -> Option<String> {
    let numbers: Vec<i16> =
        tuple.trim_matches(['(', ')']).split(',').filter_map(|number| number.trim().parse().ok()).collect();
    let [year, month, day, hour, minute, second, ..] = numbers[..] else { return None };
    let small = |number: i16| i8::try_from(number).ok();
    let at = date(year, small(month)?, small(day)?).at(small(hour)?, small(minute)?, small(second)?, 0);
    Some(at.to_zoned(TimeZone::UTC).ok()?.timestamp().to_string())
}

fn meets(document: &Document, expected: &Expected) -> bool {
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    match expected {
        Expected::Title(place, text) => {
            let title = match place {
                None => document.title.clone(),
                Some(place) => document.entries.get(*place).and_then(|entry| entry.title.clone()),
            };
            let title = one_line(&title.unwrap_or_default());
            // Feedparser keeps a title's markup; here a title is what a reader sees of it.
            title == one_line(text) || title == one_line(&read_html(text).text)
        }
        Expected::Date(place, name, time) => {
            let (published, updated) = match place {
                None => (document.published, document.updated),
                Some(place) => {
                    document.entries.get(*place).map_or((None, None), |entry| (entry.published, entry.updated))
                }
            };
            let found = if name == "updated_parsed" { updated.or(published) } else { published };
            found.map(|found| found.to_string()).as_ref() == Some(time)
        }
    }
}

#[test]
fn files_of_the_wild_are_read_as_they_expect() {
    let Some(folder) = data() else { return };
    let folder = folder.join("hostile/feedparser/tests");
    let header = Regex::new(r"(?mi)^\s*Header:\s*Content-type:\s*(.+?)\s*$").unwrap();
    for (set, least) in [("wellformed", READ_PERCENT_MIN), ("encoding", 90), ("entities", READ_PERCENT_MIN)] {
        let (mut all, mut read_of_them, mut evaluated, mut met) = (0, 0, 0, 0);
        for path in files(&folder.join(set)) {
            let bytes = fs::read(&path).unwrap();
            let comment = comment(&bytes);
            let content_type = header.captures(&comment).map(|found| found[1].to_owned());
            let document = read(&bytes, content_type.as_deref(), None);
            all += 1;
            match document {
                Ok(document) => {
                    read_of_them += 1;
                    for expected in expectations(&comment) {
                        evaluated += 1;
                        if meets(&document, &expected) {
                            met += 1;
                        } else if std::env::var_os("HOLDLINE_SHOW").is_some() {
                            eprintln!("DIFFERS {}: {}", path.display(), comment.trim());
                        }
                    }
                }
                Err(error) if std::env::var_os("HOLDLINE_SHOW").is_some() => {
                    eprintln!("NOT READ {}: {error}", path.display());
                }
                Err(_) => {}
            }
        }
        eprintln!("feedparser {set}: {read_of_them} of {all} read; {met} of {evaluated} titles and dates as expected");
        assert!(read_of_them * 100 >= all * least, "{set}: only {read_of_them} of {all} are read");
        assert!(met * 100 >= evaluated * least, "{set}: only {met} of {evaluated} are as expected");
        assert!(evaluated > 0, "{set}: nothing was compared");
    }
}
