//! What every parser of ours keeps to whatever the bytes: one plain function a parser, driven by a fuzzer and by a test.
//! A target panics where its parser does wrong.

mod feeds;

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use holdline::config::{Config, Need, SAMPLE_KEY_FILE, Weight, load, sample};
use holdline::core::condition::{CONDITION_BYTES_MAX, Condition, Known};
use holdline::core::count::HORIZON;
use holdline::core::detect;
use holdline::core::mention::Mention;
use holdline::core::name::{FactName, StepId};
use holdline::core::period::Period;
use holdline::core::playbook::{FactKind, FactSpec, FactValue};
use holdline::core::proved::Proved;
use holdline::core::query::{Matcher, Query, explain};
use holdline::core::quiet::{BreakThrough, Hours, Scope};
use holdline::core::rules::Rules;
use holdline::core::setting::Setting;
use holdline::core::severity::Severity;
use holdline::core::shown::{Quote, visible};
use holdline::core::statement::{
    DraftError, DraftInput, Length, Limit, Package, Piece, TemplateSpec, changes, check_template, clock_time, draft,
    edited, hidden_character, links, promised_at, word_diff,
};
use holdline::core::watch::Voices;
use holdline::engine::{Audience, Links};
use holdline::feed::file::cursor::Cursor;
use holdline::feed::file::records::{Format, Next, next};
use holdline::feed::file::replay::Speed;
use holdline::feed::file::rows::Columns;
use holdline::feed::form::{Draft, json};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tempfile::TempDir;

pub use feeds::{bluesky, feed, mastodon, webhook_body, webhook_gate};

/// What a target is called and what it does with an input.
pub type Target = (&'static str, fn(&[u8]));

/// Every target, in order of its name.
pub const TARGETS: &[Target] = &[
    ("bluesky", bluesky),
    ("clock", clock),
    ("condition", condition),
    ("csv", csv),
    ("cursor", cursor),
    ("edit", edit),
    ("fact", fact),
    ("feed", feed),
    ("installation", installation),
    ("json", json_line),
    ("length", length),
    ("links", link),
    ("mastodon", mastodon),
    ("package", package),
    ("period", period),
    ("playbook", playbook),
    ("query", query),
    ("quiet", quiet),
    ("quote", quote),
    ("speed", speed),
    ("spike", spike),
    ("template", template),
    ("token", token),
    ("visible", shown),
    ("webhook_body", webhook_body),
    ("webhook_gate", webhook_gate),
];

fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// What stands before and after the first line end.
fn halves(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}

fn mention(text: &str) -> Mention {
    let whole = || Some(text.to_owned()).filter(|text| !text.is_empty());
    Mention {
        id: "1".to_owned(),
        title: whole(),
        text: text.to_owned(),
        author: whole(),
        url: whole(),
        language: None,
        published: None,
        reach: None,
    }
}

fn now() -> Timestamp {
    Timestamp::from_second(1_795_183_500).expect("within range")
}

thread_local! {
    /// The folder of the sample, one a thread so that two targets never write into the same.
    static FOLDER: TempDir = {
        let shared = Path::new("/dev/shm");
        let made = if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() };
        let folder = made.expect("a folder for the sample");
        for (name, text) in sample() {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("it lies below the folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        let key = "an audit key of the fuzzer, which is long enough";
        fs::write(folder.path().join(SAMPLE_KEY_FILE), key).expect("a key");
        folder
    };
}

fn folder() -> PathBuf {
    FOLDER.with(|folder| folder.path().to_owned())
}

fn rules() -> &'static Arc<Rules> {
    static RULES: OnceLock<Arc<Rules>> = OnceLock::new();
    RULES.get_or_init(|| {
        let config: Config = load(&folder(), Need::WithoutMail).expect("the sample is in order").config;
        let with = |rules: &&Arc<Rules>| rules.playbook.name.as_str() == "data-breach";
        Arc::clone(config.rules.values().find(with).expect("the sample's playbook"))
    })
}

fn drafted(rules: &Rules, step: &str) -> Result<Package, DraftError> {
    let facts = [
        (FactName::from("discovered_at"), FactValue::Datetime(now())),
        (FactName::from("help_line"), FactValue::Phone("+1 555 010 0100".to_owned())),
    ];
    let input = DraftInput {
        step: &StepId::from(step),
        setting: Setting::Live,
        incident_id: 1,
        incident_title: "Patient data breach",
        severity: Severity::Serious,
        opened_at: now(),
        facts: &facts.into(),
        spike: None,
        version: 1,
        corrects: None,
        round: None,
    };
    draft(&input, rules, now())
}

/// The sample's first public statement, drafted once.
fn holding() -> &'static Package {
    static HOLDING: OnceLock<Package> = OnceLock::new();
    HOLDING.get_or_init(|| drafted(rules(), "holding").expect("the sample drafts"))
}

/// Seconds, a period and a language: a promise is a five-minute mark that is not before its deadline.
pub fn clock(bytes: &[u8]) {
    let text = text(bytes);
    let (first, language) = halves(&text);
    let (seconds, period) = first.split_once(' ').unwrap_or((first, "1s"));
    let at = seconds.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok()).unwrap_or_else(now);
    let Ok(period) = Period::parse(period) else { return };
    let promised = promised_at(at, Some(period), period, None);
    assert!(promised >= at);
    assert!(promised.as_second() % 300 == 0 || promised.as_second() > Timestamp::MAX.as_second() - 600);
    for zone in ["UTC", "America/New_York", "Asia/Kathmandu"] {
        let shown = clock_time(promised, &TimeZone::get(zone).expect("the zones are built in"), language);
        assert!(shown.contains(':') && hidden_character(&shown).is_none(), "{shown}");
    }
}

/// A condition is its text, and says something of nothing and of the sample's facts.
pub fn condition(bytes: &[u8]) {
    let text = text(bytes);
    let Ok(condition) = Condition::parse(&text) else { return };
    assert!(text.len() <= CONDITION_BYTES_MAX && condition.source() == text);
    condition.variables();
    condition.holds(&Known::default());
    let mut known = Known::default();
    known.facts.insert("records_affected".to_owned(), 500.into());
    known.spike.insert("count".to_owned(), 20.into());
    known.spike.insert("ratio".to_owned(), serde_json::json!(8.5));
    known.organisation.insert("name".to_owned(), "Riverside General".into());
    condition.holds(&known);
}

/// A header and a row; and records that end within their piece.
pub fn csv(bytes: &[u8]) {
    for format in [Format::Csv, Format::JsonLines] {
        for ended in [false, true] {
            let mut rest = bytes;
            while let Next::Record { next, .. } | Next::TooLong { next, .. } | Next::Unclosed { next } =
                next(format, rest, ended)
            {
                assert!(next > 0 && next <= rest.len());
                rest = &rest[next..];
            }
        }
    }
    let text = text(bytes);
    let (header, row) = halves(&text);
    match Columns::read(header) {
        Ok(columns) => {
            if let Err(error) = columns.draft(row).and_then(Draft::check) {
                assert_one_line(&error.to_string());
            }
        }
        Err(why) => assert_one_line(&why),
    }
}

/// A place in a file is what it was written as.
pub fn cursor(bytes: &[u8]) {
    let text = text(bytes);
    let Some(cursor) = Cursor::read(&text) else { return };
    assert_eq!(Cursor::read(&cursor.write()).as_ref(), Some(&cursor));
}

/// What was saved can be saved again without a change; no saved text hides anything.
pub fn edit(bytes: &[u8]) {
    let text = text(bytes);
    let (title, body) = halves(&text);
    let before = holding();
    for setting in [Setting::Live, Setting::Rehearsal] {
        let texts = |package: &Package, title: &str, body: &str| {
            edited(package, vec![(0, Some(title.to_owned()), body.to_owned())], rules(), setting)
        };
        let Ok(saved) = texts(before, title, body) else { continue };
        let variant = &saved.variants[0];
        let again = texts(&saved, variant.title.as_deref().unwrap_or_default(), &variant.body).expect("it was saved");
        assert_eq!((&again, again.digest()), (&saved, saved.digest()));
        assert_eq!(hidden_character(&variant.text()), None);
        assert_eq!(saved.digest() == before.digest(), &saved == before);
        let read: Package = serde_json::from_slice(&saved.wire()).expect("its own bytes");
        assert_eq!((&read, read.digest()), (&saved, saved.digest()));
        assert_eq!(
            changes(before, &saved).is_empty(),
            saved.variants == before.variants && saved.stamp == before.stamp
        );
    }
}

/// A fact as shown is read as the same fact.
pub fn fact(bytes: &[u8]) {
    let text = text(bytes);
    for kind in [FactKind::Text, FactKind::Number, FactKind::Datetime, FactKind::Phone, FactKind::Link] {
        match kind.parse(&text, &TimeZone::UTC) {
            Ok(value) => {
                let shown = value.shown(&TimeZone::UTC);
                assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
                if kind != FactKind::Datetime {
                    assert_eq!(kind.parse(&shown, &TimeZone::UTC).as_ref(), Ok(&value));
                }
                value.compared();
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

/// A folder with one file replaced loads, or is refused with a place and in one line each.
fn checked(name: &str, bytes: &[u8]) {
    let path = folder().join(name);
    let before = fs::read(&path).ok();
    fs::write(&path, bytes).expect("a file");
    let outcome = load(&folder(), Need::WithoutMail);
    match before {
        Some(before) => fs::write(&path, before).expect("a file"),
        None => fs::remove_file(&path).expect("a file"),
    }
    let problems = match outcome {
        Ok(loaded) => loaded.warnings,
        Err(problems) => {
            assert!(problems.iter().any(|problem| problem.weight == Weight::Refused));
            problems
        }
    };
    for problem in problems {
        assert!(problem.line() > 0 && problem.column() > 0 && !problem.help.is_empty());
        assert_one_line(&problem.to_string());
    }
}

pub fn installation(bytes: &[u8]) {
    checked("holdline.yaml", bytes);
}

pub fn playbook(bytes: &[u8]) {
    checked("playbooks/fuzzed.yaml", bytes);
}

fn assert_one_line(words: &str) {
    assert!(!words.is_empty() && !words.chars().any(char::is_control), "{words:?}");
}

/// A mention's form: what is taken is within its bounds, what is refused is told in one line.
pub fn json_line(bytes: &[u8]) {
    match json::draft(&text(bytes)).and_then(Draft::check) {
        Ok(mention) => assert!(!mention.id.trim().is_empty()),
        Err(error) => assert_one_line(&error.to_string()),
    }
}

/// Lengths stay within what a text can be.
pub fn length(bytes: &[u8]) {
    let text = text(bytes);
    let chars = text.chars().count();
    assert_eq!(Limit::Characters(1).measure(&text).used, chars);
    for limit in [Limit::X, Limit::Bluesky, Limit::mastodon()] {
        let measured = limit.measure(&text);
        assert_eq!(measured.fits(), measured.over() == 0);
        // An address counts 23 however short, and none is shorter than four letters.
        assert!(measured.used <= 23 * text.len().max(1), "{measured:?}");
    }
}

/// Addresses are pieces of the text, each once; every one that names its scheme and a host is among them.
pub fn link(bytes: &[u8]) {
    let text = text(bytes);
    let found = links(&text);
    for (nth, link) in found.iter().enumerate() {
        assert!(text.contains(link.as_str()) && !link.contains(char::is_whitespace), "{link}");
        assert!(!found[..nth].contains(link));
    }
    for (at, scheme) in text.match_indices("https://") {
        let rest = &text[at + scheme.len()..];
        let host = &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len())];
        let seen = host.is_empty() || found.iter().any(|link| link.contains(&format!("https://{host}")));
        assert!(seen, "no link at byte {at} of {text:?}: {found:?}");
    }
    // A name between blanks, brackets and commas is seen as well.
    for name in text.split(|c: char| c.is_whitespace() || "(),;<>\"".contains(c)) {
        let labels: Vec<&str> = name.split('.').collect();
        let small = |label: &&str| label.len() > 1 && label.bytes().all(|b| b.is_ascii_lowercase());
        if labels.len() > 1 && labels.iter().all(small) {
            assert!(found.iter().any(|link| link.contains(name)), "{name} of {text:?} is no link: {found:?}");
        }
    }
}

/// A comparison holds both texts whole.
pub fn package(bytes: &[u8]) {
    let text = text(bytes);
    let (old, new) = halves(&text);
    let (mut before, mut after) = (String::new(), String::new());
    for piece in word_diff(old, new) {
        match piece {
            Piece::Same(words) => {
                before += &words;
                after += &words;
            }
            Piece::Removed(words) => before += &words,
            Piece::Added(words) => after += &words,
        }
    }
    assert_eq!((before.as_str(), after.as_str()), (old, new));
}

/// A length of time is read as it is shown, and lies ahead.
pub fn period(bytes: &[u8]) {
    let Ok(period) = Period::parse(&text(bytes)) else { return };
    assert_eq!(Period::parse(&period.to_string()), Ok(period));
    assert!(period.after(now()) > now() && period.share_after(now(), 4, 5) <= period.after(now()));
}

/// The automaton and the explanation agree; what is refused is refused at a place.
pub fn query(bytes: &[u8]) {
    let text = text(bytes);
    let (source, said) = halves(&text);
    let query = match Query::parse(source) {
        Ok(query) => query,
        Err(error) => {
            assert!(source.get(error.span.clone()).is_some() && !error.help.is_empty(), "{error}");
            return;
        }
    };
    assert_eq!(Query::parse(query.source()).as_ref(), Ok(&query));
    let mention = mention(said);
    let explained = explain(&query, &mention).matched;
    let matcher = Matcher::new(std::slice::from_ref(&query)).expect("one query fits");
    assert_eq!(matcher.matches(&mention).contains(&0), explained);
}

/// A quotation is short, and neither hides anything nor can be followed.
pub fn quote(bytes: &[u8]) {
    let quote = Quote::of(&"listening".into(), &mention(&text(bytes)));
    assert!(quote.text.chars().count() <= 201, "{}", quote.text);
    assert_eq!(hidden_character(&quote.text), None);
    assert!(links(&quote.text).is_empty(), "{}", quote.text);
}

pub fn speed(bytes: &[u8]) {
    let Ok(speed) = Speed::parse(&text(bytes)) else { return };
    assert_eq!(Speed::parse(&speed.to_string()), Ok(speed));
}

/// Quiet hours that are taken begin, end, and leave time in which people are woken.
pub fn quiet(bytes: &[u8]) {
    let text = text(bytes);
    let (begins, lasting) = halves(&text);
    if let Ok(break_through) = BreakThrough::parse(begins) {
        assert_eq!(BreakThrough::parse(&break_through.to_string()), Ok(break_through));
    }
    let Ok(lasting) = Period::parse(lasting) else { return };
    let zone = TimeZone::get("America/New_York").expect("the zones are built in");
    let Ok(hours) = Hours::new("nights", Scope::All, BreakThrough::USUAL, (begins, lasting), zone, now()) else {
        return;
    };
    let Some(start) = hours.next(now()) else { return };
    let end = hours.until(start).expect("their first moment belongs to them");
    assert!(end > start && hours.until(end).is_none(), "{begins} for {lasting}");
}

/// What is a spike, and from how many voices.
pub fn spike(bytes: &[u8]) {
    let text = text(bytes);
    for kind in detect::KINDS {
        match (kind.parse)(&text) {
            Ok(detector) => assert!((60..=HORIZON.as_seconds()).contains(&detector.window().as_seconds())),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    if let Ok(voices) = Voices::parse(&text) {
        assert!(voices.0 > 0);
        assert_eq!(Voices::parse(&voices.to_string()), Ok(voices));
    }
}

/// A template without a problem drafts a statement with nothing unknown in it.
pub fn template(bytes: &[u8]) {
    let source = text(bytes);
    let step = rules().playbook.statement(&StepId::from("holding")).expect("the sample's statement");
    let facts: &[FactSpec] = &rules().playbook.facts;
    let spec = TemplateSpec { facts, needs: &step.needs, has_next_update: step.next_update.is_some(), fixed: false };
    let problems = check_template(&source.replace("\r\n", "\n"), spec);
    for problem in &problems {
        assert!(problem.line > 0 && problem.column > 0 && !problem.help.is_empty(), "{problem}");
    }
    if !problems.is_empty() {
        return;
    }
    let mut rules = Rules::clone(rules());
    for template in &mut rules.templates {
        if template.name == step.template && template.length == Length::Short {
            template.source.clone_from(&source.clone().into_owned());
        }
    }
    match drafted(&rules, "holding") {
        Ok(package) => {
            let short = package.variants.iter().find(|variant| variant.length == Length::Short);
            assert!(short.is_some_and(|variant| !variant.body.trim().is_empty()));
        }
        Err(DraftError::TooLong { .. } | DraftError::Hidden { .. } | DraftError::PackageTooLarge) => {}
        Err(error) => panic!("{error}: {source:?}"),
    }
}

/// No token and no code is guessed, and one's own is known.
pub fn token(bytes: &[u8]) {
    let text = text(bytes);
    let links = Links::new(b"a key of the fuzzer");
    let proved = Proved::new(&"ana".into(), "ana@riverside.example");
    let audience = Audience::SignIn { setting: Setting::Live, number: 7, proved: &proved, until: now() };
    let (own, code) = (links.token(audience), links.code(audience));
    Links::claimed(&text);
    assert_eq!(links.is_token(&text, audience), text == own);
    let typed: String = text.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    assert!(!links.is_code(&text, audience) || typed.len() == code.len());
    assert!(links.is_code(&code.to_lowercase(), audience) && Links::claimed(&own).is_some());
}

/// What is shown hides nothing, and is shown the same again.
pub fn shown(bytes: &[u8]) {
    let seen = visible(&text(bytes));
    assert_eq!(hidden_character(&seen), None);
    assert_eq!(visible(&seen), seen);
}
