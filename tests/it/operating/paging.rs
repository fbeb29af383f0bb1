//! The pager: who is woken by it and when, in which shape, how often at most, and that a test of it says what came of it.

use std::fs;
use std::path::Path;
use std::process::Command;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use holdline::app::{App, Mode};
use holdline::config::{Need, load};
use holdline::core::incident::{Event, MailKind};
use holdline::engine::{Clock, MAILS_PER_HOUR_MAX, MailTaken, ManualClock, PAGES_PER_HOUR_MAX};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::post::{Manner, PostOffice};
use super::running::mail_by;
use crate::peer::{Peer, bare};
use crate::test_app::hospital_folder;

const SECRET: &str = "a secret of the pager, long enough";

/// The hospital with a pager of this shape, whose alerts are woken by these ways.
fn with_pager(folder: &Path, shape: &str, more: &str, url: &str, by: &str) {
    let main = folder.join("holdline.yaml");
    let text = fs::read_to_string(&main).unwrap();
    let pager = format!("\npager: {{ {shape}: {{ file: pager-url }}, private: true{more} }}\n");
    fs::write(&main, text + &pager).unwrap();
    fs::write(folder.join("pager-url"), url).unwrap();
    fs::write(folder.join("pager-secret"), SECRET).unwrap();
    let playbook = folder.join("playbooks/data-breach.yaml");
    let text = fs::read_to_string(&playbook).unwrap();
    let alert = "acknowledge_within: 10m";
    assert!(text.contains(alert), "{text}");
    fs::write(playbook, text.replacen(alert, &format!("by: {by}, {alert}"), 1)).unwrap();
}

struct Paged {
    app: App,
    clock: ManualClock,
    peer: Peer,
    office: PostOffice,
    folder: tempfile::TempDir,
}

impl Paged {
    async fn start(shape: &str, more: &str, by: &str, manner: Manner, answers: Vec<u16>) -> Self {
        let peer = Peer::start(answers.into_iter().map(bare).collect()).await;
        let folder = hospital_folder();
        let office = PostOffice::open(manner).await;
        mail_by(folder.path(), &office.settings);
        with_pager(folder.path(), shape, more, &peer.url("/page"), by);
        let config = load(folder.path(), Need::Run).unwrap_or_else(|problems| panic!("{problems:?}")).config;
        let clock = ManualClock::at("2026-11-22T14:00:00Z".parse().unwrap());
        let app = App::start(config, Mode::Live, Clock::Manual(clock.clone())).await.unwrap();
        Self { app, clock, peer, office, folder }
    }

    /// The program ends and starts again on the same folder.
    async fn restart(self) -> Self {
        let Self { app, clock, peer, office, folder } = self;
        app.stop().await;
        let config = load(folder.path(), Need::Run).unwrap_or_else(|problems| panic!("{problems:?}")).config;
        let app = App::start(config, Mode::Live, Clock::Manual(clock.clone())).await.unwrap();
        Self { app, clock, peer, office, folder }
    }

    async fn open(&self) -> u32 {
        let opened = self.app.engine.open(&"data-breach".into(), &"ana".into(), "a call came in".to_owned()).await;
        self.app.engine.settled().await.unwrap();
        opened.unwrap()
    }

    async fn seconds_go_by(&self, seconds: i64) {
        self.clock.set(self.clock.now() + SignedDuration::from_secs(seconds));
        self.app.engine.settled().await.unwrap();
    }

    fn pages(&self) -> Vec<Value> {
        self.peer.heard().iter().map(|heard| serde_json::from_slice(&heard.body).unwrap()).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_that_says_so_is_paged_once_and_signed() {
    let secret = ", secret: { file: pager-secret }";
    let ward = Paged::start("webhook", secret, "[mail, page]", Manner::Takes, vec![200]).await;
    ward.open().await;
    let heard = ward.peer.heard();
    assert_eq!(heard.len(), 1, "two people are mailed, and the pager is called once");
    let page = &ward.pages()[0];
    let (key, timestamp) = (heard[0].header("webhook-id"), heard[0].header("webhook-timestamp"));
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("{key}.{timestamp}.").as_bytes());
    mac.update(&heard[0].body);
    assert_eq!(heard[0].header("webhook-signature"), format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())));
    let title = page["title"].as_str().unwrap();
    assert!(title.starts_with("[Elevated] ") && title.ends_with(": Patient data breach"), "{title}");
    assert_eq!((&page["incident"], &page["severity"], &page["key"]), (&json!(1), &json!("elevated"), &json!(key)));
    assert!(page["url"].as_str().unwrap().ends_with("/incident/1"));
    ward.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slack_and_teams_get_what_they_read() {
    let slack = Paged::start("slack", "", "[page]", Manner::Takes, vec![200]).await;
    slack.open().await;
    let text = slack.pages()[0]["text"].as_str().unwrap().to_owned();
    assert!(text.starts_with("*[Elevated] ") && text.contains(": Patient data breach*\nAna Ruiz has opened"), "{text}");
    assert!(text.contains("/incident/1|Open it in Holdline>"), "{text}");
    slack.app.stop().await;
    let teams = Paged::start("teams", "", "[page]", Manner::Takes, vec![202]).await;
    teams.open().await;
    let card = &teams.pages()[0]["attachments"][0];
    assert_eq!(card["contentType"], "application/vnd.microsoft.card.adaptive");
    assert!(card["content"]["body"][0]["text"].as_str().unwrap().ends_with(": Patient data breach"), "{card}");
    assert!(card["content"]["actions"][0]["url"].as_str().unwrap().ends_with("/incident/1"));
    teams.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_pager_does_not_take_is_sent_again_under_the_same_key() {
    let ward = Paged::start("webhook", "", "[page]", Manner::Takes, vec![500, 503, 200]).await;
    ward.open().await;
    ward.seconds_go_by(60).await;
    ward.seconds_go_by(60).await;
    ward.seconds_go_by(60).await;
    let pages = ward.pages();
    assert_eq!(pages.len(), 3, "it is taken at last, and then no more is sent");
    assert!(pages.iter().all(|page| page["key"] == pages[0]["key"]), "{pages:?}");
    ward.app.stop().await;
}

/// Lets everybody have had the most mails of this kind in this hour.
async fn fill(ward: &Paged, kind: MailKind) {
    let people: Vec<_> = ward.app.engine.standing().roster.people.keys().cloned().collect();
    for who in people {
        let mut taken = 0;
        while let MailTaken::Counted(_) = {
            let to = who.clone();
            ward.app.engine.call(move |work| work.take_mail(&to, kind, MAILS_PER_HOUR_MAX)).await.unwrap()
        } {
            taken += 1;
        }
        assert!(taken <= MAILS_PER_HOUR_MAX);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_waits_behind_no_other_mail_and_one_that_the_hour_keeps_back_is_paged() {
    let mut ward = Paged::start("webhook", "", "[mail]", Manner::Takes, vec![200; 20]).await;
    fill(&ward, MailKind::Notice).await;
    fill(&ward, MailKind::Ask).await;
    ward.open().await;
    ward.office.letter(|letter| letter.subject.starts_with("[Elevated]").then_some(())).await;
    assert_eq!(ward.pages().len(), 0, "it is mailed");
    fill(&ward, MailKind::Alert).await;
    ward.open().await;
    assert_eq!(ward.pages().len(), 1, "the pager stands in for mail once for this ring");
    ward.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_paged_where_no_mail_was_taken_for_five_minutes() {
    let ward = Paged::start("webhook", "", "[mail]", Manner::Full, vec![200; 20]).await;
    ward.open().await;
    for _ in 0..9 {
        ward.seconds_go_by(30).await;
    }
    assert_eq!(ward.pages().len(), 0, "four and a half minutes are not enough");
    for _ in 0..10 {
        ward.seconds_go_by(30).await;
    }
    assert_eq!(ward.pages().len(), 1, "two people wait for mail: one page for this ring");
    for _ in 0..10 {
        ward.seconds_go_by(30).await;
    }
    assert_eq!(ward.pages().len(), 2, "it rang once more after ten minutes, and that is paged, too");
    ward.app.engine.record(1, Event::Claimed { by: "ana".into() }).await.unwrap();
    for _ in 0..40 {
        ward.seconds_go_by(60).await;
    }
    assert_eq!(ward.pages().len(), 2, "somebody has it: nobody else is woken");
    ward.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wait_for_a_page_in_place_of_mail_does_not_begin_anew_with_a_restart() {
    let mut ward = Paged::start("webhook", "", "[mail]", Manner::Full, vec![200; 20]).await;
    ward.open().await;
    for _ in 0..3 {
        for _ in 0..3 {
            ward.seconds_go_by(30).await;
        }
        ward = ward.restart().await;
    }
    assert_eq!(ward.pages().len(), 0, "four and a half minutes are not enough");
    for _ in 0..6 {
        ward.seconds_go_by(30).await;
    }
    assert_eq!(ward.pages().len(), 1, "five minutes have gone by, whatever was restarted in them");
    ward.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_flood_of_pages_leaves_in_one_hour() {
    let most = usize::try_from(PAGES_PER_HOUR_MAX).unwrap();
    let ward = Paged::start("webhook", "", "[page]", Manner::Takes, vec![200; 3 * most]).await;
    for _ in 0..=most {
        ward.open().await;
    }
    assert_eq!(ward.pages().len(), most, "one more waits");
    ward.seconds_go_by(59 * 60).await;
    assert_eq!(ward.pages().len(), most);
    ward.seconds_go_by(60).await;
    assert!(ward.pages().len() > most, "with the next hour it goes out");
    ward.app.stop().await;
}

fn check(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdline"));
    let output = command.arg("check").args(arguments).current_dir(folder).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code(), said)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_of_both_ways_says_what_came_of_each() {
    let peer = Peer::start(vec![bare(200), bare(404)]).await;
    let folder = hospital_folder();
    let mut office = PostOffice::open(Manner::Takes).await;
    mail_by(folder.path(), &office.settings);
    with_pager(folder.path(), "webhook", "", &peer.url("/page"), "[mail, page]");
    let home = folder.path().to_owned();
    let (code, said) = tokio::task::spawn_blocking(move || check(&home, &["--send-test"])).await.unwrap();
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("took the test mail to it@riverside.example") && said.contains("took the test page"),
        "{said}"
    );
    let subject = office.letter(|letter| (letter.to == "it@riverside.example").then(|| letter.subject.clone())).await;
    assert_eq!(subject, "Holdline: a test of its mail");
    assert_eq!(peer.heard().len(), 1);
    let home = folder.path().to_owned();
    let (code, said) = tokio::task::spawn_blocking(move || check(&home, &["--send-test"])).await.unwrap();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("The test page did not go out: it refused the page"), "{said}");
}

#[test]
fn a_pager_that_cannot_be_is_named_with_its_place() {
    let folder = hospital_folder();
    with_pager(folder.path(), "webhook", ", slack: { file: pager-url }", "https://hooks.example/x", "[mail]");
    let (code, said) = check(folder.path(), &[]);
    assert!(code == Some(1) && said.contains("a pager has exactly one place that it pages"), "{said}");
    let folder = hospital_folder();
    with_pager(folder.path(), "slack", ", secret: { file: pager-secret }", "https://hooks.example/x", "[mail]");
    let (code, said) = check(folder.path(), &[]);
    assert!(code == Some(1) && said.contains("only a `webhook` is signed"), "{said}");
    let folder = hospital_folder();
    with_pager(folder.path(), "slack", "", "ftp://hooks.example/x", "[smoke]");
    let (code, said) = check(folder.path(), &[]);
    assert!(code == Some(1) && said.contains("is not a web address") && said.contains("by `smoke`"), "{said}");
    let folder = hospital_folder();
    with_pager(folder.path(), "slack", "", "https://hooks.example/x", "[page]");
    let main = folder.path().join("holdline.yaml");
    let text = fs::read_to_string(&main).unwrap();
    let without: Vec<&str> = text.lines().filter(|line| !line.starts_with("pager:")).collect();
    fs::write(&main, without.join("\n")).unwrap();
    let (code, said) = check(folder.path(), &[]);
    assert!(code == Some(1) && said.contains("there is no pager that could be used"), "{said}");
    assert!(said.contains("playbooks/data-breach.yaml:"), "{said}");
}
