//! The configuration: the sample and the reference load; every kind of mistake is told with its place and its remedy.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use holdline::config::{
    DEFAULT, FILE_BYTES_MAX, Loaded, Look, NONE, Need, PLAYBOOKS_MAX, Problem, SAMPLE_KEY_FILE, TABLES, load, report,
    sample, stamp,
};
use holdline::core::lint::linted;
use holdline::core::mention::Mention;
use holdline::core::name::{FactName, PlaybookName, StepId};
use holdline::core::playbook::{FactValue, StepKind};
use holdline::core::query::{Matcher, Query};
use holdline::core::rules::Rules;
use holdline::core::setting::Setting;
use holdline::core::severity::Severity;
use holdline::core::statement::{DraftInput, Package, draft};
use jiff::Timestamp;
use tempfile::TempDir;

const KEY: &str = "0123456789abcdef0123456789abcdef\n";
const AT: &str = "2026-11-22T19:02:00Z";

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/config")
}

fn write(folder: &Path, name: &str, text: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The base folder with a fixture's files laid over it.
fn laid_over(name: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&fixtures().join("base"), folder.path());
    copy(&fixtures().join(name), folder.path());
    // Whoever checks out this repository decides how files of it are open; the warning is another test's.
    for file in fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    }
    folder
}

fn sample_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in sample() {
        write(folder.path(), name, text.as_bytes());
    }
    write(folder.path(), SAMPLE_KEY_FILE, KEY.as_bytes());
    fs::set_permissions(folder.path().join(SAMPLE_KEY_FILE), fs::Permissions::from_mode(0o600)).unwrap();
    folder
}

fn lines(problems: &[Problem], folder: &Path) -> String {
    let out: Vec<String> = problems.iter().map(|problem| format!("{problem}\n")).collect();
    let real = fs::canonicalize(folder).unwrap();
    out.concat().replace(real.to_str().unwrap(), "FOLDER")
}

/// What loading a fixture says, line by line. Warnings of a folder that loads count too.
fn said(name: &str) -> String {
    let folder = laid_over(name);
    let problems = match load(folder.path(), Need::Run) {
        Ok(Loaded { warnings, .. }) => warnings,
        Err(problems) => problems,
    };
    lines(&problems, folder.path())
}

#[test]
fn every_mistake_is_told_with_its_place_and_its_remedy() {
    let bless = std::env::var_os("HOLDLINE_BLESS").is_some();
    let mut names: Vec<String> = fs::read_dir(fixtures())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "base")
        .collect();
    names.sort();
    assert!(names.len() >= 25, "only {} fixtures", names.len());
    let mut differ = Vec::new();
    for name in names {
        let found = said(&name);
        assert!(!found.is_empty(), "{name} is told nothing");
        let path = fixtures().join(&name).join("expected.txt");
        if bless {
            fs::write(&path, &found).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if found != expected {
            differ.push(format!("{name}\nfound:\n{found}expected:\n{expected}"));
        }
    }
    assert!(differ.is_empty(), "{}\nHOLDLINE_BLESS=1 writes what was found", differ.join("\n"));
}

#[test]
fn the_base_of_the_fixtures_is_sound() {
    let folder = laid_over("base");
    let loaded = load(folder.path(), Need::Run).map_err(|problems| lines(&problems, folder.path())).unwrap();
    assert_eq!(lines(&loaded.warnings, folder.path()), "");
}

#[test]
fn problems_of_several_files_are_told_at_once() {
    let found = said("several-files");
    for file in ["holdline.yaml:", "playbooks/breach.yaml:", "templates/statements/breach/holding.long.en.hbs:"] {
        assert!(found.contains(file), "{file} is missing in\n{found}");
    }
    assert!(found.lines().count() >= 5, "{found}");
}

#[test]
fn the_sample_loads_without_a_word() {
    let folder = sample_folder();
    let loaded = load(folder.path(), Need::WithoutMail).map_err(|problems| lines(&problems, folder.path())).unwrap();
    assert_eq!(lines(&loaded.warnings, folder.path()), "");
    let config = loaded.config;
    assert!(config.mail.is_none());
    assert_eq!(config.watches.len(), 2);
    assert_eq!(config.feeds.len(), 1);
    assert_eq!(config.rules.keys().map(PlaybookName::as_str).collect::<Vec<_>>(), ["data-breach", NONE]);
    let rules = &config.rules["data-breach"];
    let suggestion = rules.playbook.fact(&FactName::from("help_line")).unwrap().suggestion.as_deref();
    assert_eq!(suggestion, Some("+1 555 010 0100"));
    assert_eq!(rules.templates.len(), 10);
}

#[test]
fn what_begins_with_a_dot_is_passed_over_and_a_pipe_is_refused_at_once() {
    let folder = sample_folder();
    // The lock that an editor leaves while somebody types, and what another system adds.
    std::os::unix::fs::symlink("ana@desk.1", folder.path().join("playbooks/.#data-breach.yaml")).unwrap();
    write(folder.path(), "playbooks/._data-breach.yaml", b"\0\x05\x16\x07");
    let before = stamp(folder.path());
    write(folder.path(), "templates/statements/.holding.long.en.hbs", b"{{");
    assert!(load(folder.path(), Need::WithoutMail).is_ok_and(|loaded| loaded.warnings.is_empty()));
    assert_eq!(stamp(folder.path()), before);
    for name in ["playbooks/pipe.yaml", "pipe-secret"] {
        assert!(Command::new("mkfifo").arg(folder.path().join(name)).status().unwrap().success());
    }
    let main = fs::read_to_string(folder.path().join("holdline.yaml")).unwrap();
    let main = main.replace(SAMPLE_KEY_FILE, "pipe-secret");
    write(folder.path(), "holdline.yaml", main.as_bytes());
    let found = lines(&load(folder.path(), Need::WithoutMail).unwrap_err(), folder.path());
    assert!(found.contains("playbooks/pipe.yaml:1:1: this is no file; put a file of text here"), "{found}");
    assert!(found.contains("pipe-secret is no file"), "{found}");
}

/// As the demo's people fill them in.
fn drafted(rules: &Rules, step: &StepId, records: Option<i64>) -> Package {
    let mut facts = BTreeMap::from([
        (FactName::from("discovered_at"), FactValue::Datetime("2026-11-22T18:40:00Z".parse().unwrap())),
        (FactName::from("help_line"), FactValue::Phone("+1 555 010 0100".to_owned())),
        (FactName::from("what_happened"), FactValue::Text("A file was copied.".to_owned())),
    ]);
    facts.extend(records.map(|records| (FactName::from("records_affected"), FactValue::Number(records))));
    let at: Timestamp = AT.parse().unwrap();
    let input = DraftInput {
        step,
        setting: Setting::Live,
        incident_id: 1,
        incident_title: "Patient data breach",
        severity: Severity::Serious,
        opened_at: at,
        facts: &facts,
        spike: None,
        version: 1,
        corrects: None,
        round: None,
    };
    linted(draft(&input, rules, at).unwrap(), rules, Setting::Live, at)
}

#[test]
fn lint_has_nothing_to_say_of_the_samples_statements() {
    let folder = sample_folder();
    let config = load(folder.path(), Need::WithoutMail).unwrap().config;
    let rules = &config.rules["data-breach"];
    let is_statement = |kind: &StepKind| matches!(kind, StepKind::Statement(_));
    let steps: Vec<&StepId> =
        rules.playbook.timeline.iter().filter(|step| is_statement(&step.kind)).map(|step| &step.id).collect();
    assert_eq!(steps.len(), 3);
    for step in steps {
        let package = drafted(rules, step, None);
        assert_eq!(package.findings, [], "{step}: {:#?}", package.variants);
    }
    // A number that a person filled in is asked about, and nothing else.
    let package = drafted(rules, &StepId::from("holding"), Some(1_200));
    let found: Vec<&str> = package.findings.iter().map(|finding| finding.found.as_str()).collect();
    assert_eq!(found, ["1,200"]);
}

#[test]
fn the_sample_speaks_each_channels_language_and_length() {
    let folder = sample_folder();
    let config = load(folder.path(), Need::WithoutMail).unwrap().config;
    let package = drafted(&config.rules["data-breach"], &StepId::from("holding"), None);
    let texts = |channel: &str| -> Vec<String> {
        package.variants_for(&channel.into()).map(holdline::core::statement::Variant::label).collect()
    };
    assert_eq!(texts("website"), ["long text, en", "long text, es"]);
    assert_eq!(texts("bluesky"), ["short text, en"]);
}

#[test]
fn the_samples_talk_is_calm_and_then_spikes() {
    let folder = sample_folder();
    let config = load(folder.path(), Need::WithoutMail).unwrap().config;
    let (_, talk) = sample().iter().find(|(name, _)| *name == "mentions.jsonl").unwrap();
    let mentions: Vec<Mention> = talk.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(mentions.is_sorted_by_key(|mention| mention.published));
    let queries: Vec<Query> = config.watches.iter().map(|watch| watch.query.clone()).collect();
    let matcher = Matcher::new(&queries).unwrap();
    let matching = |watch: &str| -> Vec<usize> {
        let index = config.watches.iter().position(|known| known.name.as_str() == watch).unwrap();
        (0..mentions.len()).filter(|mention| matcher.matches(&mentions[*mention]).contains(&index)).collect()
    };
    let breach = matching("breach");
    let authors =
        |indices: &[usize]| indices.iter().map(|index| mentions[*index].author.clone()).collect::<BTreeSet<_>>().len();
    assert!(breach[0] >= 10, "the talk must begin calm");
    assert!(authors(&breach[..6]) >= 6, "the alarm must come from many voices");
    assert!(authors(&breach) > 10, "the incident must grow serious");
    // Shop talk is no talk of the hospital.
    assert!(matching("hospital").len() < mentions.len());
}

#[test]
fn the_reference_loads_and_explains_every_key() {
    let folder = sample_folder();
    write(folder.path(), "holdline.yaml", DEFAULT.as_bytes());
    let loaded = load(folder.path(), Need::Check).map_err(|problems| lines(&problems, folder.path())).unwrap();
    for warning in &loaded.warnings {
        assert!(warning.message.contains("environment variable"), "{warning}");
    }
    for (table, keys) in TABLES {
        for key in *keys {
            let explained =
                DEFAULT.lines().any(|line| line.contains(&format!("{key}:")) || line.contains(&format!("{key}: ")));
            assert!(explained, "`{key}` of {table} is not in default.yaml");
        }
    }
    let kinds = holdline::feed::KINDS.iter().map(|kind| kind.name);
    let kinds = kinds.chain(holdline::channel::KINDS.iter().map(|kind| kind.name));
    for kind in kinds.chain(holdline::core::detect::KINDS.iter().map(|kind| kind.name)) {
        assert!(DEFAULT.contains(&format!("{kind}:")), "the kind `{kind}` is not in default.yaml");
    }
}

#[test]
fn no_key_of_the_reference_stands_without_a_comment() {
    let keys: Vec<&str> = TABLES.iter().flat_map(|(_, keys)| keys.iter().copied()).collect();
    let mut explained: Vec<&str> = Vec::new();
    let mut above = false;
    for line in DEFAULT.lines().map(str::trim) {
        let key = line.split(':').next().unwrap_or_default();
        if line.starts_with('#') {
            above = true;
        } else if above && keys.contains(&key) {
            explained.push(key);
        } else if keys.contains(&key) && !explained.contains(&key) {
            assert_eq!(key, "password", "no comment above: {line}");
        } else {
            above = false;
        }
    }
}

#[test]
fn what_is_left_out_is_what_the_reference_shows() {
    let folder = laid_over("base");
    let config = load(folder.path(), Need::Run).unwrap().config;
    let root = fs::canonicalize(folder.path()).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.store, root.join("holdline.db"));
    assert_eq!(config.audit.every.to_string(), "6h");
    assert_eq!(config.organisation.stamp, "EXERCISE - NOT REAL");
    assert_eq!(config.mail.unwrap().port, 587);
    assert_eq!(config.roster.person(&"ben".into()).unwrap().reads, ["en"]);
}

#[test]
fn check_goes_on_without_the_secrets_and_run_does_not() {
    let folder = laid_over("secret-missing");
    let loaded = load(folder.path(), Need::Check).map_err(|problems| lines(&problems, folder.path())).unwrap();
    let warnings = lines(&loaded.warnings, folder.path());
    assert!(warnings.starts_with("holdline.yaml:9:22: warning: the environment variable"), "{warnings}");
    load(folder.path(), Need::Run).unwrap_err();
    let folder = laid_over("secrets-of-a-webhook");
    let loaded = load(folder.path(), Need::Check).map_err(|problems| lines(&problems, folder.path())).unwrap();
    assert_eq!(loaded.warnings.len(), 2);
}

#[test]
fn a_secret_in_clear_text_is_shown_by_no_snippet() {
    let lines = [
        "  smtp: { host: smtp.riverside.example, user: x, prot: 587, password: hunter2 }",
        "  smtp: { host: smtp.riverside.example, user: x, password: \"hunter2 }",
        "  smpt: { api-key: hunter2 }",
    ];
    let feeds = [
        "  talk: { rss: \"https://news.example/rss?api_key=hunter2\", evry: 2m }",
        "  talk: { rss: \"https://me:hunter2@news.example/rss\", evry: 2m }",
        "  talk: { webhok: { path: /in/x, secret: hunter2 } }",
    ];
    let folder = laid_over("base");
    let main = fs::read_to_string(folder.path().join("holdline.yaml")).unwrap();
    let (smtp, talk) =
        ("  smtp: { host: smtp.riverside.example }", "  talk: { file: { path: talk.jsonl, follow: true } }");
    let broken =
        lines.map(|line| main.replace(smtp, line)).into_iter().chain(feeds.map(|line| main.replace(talk, line)));
    for text in broken {
        assert!(text.contains("hunter2"));
        write(folder.path(), "holdline.yaml", text.as_bytes());
        let problems = load(folder.path(), Need::Run).unwrap_err();
        let mut shown: String = problems.iter().map(|problem| problem.to_json().to_string()).collect();
        for look in [Look::Marked, Look::Plain, Look::Drawn] {
            report(&problems, look, &mut shown).unwrap();
        }
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("*******"), "{shown}");
    }
}

#[test]
fn a_secret_that_everybody_can_read_is_warned_of() {
    let folder = laid_over("base");
    let main = fs::read_to_string(folder.path().join("holdline.yaml")).unwrap();
    let door = "  door: { webhook: { path: /in/door, secret: { file: door-secret } } }\n";
    let main = main.replace("feeds:\n", &format!("feeds:\n{door}")).replace("[talk]", "[talk, door]");
    write(folder.path(), "holdline.yaml", main.as_bytes());
    write(folder.path(), "door-secret", KEY.as_bytes());
    for (mode, told) in [(0o644, true), (0o604, true), (0o640, false), (0o600, false)] {
        fs::set_permissions(folder.path().join("door-secret"), fs::Permissions::from_mode(mode)).unwrap();
        let warnings = lines(&load(folder.path(), Need::Run).unwrap().warnings, folder.path());
        assert_eq!(
            warnings.contains(
                "holdline.yaml:24:46: warning: everybody on this machine can read the secret's file FOLDER/door-secret; \
                 `chmod 600 FOLDER/door-secret`"
            ),
            told,
            "{mode:o}: {warnings}"
        );
    }
}

#[test]
fn a_folder_without_mail_is_enough_for_the_built_in_mailbox() {
    let folder = laid_over("no-mail");
    assert!(load(folder.path(), Need::WithoutMail).unwrap().config.mail.is_none());
}

#[test]
fn an_incident_without_a_playbook_alerts_and_says_nothing() {
    let folder = sample_folder();
    let config = load(folder.path(), Need::WithoutMail).unwrap().config;
    let none = &config.rules[NONE];
    let (_, alert) = none.playbook.alerts().next().unwrap();
    assert_eq!(alert.to, ["comms-lead".into()]);
    assert_eq!(alert.otherwise, Some("executive".into()));
    assert_eq!(none.playbook.timeline.len(), 1);
    assert!(none.templates.is_empty());
}

#[test]
fn a_change_elsewhere_leaves_a_playbooks_rules_as_they_are() {
    let folder = sample_folder();
    let before = load(folder.path(), Need::WithoutMail).unwrap().config.rules["data-breach"].hash();
    let main = sample()[0].1.replace("  website: {", "  archive: { file: { path: out.jsonl } }\n  website: {");
    write(folder.path(), "holdline.yaml", main.as_bytes());
    assert_eq!(load(folder.path(), Need::WithoutMail).unwrap().config.rules["data-breach"].hash(), before);
    let main = main.replace("Riverside General Hospital", "Riverside General Clinic");
    write(folder.path(), "holdline.yaml", main.as_bytes());
    assert_ne!(load(folder.path(), Need::WithoutMail).unwrap().config.rules["data-breach"].hash(), before);
}

#[test]
fn a_file_at_the_limit_is_read_and_one_byte_more_is_not() {
    let folder = laid_over("base");
    let main = fs::read_to_string(folder.path().join("holdline.yaml")).unwrap();
    let room = usize::try_from(FILE_BYTES_MAX).unwrap() - main.len() - 2;
    let fill = |extra: usize| format!("#{}\n{main}", "x".repeat(room + extra));
    write(folder.path(), "holdline.yaml", fill(0).as_bytes());
    load(folder.path(), Need::Run).unwrap();
    write(folder.path(), "holdline.yaml", fill(1).as_bytes());
    let said = lines(&load(folder.path(), Need::Run).unwrap_err(), folder.path());
    assert_eq!(said, "holdline.yaml:1:1: this file is larger than 1048576 bytes; shorten it, or split it\n");
}

#[test]
fn more_playbooks_than_the_limit_are_refused() {
    let folder = laid_over("base");
    let book = fs::read(folder.path().join("playbooks/breach.yaml")).unwrap();
    for number in 1..PLAYBOOKS_MAX {
        write(folder.path(), &format!("playbooks/copy-{number}.yaml"), &book);
    }
    load(folder.path(), Need::Run).unwrap();
    write(folder.path(), "playbooks/copy-last.yaml", &book);
    let said = lines(&load(folder.path(), Need::Run).unwrap_err(), folder.path());
    assert!(said.starts_with("playbooks:1:1: there are 201 files here, and at most 200 are read"), "{said}");
}

#[test]
fn a_link_that_leads_out_of_the_folder_is_not_followed() {
    let folder = laid_over("base");
    let outside = tempfile::tempdir().unwrap();
    write(outside.path(), "other.yaml", b"title: x\n");
    std::os::unix::fs::symlink(outside.path().join("other.yaml"), folder.path().join("playbooks/other.yaml")).unwrap();
    let said = lines(&load(folder.path(), Need::Run).unwrap_err(), folder.path());
    assert!(said.contains("playbooks/other.yaml:1:1: this leads out of the folder"), "{said}");
}

#[test]
fn a_file_in_another_encoding_is_refused() {
    let folder = laid_over("base");
    write(folder.path(), "playbooks/breach.yaml", b"title: Fuga de informaci\xf3n\n");
    let said = lines(&load(folder.path(), Need::Run).unwrap_err(), folder.path());
    assert!(said.contains("playbooks/breach.yaml:1:1: this file is not UTF-8 text; save it as UTF-8"), "{said}");
}

#[test]
fn yaml_that_multiplies_is_stopped() {
    let folder = laid_over("base");
    let level = |level: usize| {
        let aliases = vec![format!("*a{}", level - 1); 10];
        format!("a{level}: &a{level} [{}]\n", aliases.join(", "))
    };
    let bomb = format!("a0: &a0 [x]\n{}", (1..10).map(level).collect::<String>());
    for text in [bomb, "[".repeat(20_000)] {
        write(folder.path(), "holdline.yaml", text.as_bytes());
        let said = lines(&load(folder.path(), Need::Run).unwrap_err(), folder.path());
        assert!(said.contains("this file holds more, or nests deeper, than Holdline reads"), "{said}");
    }
}

#[test]
fn a_report_draws_for_people_and_lists_for_programs() {
    let folder = laid_over("unknown-role");
    let problems = load(folder.path(), Need::Run).unwrap_err();
    let mut plain = String::new();
    report(&problems, Look::Plain, &mut plain).unwrap();
    assert_eq!(
        plain,
        "playbooks/breach.yaml:11:45: there is no role called `comms`; there are `comms-lead`, `privacy-deputy` and \
         `privacy-officer`\n1 problem\n"
    );
    let mut marked = String::new();
    report(&problems, Look::Marked, &mut marked).unwrap();
    let beneath = "      - task: { id: pause, do: Pause posts, by: comms }\n".len() - "comms }\n".len();
    assert_eq!(
        marked.lines().skip(1).collect::<Vec<_>>(),
        [
            "      - task: { id: pause, do: Pause posts, by: comms }",
            &format!("{}^^^^^", " ".repeat(beneath)),
            "1 problem"
        ]
    );
    let snippet = problems[0].to_json()["snippet"].as_str().unwrap().to_owned();
    assert_eq!(snippet.lines().next(), Some("  - task: { id: pause, do: Pause posts, by: comms }"));
    assert!(snippet.ends_with("\n                                            ^^^^^"), "{snippet}");
    let mut drawn = String::new();
    report(&problems, Look::Drawn, &mut drawn).unwrap();
    assert!(drawn.contains("playbooks/breach.yaml:11:45"), "{drawn}");
    assert!(drawn.contains("by: comms }"), "{drawn}");
}
