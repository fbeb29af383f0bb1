//! What somebody begins with: the folder that `init` makes, the schemas, the reference, manual pages and completions.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use holdline::config::{Schema, StartFor, TABLES, kind_settings, reference, schema, start};
use holdline::{channel, core::detect, feed};
use serde_json::Value;

fn holdline(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_holdline")).args(arguments).current_dir(folder).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn init_makes_a_folder_that_check_passes_at_once() {
    for who in ["hospital", "organisation"] {
        let place = tempfile::tempdir().unwrap();
        let made = holdline(&["init", "--for", who, "ours"], place.path());
        assert!(made.status.success(), "{}", said(&made));
        let checked = holdline(&["check", "ours", "--json"], place.path());
        let lines = String::from_utf8(checked.stdout.clone()).unwrap();
        let weights: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(checked.status.success(), "{who}: {lines}");
        assert_eq!(weights.len(), 1, "{who}: only the password of the mail server is yet to come: {lines}");
        assert!(weights[0]["message"].as_str().unwrap().contains("smtp-password is not there"), "{lines}");
        assert_eq!(weights[0]["weight"], "warning");
        for key in ["audit-key", "webhook-secret"] {
            let path = place.path().join("ours").join(key);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{key}");
            assert_eq!(fs::read_to_string(&path).unwrap().trim().len(), 64);
            let ignored = fs::read_to_string(place.path().join("ours/.gitignore")).unwrap();
            assert!(ignored.lines().any(|line| line == key), "{key} would get into git");
        }
        assert!(fs::read_to_string(place.path().join("ours/README.md")).unwrap().contains("holdline check"));
    }
}

#[test]
fn init_writes_nothing_over_and_two_folders_share_no_key() {
    let place = tempfile::tempdir().unwrap();
    for name in ["one", "two"] {
        assert!(holdline(&["init", name], place.path()).status.success());
    }
    let key = |name: &str| fs::read_to_string(place.path().join(name).join("audit-key")).unwrap();
    assert_ne!(key("one"), key("two"));
    let before = key("one");
    let again = holdline(&["init", "one"], place.path());
    assert_eq!(again.status.code(), Some(1));
    assert!(said(&again).contains("nothing is written over"), "{}", said(&again));
    assert_eq!(key("one"), before);
    // One file is enough, and a link counts wherever it leads: nothing else is written then.
    let other = place.path().join("other");
    fs::create_dir(&other).unwrap();
    std::os::unix::fs::symlink("/nowhere", other.join("audit-key")).unwrap();
    assert!(!holdline(&["init", "other"], place.path()).status.success());
    assert_eq!(fs::read_dir(&other).unwrap().count(), 1);
}

/// Compares a kept file with what is made now; `HOLDLINE_BLESS=1` writes it.
fn is_current(name: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("HOLDLINE_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, made).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == made, "{name} is not current; HOLDLINE_BLESS=1 writes it");
}

#[test]
fn the_schemas_and_the_reference_that_are_kept_are_current() {
    for (name, of) in [("config", Schema::Config), ("playbook", Schema::Playbook), ("scenario", Schema::Scenario)] {
        let printed = holdline(&["schema", name], Path::new("/"));
        assert_eq!(String::from_utf8(printed.stdout).unwrap(), format!("{:#}\n", schema(of)));
        is_current(&format!("docs/schema/{name}.json"), &format!("{:#}\n", schema(of)));
    }
    is_current("docs/reference.md", &reference());
}

/// Every key that a schema names, and whether each says what it is.
fn properties(schema: &Value, found: &mut BTreeSet<String>) {
    if let Some(named) = schema.get("properties").and_then(Value::as_object) {
        for (key, about) in named {
            let words = about.get("description").and_then(Value::as_str).unwrap_or_default();
            let described = !words.is_empty() || about.get("$ref").is_some();
            assert!(described, "`{key}` does not say what it is");
            found.insert(key.clone());
        }
    }
    match schema {
        Value::Object(parts) => parts.values().for_each(|part| properties(part, found)),
        Value::Array(parts) => parts.iter().for_each(|part| properties(part, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_schemas_know_every_key() {
    let mut named = BTreeSet::new();
    properties(&schema(Schema::Config), &mut named);
    properties(&schema(Schema::Playbook), &mut named);
    properties(&schema(Schema::Scenario), &mut named);
    for (table, keys) in TABLES {
        for key in *keys {
            assert!(named.contains(*key), "the key `{key}` of {table} is in no schema");
        }
    }
    for kind in detect::KINDS {
        assert!(named.contains(kind.name), "{}", kind.name);
    }
}

/// What a kind says of a setting that no kind has: it lists those that there are.
fn known_to_serde(error: &str) -> BTreeSet<String> {
    error.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_kind_tells_in_its_docs_which_settings_it_takes() {
    let strange = || serde_json::json!({ "a setting of no kind": 1 });
    for kind in feed::KINDS {
        let error = (kind.parse)(&mut <dyn erased_serde::Deserializer<'_>>::erase(strange())).unwrap_err().to_string();
        let told: BTreeSet<String> = kind_settings(kind.docs).into_iter().map(|(name, _)| name.to_owned()).collect();
        assert_eq!(told, known_to_serde(&error), "the feed {}: {error}", kind.name);
    }
    for kind in channel::KINDS {
        let mut settings = <dyn erased_serde::Deserializer<'_>>::erase(strange());
        let error = (kind.parse)(&mut settings, Some("en".to_owned())).unwrap_err().to_string();
        let told: BTreeSet<String> = kind_settings(kind.docs).into_iter().map(|(name, _)| name.to_owned()).collect();
        assert_eq!(told, known_to_serde(&error), "the channel {}: {error}", kind.name);
    }
}

#[test]
fn check_says_what_its_exit_codes_mean_and_tells_editors_where() {
    let help = said(&holdline(&["check", "--help"], Path::new("/")));
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("Exit codes: 0 nothing that stops Holdline") && help.contains("end_column"), "{help}");
    let place = tempfile::tempdir().unwrap();
    for (name, text) in start(StartFor::Hospital) {
        let path = place.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text.replace("by: comms-lead, within: 10m }", "by: coms-lead, within: 10m }")).unwrap();
    }
    fs::write(place.path().join("audit-key"), "0123456789abcdef0123456789abcdef").unwrap();
    fs::write(place.path().join("webhook-secret"), "0123456789abcdef0123456789abcdef").unwrap();
    let output = holdline(&["check", "--json"], place.path());
    assert_eq!(output.status.code(), Some(1));
    let lines = String::from_utf8(output.stdout).unwrap();
    let problems: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let error = problems.iter().find(|problem| problem["weight"] == "error").unwrap();
    assert_eq!(error["file"], "playbooks/data-breach.yaml");
    let width = error["end_column"].as_u64().unwrap() - error["column"].as_u64().unwrap();
    assert_eq!(width, 9, "`coms-lead` is what is wrong: {error}");
    assert_eq!(error["help"], "did you mean `comms-lead`?");
    let wrong = holdline(&["check", "--no-such-option"], place.path());
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn manual_pages_and_completions_are_made_for_every_command() {
    let place = tempfile::tempdir().unwrap();
    let made = holdline(&["man", "pages"], place.path());
    assert!(made.status.success(), "{}", said(&made));
    for name in ["holdline.1", "holdline-check.1", "holdline-init.1", "holdline-audit-verify.1"] {
        let page = fs::read_to_string(place.path().join("pages").join(name)).unwrap();
        assert!(page.contains(".SH NAME"), "{name}: {page}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let script = holdline(&["completions", shell], place.path());
        let text = String::from_utf8(script.stdout).unwrap();
        assert!(script.status.success() && text.contains("stop-posting") && text.contains("init"), "{shell}: {text}");
    }
}
