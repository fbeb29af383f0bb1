//! `holdline run --dry-run`: the daemon with the real folder, stamped through and through, whose words reach nobody.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use holdline::config::{Need, load, sample};
use holdline::core::incident::{PostPhase, StatementPhase};
use holdline::core::setting::Setting;
use reqwest::StatusCode;

use crate::test_app::{TestApp, hospital_folder};

const STAMP: &str = "EXERCISE - NOT REAL";

/// A dry run whose staff statement is on the stage, and whose holding statement waits for approval.
pub(super) async fn asked() -> TestApp {
    let mut app = TestApp::start_dry().await;
    app.spike(6).await;
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/verify", &[("verdict", "real")]).await;
    ana.does("/incident/1/claim", &[]).await;
    app.settle().await;
    app.approve("eve").await;
    ana.does("/incident/1/fact/help_line", &[("value", "+1 555 010 0100"), ("press", "confirm")]).await;
    let chi = app.sign_in("chi").await;
    chi.does("/incident/1/fact/discovered_at", &[("value", "2026-11-22 08:40"), ("press", "confirm")]).await;
    app.settle().await;
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_goes_the_whole_way_and_nothing_of_it_is_outside() {
    let app = asked().await;
    assert_eq!(app.incident(1).setting, Setting::Rehearsal);
    for who in ["chi", "dev", "eve"] {
        app.approve(who).await;
    }
    let incident = app.incident(1);
    let staff = incident.statements["staff"].posting().unwrap();
    let PostPhase::Confirmed { url, .. } = &staff.posts["staff-board"] else { panic!("{staff:?}") };
    assert!(url.starts_with("rehearsal:staff-board/"), "{url}");
    assert!(!app.file("staff-board.jsonl").exists(), "the live channel was called");
    assert!(!app.file("holdline.db").exists(), "the live store was opened");
    assert!(app.file("holdline.rehearsal.db").exists());
    let holding = &incident.statements["holding"];
    assert!(matches!(holding.phase, StatementPhase::Posting(_)), "a person is still asked to post by hand");
    for version in incident.statements.values().flat_map(|statement| &statement.versions) {
        assert!(version.package.variants.iter().all(|variant| variant.body.contains(STAMP)), "{version:?}");
    }
    let letters = app.mailbox.all();
    assert!(letters.len() > 10);
    for letter in &letters {
        let letter = &letter.letter;
        assert!(letter.subject.starts_with("[EXERCISE] "), "{}", letter.subject);
        assert!(letter.text.contains(STAMP) && letter.html.contains(STAMP), "{}", letter.subject);
    }
    let by_hand = app.letters("ana", "Post by hand");
    assert!(by_hand[0].letter.text.contains("POST IT NOWHERE") && by_hand[0].letter.html.contains("Post this nowhere"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsals_newsroom_is_shown_to_nobody_outside() {
    let app = asked().await;
    for who in ["chi", "dev", "eve"] {
        app.approve(who).await;
    }
    for path in ["/newsroom", "/newsroom/feed.atom", "/newsroom/1/holding"] {
        let answer = app.get(path).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
        assert_eq!(answer.headers()["x-robots-tag"], "noindex", "{path}");
    }
    let ana = app.sign_in("ana").await;
    let page = ana.text("/newsroom/1/holding").await;
    assert!(page.contains("<title>[EXERCISE]") && page.matches(STAMP).count() > 1, "{page}");
    assert!(ana.text("/").await.contains(STAMP), "every page says what it is");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_front_door_of_a_dry_run_speaks_of_no_demo() {
    let app = TestApp::start_dry().await;
    let page = app.get("/demo").await.text().await.unwrap();
    let main = page.split("<main").nth(1).unwrap();
    assert!(main.contains("<h1>The rehearsal</h1>") && main.contains("open an incident by hand"), "{main}");
    assert!(!main.contains("sample feed") && !page.contains(">Demo<"), "{page}");
}

#[test]
fn no_credential_of_a_channel_is_read_and_none_at_all_in_the_terminal() {
    let folder = hospital_folder();
    let main = folder.path().join("holdline.yaml");
    let text = fs::read_to_string(&main).unwrap().replace(
        "  website: { newsroom: {} }",
        "  website: { newsroom: {} }\n  cms: { webhook: { url: \"https://cms.example/\", secret: { file: cms-secret } } }",
    );
    fs::write(&main, text).unwrap();
    load(folder.path(), Need::WithoutMail).expect_err("a live run needs the secret");
    let dry = load(folder.path(), Need::DryRun).unwrap().config;
    assert_eq!(dry.store, fs::canonicalize(folder.path()).unwrap().join("holdline.rehearsal.db"));
    assert!(dry.mail.is_none());
    // A secret that is there is not taken up either.
    let secret = "a credential that no rehearsal may hold";
    fs::write(folder.path().join("cms-secret"), secret).unwrap();
    let held = |need| {
        let channel = load(folder.path(), need).unwrap().config.channels.remove("cms").unwrap();
        format!("{channel:?}")
    };
    assert_eq!(held(Need::DryRun), held(Need::Rehearsal));
    for file in ["webhook-secret", "audit-key", "cms-secret"] {
        fs::remove_file(folder.path().join(file)).unwrap();
    }
    load(folder.path(), Need::DryRun).expect_err("a dry run listens, and needs what its feeds need");
    load(folder.path(), Need::Rehearsal).unwrap();
}

fn sample_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in sample() {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::write(folder.path().join("audit-key"), "an audit key of the tests, which is long enough").unwrap();
    folder
}

#[test]
fn run_without_mail_names_the_dry_run_which_starts_on_this_machine_alone() {
    let folder = sample_folder();
    let main = folder.path().join("holdline.yaml");
    let text = fs::read_to_string(&main).unwrap();
    fs::write(&main, text.replace("listen: 127.0.0.1:8080", "listen: 0.0.0.0:8080")).unwrap();
    let holdline = |arguments: &[&str], folder: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdline"));
        command.args(arguments).current_dir(folder);
        command
    };
    let refused = holdline(&["run"], folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(1) && said.contains("`holdline run --dry-run`"), "{said}");
    let mut dry = holdline(&["run", "--dry-run", "--port", "0"], folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(dry.stdout.take().unwrap()).lines();
    let mailbox = lines.map(Result::unwrap).find(|line| line.contains("/mailbox")).expect("it says where mail is");
    let address = mailbox.split("http://").nth(1).unwrap().trim_end_matches("/mailbox").to_owned();
    assert!(address.starts_with("127.0.0.1:") && !address.ends_with(":0"), "{mailbox}");
    let page = std::net::TcpStream::connect(&address);
    assert!(page.is_ok());
    let ended = Command::new("kill").arg(dry.id().to_string()).status().unwrap();
    assert!(ended.success() && dry.wait().unwrap().success(), "it ends as it is asked to");
}
