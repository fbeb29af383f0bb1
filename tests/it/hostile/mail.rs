//! Outgoing mail: header-injection, blns, xss-payload-list and mail-parser's odd addresses as names, addresses, titles and
//! authors. What holdline.yaml takes makes no header line that a plain name does not make.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use holdline::config::{Config, Need, Problem, load};
use holdline::core::mention::Mention;
use holdline::core::name::PersonId;
use holdline::core::roster::Person;
use holdline::core::setting::Setting;
use holdline::core::shown::Quote;
use holdline::feed::form::TITLE_BYTES_MAX;
use holdline::mail::compose::{Composer, Scene};
use holdline::mail::{Letter, Mailbox, Sent};
use mail_parser::MessageParser;
use serde_json::Value;

use super::{Meter, files_below, hostile, payloads};
use crate::breach::Breach;
use crate::test_app::hospital_folder;

const FROM: &str = "Riverside Holdline <holdline@riverside.example>";
/// How many people one holdline.yaml names here.
const PEOPLE: usize = 250;

fn header_injection(folder: &Path) -> Vec<String> {
    let files = files_below(&folder.join("generated/header-injection"), ".txt");
    files.iter().map(|file| String::from_utf8_lossy(&fs::read(file).unwrap()).into_owned()).collect()
}

/// Header values of mail-parser's tests, and their parts between commas.
fn addresses(folder: &Path) -> Vec<String> {
    let table = fs::read(folder.join("mail-parser/resources/address.json")).unwrap();
    let table: Vec<Value> = serde_json::from_slice(&table).unwrap();
    let whole = table.iter().map(|case| case["header"].as_str().unwrap().trim_end_matches('\n').to_owned());
    let mut all: Vec<String> = whole.collect();
    let parts: Vec<String> =
        all.iter().flat_map(|header| header.split(',')).map(|part| part.trim().to_owned()).collect();
    all.extend(parts);
    all
}

/// A text in double quotes as YAML has it, everything but plain ASCII escaped.
fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || c == ' ' {
            quoted.push(c);
        } else {
            let _ = write!(quoted, "\\U{:08X}", u32::from(c));
        }
    }
    quoted + "\""
}

/// People beside those of the hospital, each with this name or this address. Those that are refused are told with the
/// place of each, and the rest loads.
fn people(meter: &mut Meter, all: &[String], line: impl Fn(usize, &str) -> String) -> Vec<(String, Person)> {
    let folder = hospital_folder();
    let path = folder.path().join("holdline.yaml");
    let before = fs::read_to_string(&path).unwrap();
    let at = before.lines().position(|line| line == "people:").unwrap() + 1;
    let mut taken = Vec::new();
    for some in all.chunks(PEOPLE) {
        let mut lines: Vec<String> = before.lines().map(str::to_owned).collect();
        lines.splice(at..at, some.iter().enumerate().map(|(nth, text)| line(nth, text)));
        fs::write(&path, lines.join("\n")).unwrap();
        let refused: Vec<usize> = match meter.run("a file of people", || load(folder.path(), Need::WithoutMail)) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.iter().map(|problem| place(problem, at, some.len())).collect(),
        };
        let left: Vec<usize> = (0..some.len()).filter(|nth| !refused.contains(nth)).collect();
        let mut lines: Vec<String> = before.lines().map(str::to_owned).collect();
        lines.splice(at..at, left.iter().map(|nth| line(*nth, &some[*nth])));
        fs::write(&path, lines.join("\n")).unwrap();
        let config: Config = load(folder.path(), Need::WithoutMail).expect("what was not refused loads").config;
        for nth in left {
            let person = config.roster.person(&PersonId::from(format!("p{nth}"))).unwrap().clone();
            taken.push((some[nth].clone(), person));
        }
    }
    taken
}

/// Which of the people a problem is about.
fn place(problem: &Problem, at: usize, people: usize) -> usize {
    assert_eq!(problem.file(), "holdline.yaml", "{problem}");
    let nth = problem.line() - 1 - at;
    assert!(nth < people && !problem.to_string().chars().any(char::is_control), "{problem}");
    nth
}

fn letter(to_name: &str, to: &str, subject: &str) -> Letter {
    Letter {
        message_id: "7.1.0@holdline.riverside.example".to_owned(),
        thread: None,
        to_name: to_name.to_owned(),
        to: to.to_owned(),
        subject: subject.to_owned(),
        text: "Text\n".to_owned(),
        html: "<p>Text</p>".to_owned(),
        picture: None,
    }
}

/// The bytes that would go out.
fn mime(letter: &Letter) -> Vec<u8> {
    let mailbox = Mailbox::new(FROM).unwrap();
    let sent = mailbox.send(letter, "2026-11-22T17:41:00Z".parse().unwrap());
    assert!(matches!(sent, Sent::Accepted { .. }), "{letter:?}");
    mailbox.all()[0].mime.clone()
}

/// The names of the header lines, read as bytes, folded lines left out.
fn header_names(mime: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(mime).unwrap();
    let head = text.split("\r\n\r\n").next().unwrap();
    assert!(!head.replace("\r\n", "").contains(['\r', '\n', '\0']), "{head:?}");
    let lines = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
    lines.map(|line| line.split(':').next().unwrap().to_lowercase()).collect()
}

/// Nothing was added to the header, and the one recipient is whom it is for.
fn adds_nothing(letter: &Letter, what: &str) {
    let plain = header_names(&mime(&self::letter("Ana", "ana@riverside.example", "Subject")));
    let mime = mime(letter);
    assert_eq!(header_names(&mime), plain, "{what:?}");
    let read = MessageParser::default().parse(&mime).unwrap();
    let to: Vec<&str> = read.to().unwrap().iter().filter_map(|to| to.address()).collect();
    assert_eq!(to, [letter.to.as_str()], "{what:?}");
    assert_eq!(read.from().unwrap().iter().count(), 1, "{what:?}");
    assert!(read.cc().is_none() && read.bcc().is_none() && read.reply_to().is_none(), "{what:?}");
    for shown in [read.subject(), read.to().unwrap().first().and_then(|to| to.name())].into_iter().flatten() {
        assert!(!shown.chars().any(char::is_control), "{what:?}: {shown:?}");
    }
    assert_eq!(read.attachment_count(), usize::from(letter.picture.is_some()), "{what:?}");
}

fn all(folder: &Path) -> Vec<String> {
    [header_injection(folder), payloads::sample(folder, 10), addresses(folder)].concat()
}

#[test]
fn names_of_people_add_no_header() {
    let Some(folder) = hostile() else { return };
    let mut meter = Meter::of("header-injection, blns, xss-payload-list and mail-parser as people's names");
    let line = |nth: usize, text: &str| format!("  p{nth}: {{ name: {}, email: p{nth}@x.example }}", quoted(text));
    let taken = people(&mut meter, &all(&folder), line);
    assert!(taken.len() > 500, "{} names are taken", taken.len());
    for (text, person) in &taken {
        meter.run(text, || adds_nothing(&letter(&person.name, &person.email, "Subject"), text));
    }
    meter.end();
}

#[test]
fn an_address_is_refused_with_its_place_or_reaches_one_mailbox() {
    let Some(folder) = hostile() else { return };
    let mut meter = Meter::of("header-injection, blns, xss-payload-list and mail-parser as people's addresses");
    let all = all(&folder);
    let line = |nth: usize, text: &str| format!("  p{nth}: {{ name: N, email: {} }}", quoted(text));
    let taken = people(&mut meter, &all, line);
    assert!(!taken.is_empty() && taken.len() < all.len() / 4, "{} addresses are taken", taken.len());
    for (text, person) in &taken {
        assert_eq!(text.trim(), person.email);
        meter.run(text, || adds_nothing(&letter(&person.name, &person.email, "Subject"), text));
    }
    meter.end();
}

#[test]
fn titles_organisations_and_authors_add_no_header() {
    let Some(folder) = hostile() else { return };
    let mut meter = Meter::of("header-injection, blns, xss-payload-list and mail-parser in alerts");
    let composer = Composer::new().unwrap();
    let to = PersonId::from("ana");
    for text in all(&folder).into_iter().filter(|text| text.len() <= TITLE_BYTES_MAX) {
        let mut breach = Breach::opened(Setting::Rehearsal);
        breach.incident.title.clone_from(&text);
        breach.rules.organisation.name.clone_from(&text);
        breach.rules.organisation.stamp.clone_from(&text);
        breach.incident.roster.people.get_mut("ana").unwrap().name.clone_from(&text);
        let said = Mention {
            id: "1".to_owned(),
            title: Some(text.clone()),
            text: text.clone(),
            author: Some(text.clone()),
            url: Some(text.clone()),
            language: None,
            published: None,
            reach: None,
        };
        let alerted = meter.run(&text, || {
            let quotes = [Quote::of(&"listening".into(), &said)];
            let scene = Scene {
                incident: &breach.incident,
                rules: &breach.rules,
                url: "https://holdline.riverside.example",
                now: breach.now,
                quotes: &quotes,
                to: &to,
                message_id: "7.1.0@holdline.riverside.example",
                thread: None,
            };
            composer.alert(&scene, &"wake".into(), 0).unwrap()
        });
        adds_nothing(&alerted, &text);
        assert!(alerted.html.contains("Why this incident opened"), "{text:?}");
    }
    meter.end();
}
