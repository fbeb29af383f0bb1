//! Lint: each rule against its own examples, and what the table as a whole keeps.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use holdline::core::lint::{Checked, Finding, Level, RULES, Rule, When, check, check_before_posting, linted};
use holdline::core::setting::Setting;
use holdline::core::statement::{Length, Limit, Package, Placement, Variant, links};

use crate::sample::{at, draft_holding, facts, rules};

const NOW: &str = "2026-11-22T18:00:00Z";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/lint")
}

struct Example {
    fires: bool,
    /// `key: value` lines above the text.
    settings: Vec<(String, String)>,
    text: String,
}

impl Example {
    fn get(&self, key: &str) -> Option<&str> {
        self.settings.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    fn setting(&self) -> Setting {
        if self.get("setting") == Some("rehearsal") { Setting::Rehearsal } else { Setting::Live }
    }

    fn package(&self) -> Package {
        let limit = self.get("limit").map(|limit| match limit {
            "x" => Limit::X,
            "bluesky" => Limit::Bluesky,
            "mastodon" => Limit::mastodon(),
            other => panic!("no limit {other}"),
        });
        let repeat = self.get("repeat").map_or(1, |times| times.parse().unwrap());
        let variant = Variant {
            length: if self.get("length") == Some("short") { Length::Short } else { Length::Long },
            language: self.get("language").unwrap_or("en").to_owned(),
            title: self.get("title").map(str::to_owned),
            body: self.text.repeat(repeat),
        };
        Package {
            statement: self.get("statement").unwrap_or("closing").into(),
            audience: self.get("audience").unwrap_or("public").to_owned(),
            links: links(&variant.text()),
            variants: vec![variant],
            placements: vec![Placement {
                channel: "website".into(),
                kind: "newsroom".to_owned(),
                account: "riverside.example".to_owned(),
                limit,
                variants: vec![0],
            }],
            next_update: self.get("next-update").map(at),
            corrects: None,
            round_of: None,
            stamp: self.get("stamp").map(str::to_owned),
            findings: Vec::new(),
        }
    }
}

/// The fenced blocks below `## Fires` and `## Does not fire`.
fn examples(rule: &Rule) -> Vec<Example> {
    let path = folder().join(rule.name).with_extension("md");
    let file = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (_, rest) = file.split_once("\n## Fires\n").unwrap();
    let (fires, silent) = rest.split_once("\n## Does not fire\n").unwrap();
    let of = |section: &str, fires| -> Vec<Example> {
        section.split("```text\n").skip(1).map(|block| example(block.split("\n```").next().unwrap(), fires)).collect()
    };
    let mut examples = of(fires, true);
    examples.extend(of(silent, false));
    examples
}

fn example(block: &str, fires: bool) -> Example {
    let (head, text) = block.split_once("\n\n").unwrap_or(("", block));
    let settings =
        head.lines().map(|line| line.split_once(": ").unwrap()).map(|(key, value)| (key.to_owned(), value.to_owned()));
    Example { fires, settings: settings.collect(), text: text.to_owned() }
}

#[test]
fn every_rule_fires_where_its_file_says_and_nowhere_else() {
    for rule in RULES {
        let examples = examples(rule);
        assert!(examples.iter().filter(|example| example.fires).count() >= 2, "{}", rule.name);
        assert!(examples.iter().filter(|example| !example.fires).count() >= 2, "{}", rule.name);
        for example in examples {
            let package = example.package();
            let checked = Checked { package: &package, rules: &rules(), setting: example.setting(), at: at(NOW) };
            let findings: Vec<Finding> =
                check(&checked).into_iter().filter(|finding| finding.rule == rule.name).collect();
            assert_eq!(!findings.is_empty(), example.fires, "{}: {:?}: {findings:#?}", rule.name, example.text);
            let found = example.get("found").unwrap_or_default();
            assert!(
                found.is_empty() || findings.iter().any(|finding| finding.found == found),
                "{found}: {findings:#?}"
            );
            assert!(findings.iter().all(|finding| !finding.place.is_empty() && !finding.remedy.is_empty()));
        }
    }
}

#[test]
fn folder_and_table_hold_the_same_rules() {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let files: BTreeSet<String> = files.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    let names: BTreeSet<String> = RULES.iter().map(|rule| rule.name.to_owned()).collect();
    assert_eq!(files, names);
    assert_eq!(names.len(), RULES.len());
    assert!(RULES.iter().all(|rule| !rule.why.is_empty() && !rule.source.is_empty()));
}

#[test]
fn a_shipped_shape_of_draft_has_no_findings() {
    for setting in [Setting::Live, Setting::Rehearsal] {
        let package = draft_holding(&rules(), &facts(), setting, NOW).unwrap();
        assert_eq!(linted(package, &rules(), setting, at(NOW)).findings, []);
    }
}

#[test]
fn a_rehearsal_may_not_go_out_live_nor_a_live_text_be_rehearsed() {
    for (drafted, checked) in [(Setting::Live, Setting::Rehearsal), (Setting::Rehearsal, Setting::Live)] {
        let package = draft_holding(&rules(), &facts(), drafted, NOW).unwrap();
        let findings = check(&Checked { package: &package, rules: &rules(), setting: checked, at: at(NOW) });
        let places: Vec<&str> = findings.iter().map(|finding| finding.place.as_str()).collect();
        assert!(findings.iter().all(|finding| finding.rule == "rehearsal-leak" && finding.level == Level::Block));
        let expected = [
            "stamp",
            "title of the long text, en",
            "long text, en",
            "title of the long text, es",
            "long text, es",
            "short text, en",
        ];
        assert_eq!(places, expected);
    }
}

#[test]
fn only_rules_about_time_are_asked_before_posting() {
    let mut package = draft_holding(&rules(), &facts(), Setting::Live, NOW).unwrap();
    package.variants[0].body.push_str(" TODO");
    let late = Checked { package: &package, rules: &rules(), setting: Setting::Live, at: at("2026-11-22T19:30:00Z") };
    let names = |findings: Vec<Finding>| findings.into_iter().map(|finding| finding.rule).collect::<Vec<_>>();
    assert_eq!(names(check_before_posting(&late)), ["stale"]);
    assert_eq!(names(check(&late))[..2], ["placeholder-left", "stale"]);
    let timed: Vec<&str> =
        RULES.iter().filter(|rule| rule.when == When::SavedAndPosting).map(|rule| rule.name).collect();
    assert_eq!(timed, ["stale"]);
}

#[test]
fn a_text_full_of_names_gives_a_bounded_list() {
    let mut package = draft_holding(&rules(), &facts(), Setting::Live, NOW).unwrap();
    let names: Vec<String> = (0..200).map(|number| format!("we met Zq{number} here")).collect();
    package.variants[0].body = names.join(", ");
    let checked = Checked { package: &package, rules: &rules(), setting: Setting::Live, at: at(NOW) };
    let found = check(&checked).into_iter().filter(|finding| finding.rule == "unknown-proper-name").count();
    assert_eq!(found, 41);
}

/// Odd pieces put together in every way that a small generator comes upon: nothing may panic, everything ends.
#[test]
fn no_text_brings_lint_down() {
    const PIECES: [&str; 32] = [
        " ",
        "\n",
        ".",
        "A",
        "é",
        "Ñandú",
        "👨‍👩‍👧",
        "://",
        "https://",
        "http",
        "@",
        "1",
        "22",
        ":",
        "p.m.",
        "[",
        "]",
        "<",
        "{{",
        "}}",
        "'s",
        "-",
        "(",
        ")",
        ",",
        "\u{301}",
        "\u{200d}",
        "日",
        "a.bc",
        "TODO:",
        "h",
        "½",
    ];
    let rules = rules();
    let mut package = draft_holding(&rules, &facts(), Setting::Live, NOW).unwrap();
    package.placements[0].limit = Some(Limit::X);
    package.placements[1].limit = Some(Limit::mastodon());
    let mut seed: u64 = 7;
    for _ in 0..400 {
        let mut body = String::new();
        for _ in 0..24 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            body.push_str(PIECES[usize::try_from(seed >> 59).unwrap()]);
        }
        for variant in &mut package.variants {
            variant.body.clone_from(&body);
        }
        let checked = Checked { package: &package, rules: &rules, setting: Setting::Live, at: at(NOW) };
        let once = check(&checked);
        assert_eq!(once, check(&checked));
        assert!(links(&body).iter().all(|link| body.contains(link)));
    }
}
