//! Channels: what their settings tell the core, and what each kind does with a post.

mod bluesky;
mod email_list;
pub(crate) mod fediverse;
mod mastodon;
mod swapped;
mod webhook;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use holdline::channel::{Channel, ChannelSettings, Found, Intent, KINDS, Outcome, Outside, Reason};
use holdline::core::approval::{ApprovedStatement, Ballot, Electorate, Order, Proof, Terms, Yes};
use holdline::core::name::ChannelName;
use holdline::core::playbook::{Quorum, Stage};
use holdline::core::roster::{Person, Roster};
use holdline::core::rules::{ChannelRules, Reach};
use holdline::core::statement::{Length, Limit, Package, Placement, Variant};
use holdline::net::Http;
use jiff::Timestamp;
use serde_json::{Value, json};

const AT: &str = "2026-11-22T19:02:00Z";

fn text(language: &str, title: Option<&str>, body: &str) -> Variant {
    let (language, title, body) = (language.to_owned(), title.map(str::to_owned), body.to_owned());
    Variant { length: Length::Long, language, title, body }
}

/// A package whose texts all go to one channel.
fn package_for(channel: &str, variants: Vec<Variant>) -> Package {
    Package {
        statement: "holding".into(),
        audience: "public".to_owned(),
        placements: vec![Placement {
            channel: channel.into(),
            kind: "file".to_owned(),
            account: "posted.jsonl".to_owned(),
            limit: None,
            variants: (0..variants.len()).collect(),
        }],
        variants,
        links: Vec::new(),
        next_update: None,
        corrects: None,
        round_of: None,
        stamp: None,
        findings: Vec::new(),
    }
}

fn package(body: &str) -> Package {
    package_for("archive", vec![text("en", Some("Claims about records"), body)])
}

/// What one yes of the only approver makes of a package.
fn approved(package: Package) -> ApprovedStatement {
    let person = Person {
        name: "Ana Ruiz".to_owned(),
        email: "ana@riverside.example".to_owned(),
        phone: None,
        delegate: None,
        away: None,
        reads: vec!["en".to_owned()],
        shared: false,
    };
    let roster = Roster {
        people: BTreeMap::from([("ana".into(), person)]),
        roles: BTreeMap::from([("comms-lead".into(), vec!["ana".into()])]),
    };
    let stage = Stage {
        proof: Proof::Mail,
        name: "release".to_owned(),
        quorum: Quorum::AnyOf(vec!["comms-lead".into()]),
        within: None,
        otherwise: BTreeMap::new(),
    };
    let at: Timestamp = AT.parse().unwrap();
    let terms = Terms {
        refused: BTreeSet::new(),
        stages: std::slice::from_ref(&stage),
        round: 1,
        order: Order::InTurn,
        authors: BTreeSet::new(),
        languages: BTreeSet::new(),
    };
    let electorate = Electorate { roster: &roster, day: "2026-11-22".parse().unwrap(), at };
    let digest = package.digest();
    let (mut ballot, _) = Ballot::open(package, digest, terms, electorate);
    ballot.count_yes(0, Yes { person: "ana".into(), proof: Proof::Mail, at }, electorate);
    ballot.approved(&roster).unwrap()
}

fn parsed(kind: &str, settings: Value) -> Result<Box<dyn ChannelSettings>, String> {
    let kind = KINDS.iter().find(|known| known.name == kind).unwrap();
    let mut settings = <dyn erased_serde::Deserializer<'_>>::erase(settings);
    (kind.parse)(&mut settings, Some("en".to_owned())).map_err(|error| error.to_string())
}

fn rules(kind: &str, settings: Value) -> Result<ChannelRules, String> {
    parsed(kind, settings).map(|channel| channel.rules())
}

/// A live channel called `wire`, with the way out that a daemon has.
fn live(kind: &str, settings: Value) -> Arc<dyn Channel> {
    let outside = Outside { http: Some(Http::new().unwrap()), post_office: None };
    parsed(kind, settings).unwrap().connect(&"wire".into(), &outside).unwrap()
}

/// What went wrong with settings.
fn refusal(kind: &str, settings: Value) -> String {
    rules(kind, settings).unwrap_err()
}

fn archive(path: &Path, name: &str) -> Arc<dyn Channel> {
    let kind = KINDS.iter().find(|known| known.name == "file").unwrap();
    let mut settings = <dyn erased_serde::Deserializer<'_>>::erase(json!({ "path": path }));
    (kind.parse)(&mut settings, None).unwrap().connect(&ChannelName::from(name), &Outside::default()).unwrap()
}

fn intent(key: &str) -> Intent {
    Intent { key: key.to_owned(), at: AT.parse().unwrap() }
}

#[test]
fn settings_tell_the_core_how_a_channel_reaches_people() {
    let newsroom = rules("newsroom", json!({})).unwrap();
    assert_eq!((newsroom.reach, newsroom.limit, newsroom.account.as_str()), (Reach::Page, None, "newsroom"));
    let short = rules("newsroom", json!({ "title": "Bluesky", "length": "bluesky" })).unwrap();
    assert_eq!((short.limit, short.account.as_str()), (Some(Limit::Bluesky), "Bluesky"));
    let hand = rules("by_hand", json!({ "to": "comms-lead", "length": 400 })).unwrap();
    assert_eq!((hand.reach, hand.limit), (Reach::Person("comms-lead".into()), Some(Limit::Characters(400))));
    let file = rules("file", json!({ "path": "/srv/posted.jsonl" })).unwrap();
    assert_eq!((file.reach, file.account.as_str()), (Reach::Network, "posted.jsonl"));
    assert_eq!(file.language.as_deref(), Some("en"));
}

#[test]
fn what_has_no_way_out_reaches_nobody() {
    let settings = [
        ("webhook", json!({ "url": "https://cms.example/", "secret": "a secret of the tests, long enough" })),
        ("mastodon", json!({ "server": "https://social.example", "token": "t" })),
        ("email_list", json!({ "to": ["staff@ex.test"] })),
    ];
    for (kind, settings) in settings {
        let channel = parsed(kind, settings).unwrap();
        assert_eq!(channel.rules().reach, Reach::Network);
        assert!(channel.connect(&"wire".into(), &Outside::default()).is_none(), "{kind}");
        assert!(!format!("{channel:?}").contains("a secret of"), "{kind}");
    }
}

#[test]
fn room_is_bounded() {
    for number in [50, 100_000] {
        rules("newsroom", json!({ "length": number })).unwrap();
    }
    for length in [json!(49), json!(100_001), json!("facebook"), json!(true)] {
        let error = rules("newsroom", json!({ "length": length })).unwrap_err();
        assert!(error.contains("expected a length: bluesky, mastodon, x, or a number"), "{error}");
    }
}

#[tokio::test]
async fn a_post_is_one_line_and_a_repeat_adds_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posted.jsonl");
    let channel = archive(&path, "archive");
    let statement = approved(package("We are looking into it."));
    assert_eq!(channel.find(statement.package(), &intent("1-7-0")).await, Found::Nothing);
    let url = format!("file://{}#1-7-0", path.display());
    assert_eq!(channel.post(&statement, &intent("1-7-0")).await, Outcome::Done { url: url.clone() });
    assert_eq!(channel.post(&statement, &intent("1-7-0")).await, Outcome::Done { url: url.clone() });
    assert_eq!(channel.find(statement.package(), &intent("1-7-0")).await, Found::There { url });
    let written = fs::read_to_string(&path).unwrap();
    let line: Value = serde_json::from_str(&written).unwrap();
    let text = json!({ "length": "long", "language": "en", "title": "Claims about records", "body": "We are looking into it." });
    assert_eq!(line, json!({ "key": "1-7-0", "channel": "archive", "texts": [text] }));
}

#[tokio::test]
async fn a_line_that_a_crash_cut_off_spoils_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posted.jsonl");
    fs::write(&path, "{\"key\":\"1-7-0\",\"chan").unwrap();
    let channel = archive(&path, "archive");
    let statement = approved(package("We are looking into it."));
    assert_eq!(channel.find(statement.package(), &intent("1-7-0")).await, Found::Nothing);
    assert!(matches!(channel.post(&statement, &intent("1-9-0")).await, Outcome::Done { .. }));
    assert!(matches!(channel.find(statement.package(), &intent("1-9-0")).await, Found::There { .. }));
}

#[tokio::test]
async fn two_lines_of_one_key_are_told_apart_by_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posted.jsonl");
    fs::write(&path, "{\"key\":\"1-7-0\"}\n{\"key\":\"1-7-0\"}\n").unwrap();
    let channel = archive(&path, "archive");
    let statement = approved(package("We are looking into it."));
    assert_eq!(channel.find(statement.package(), &intent("1-7-0")).await, Found::CannotTell(Reason::Several));
    assert_eq!(channel.post(&statement, &intent("1-7-0")).await, Outcome::Unknown(Reason::Several));
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_tried_later() {
    let folder = tempfile::tempdir().unwrap();
    let channel = archive(&folder.path().join("missing/posted.jsonl"), "archive");
    let statement = approved(package("We are looking into it."));
    let outcome = channel.post(&statement, &intent("1-7-0")).await;
    assert!(matches!(outcome, Outcome::Later { why: Reason::Unreachable, .. }), "{outcome:?}");
}

/// A placement that the package does not hold has no text: nothing is written for it.
#[tokio::test]
async fn what_was_not_approved_for_a_channel_is_not_written_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("posted.jsonl");
    let channel = archive(&path, "elsewhere");
    let outcome = channel.post(&approved(package("We are looking into it.")), &intent("1-7-0")).await;
    assert_eq!(outcome, Outcome::Never(Reason::OtherBytes));
    assert!(!path.exists());
}
