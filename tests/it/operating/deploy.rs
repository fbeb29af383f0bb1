//! What `deploy/` holds, against the tools that read it and against the program: unit, container, package, rules, dashboard.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::has;
use crate::test_app::TestApp;

fn deployed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name)
}

/// Runs a tool that must be content, and gives what it said.
fn content(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {said}");
    said
}

/// In tenths, as the tool counts it: the least exposed of units.
const EXPOSURE_MAX: &str = "15";

#[test]
fn the_unit_shuts_everything_that_it_does_not_need() {
    if !has("systemd-analyze", "systemd") {
        return;
    }
    let mut analyse = Command::new("systemd-analyze");
    analyse.args(["security", "--offline=true", "--no-pager", "--threshold", EXPOSURE_MAX]);
    content(analyse.arg(deployed("holdline.service")));
    let unit = fs::read_to_string(deployed("holdline.service")).unwrap();
    for line in ["Type=notify", "WatchdogSec=", "LoadCredential=audit-key:", "ProtectSystem=strict", "User=holdline"] {
        assert!(unit.lines().any(|there| there.starts_with(line)), "{line} is not in the unit");
    }
}

/// Stops of systemd and of containers must be longer than the program takes to stop.
#[test]
fn whoever_stops_it_waits_for_as_long_as_it_takes() {
    let unit = fs::read_to_string(deployed("holdline.service")).unwrap();
    let stop: u64 = unit.lines().find_map(|line| line.strip_prefix("TimeoutStopSec=")).unwrap().parse().unwrap();
    assert!(stop > 2 * holdline::engine::STOP_WITHIN.as_secs());
}

#[test]
fn the_alert_rules_are_rules_and_do_what_their_tests_say() {
    if has("promtool", "prometheus") {
        content(Command::new("promtool").args(["check", "rules"]).arg(deployed("prometheus/alerts.yaml")));
        content(Command::new("promtool").args(["test", "rules"]).arg(deployed("prometheus/alerts_test.yaml")));
    }
    let (rules, tests) = ("prometheus/alerts.yaml", "prometheus/alerts_test.yaml");
    let tests = fs::read_to_string(deployed(tests)).unwrap();
    for line in fs::read_to_string(deployed(rules)).unwrap().lines() {
        if let Some(alert) = line.trim().strip_prefix("- alert: ") {
            assert!(tests.matches(&format!("alertname: {alert}")).count() >= 2, "{alert} is not tested both ways");
        }
    }
}

/// Every expression of the dashboard, with its panel's title.
fn expressions(dashboard: &Value) -> Vec<(String, String)> {
    let panels = dashboard["panels"].as_array().unwrap();
    let targets =
        panels.iter().flat_map(|panel| panel["targets"].as_array().into_iter().flatten().map(move |t| (panel, t)));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    targets.map(|(panel, target)| (text(&panel["title"]), text(&target["expr"]))).collect()
}

/// The names of ours in a query.
fn named(query: &str) -> BTreeSet<String> {
    let words = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("holdline_")).map(str::to_owned).collect()
}

#[test]
fn the_dashboard_is_whole() {
    let dashboard: Value =
        serde_json::from_str(&fs::read_to_string(deployed("grafana/holdline.json")).unwrap()).unwrap();
    let mut ids = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "two panels have one number: {panel}");
        let place = &panel["gridPos"];
        assert!(place["x"].as_u64().unwrap() + place["w"].as_u64().unwrap() <= 24, "it does not fit: {panel}");
        if panel["type"] == "row" {
            continue;
        }
        for said in ["title", "description"] {
            assert!(!panel[said].as_str().unwrap().is_empty(), "a panel without {said}: {panel}");
        }
        assert_eq!(panel["datasource"], json!({ "type": "prometheus", "uid": "${datasource}" }), "{panel}");
        assert!(["stat", "timeseries"].contains(&panel["type"].as_str().unwrap()), "{panel}");
    }
    assert_eq!(dashboard["templating"]["list"][0]["name"], "datasource");
    if !has("promtool", "prometheus") {
        return;
    }
    // As rules, so that the tool reads each expression.
    let rules: Vec<Value> = expressions(&dashboard)
        .into_iter()
        .enumerate()
        .map(|(number, (_, expr))| json!({ "record": format!("panel:number{number}:expr"), "expr": expr }))
        .collect();
    let groups = json!({ "groups": [{ "name": "dashboard", "rules": rules }] });
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rules.yaml"), groups.to_string()).unwrap();
    content(Command::new("promtool").args(["check", "rules"]).arg(folder.path().join("rules.yaml")));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_number_that_is_watched_exists_and_every_number_is_watched() {
    let app = TestApp::start().await;
    let told = app.sign_in("ana").await.text("/metrics").await;
    let mut families = BTreeSet::new();
    for line in told.lines() {
        if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            families.insert(name.to_owned());
            if kind == "histogram" {
                families.extend(["_bucket", "_sum", "_count"].map(|part| format!("{name}{part}")));
            }
        }
    }
    let dashboard: Value =
        serde_json::from_str(&fs::read_to_string(deployed("grafana/holdline.json")).unwrap()).unwrap();
    let shown: BTreeSet<String> = expressions(&dashboard).iter().flat_map(|(_, expr)| named(expr)).collect();
    let alerts = named(&fs::read_to_string(deployed("prometheus/alerts.yaml")).unwrap());
    for name in shown.iter().chain(&alerts) {
        assert!(families.contains(name), "{name} is watched and nowhere told");
    }
    let parts = ["_bucket", "_sum", "_count", "commit_seconds"];
    for name in families.iter().filter(|name| !parts.iter().any(|part| name.ends_with(part))) {
        assert!(shown.contains(name), "{name} is told and on no panel");
    }
}

/// Without a daemon that builds it: every instruction is one, and what is copied is there.
#[test]
fn the_container_file_is_sound_as_far_as_it_can_be_told_here() {
    let text = fs::read_to_string(deployed("Containerfile")).unwrap().replace("\\\n", " ");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut stages, mut user) = (Vec::new(), None);
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (instruction, rest) = line.split_once(' ').unwrap();
        let words: Vec<&str> = rest.split_whitespace().collect();
        match instruction {
            "FROM" => {
                let image = words[0];
                assert!(image.contains(':') && !image.ends_with(":latest"), "{image} is whatever it is that day");
                stages.push(words.last().copied().unwrap());
            }
            "COPY" if words[0].starts_with("--from=") => {
                assert!(stages.contains(&words[0].trim_start_matches("--from=")), "{line}");
            }
            "COPY" => {
                for source in &words[..words.len() - 1] {
                    assert!(root.join(source).exists(), "{source} is copied and is not there");
                }
            }
            "USER" => user = Some(words[0]),
            "HEALTHCHECK" => drop(serde_json::from_str::<Value>(rest.split_once("CMD ").unwrap().1).unwrap()),
            "ENTRYPOINT" | "CMD" => drop(serde_json::from_str::<Vec<String>>(rest).unwrap()),
            "RUN" | "WORKDIR" | "VOLUME" | "EXPOSE" | "ENV" | "STOPSIGNAL" => {}
            other => panic!("{other} is no instruction that is used here"),
        }
    }
    assert!(user.is_some_and(|user| !user.starts_with('0') && user != "root"), "it would run as root");
    let sources = fs::read_to_string(root.join("src/web/pages.rs")).unwrap();
    assert!(sources.contains("include_str!"), "pages are in the program: no other file is copied into the image");
}

#[test]
fn the_debian_package_is_made_and_lintian_has_nothing_to_say() {
    if !has("lintian", "lintian") || !has("dpkg-shlibdeps", "dpkg-dev") || !has("strip", "binutils") {
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let mut build = Command::new(deployed("debian/build"));
    let made = content(build.env("COMPRESSION", "0").arg(env!("CARGO_BIN_EXE_holdline")).arg(out.path()));
    let package = made.lines().last().unwrap();
    // As root the tool warns of itself, not of the package.
    let said = content(Command::new("lintian").args(["--fail-on", "error,warning", "--allow-root"]).arg(package));
    let findings = said.lines().filter(|line| line.starts_with("E:") || line.starts_with("W:"));
    assert_eq!(findings.count(), 0, "{said}");
    let listed = content(Command::new("dpkg-deb").arg("--contents").arg(package));
    for path in [
        "./usr/bin/holdline",
        "./usr/lib/systemd/system/holdline.service",
        "./usr/lib/sysusers.d/holdline.conf",
        "./usr/share/man/man1/holdline.1.gz",
        "./usr/share/man/man1/holdline-run.1.gz",
        "./usr/share/bash-completion/completions/holdline",
    ] {
        assert!(listed.lines().any(|line| line.ends_with(path)), "{path} is not in the package:\n{listed}");
    }
    let about = content(Command::new("dpkg-deb").arg("--info").arg(package));
    assert!(about.contains("Depends: libc6") && about.contains("ca-certificates"), "{about}");
}
