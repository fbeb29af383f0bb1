//! Nothing that is secret is ever written where operators look: the whole chain is played by the built program, with a
//! canary in every place that must stay shut, and everything that it wrote is searched for each of them.

use std::fs;
use std::path::Path;

use reqwest::{Client, StatusCode};
use rustix::process::Signal;
use serde_json::{Value, json};

use super::post::{Arrived, Manner, PostOffice};
use super::running::{Running, address_in, mail_by};
use crate::test_app::{WEBHOOK_SECRET, hospital_folder};

const AUDIT_KEY: &str = "an audit key of the tests, which is long enough";
/// In a feed, a channel, a broken file, mentions, a fact, a wrong code, an address that nobody has, and a refused delivery.
const PLANTED: &[&str] = &[
    "canary-token-of-mastodon",
    "canary-secret-of-the-cms-which-is-long",
    "canary-in-a-broken-file",
    "quokka",
    "canary-voice",
    "555 010 7777",
    "CNRY99",
    "canary@nowhere.example",
    "canary-in-a-refused-delivery",
    "canary-in-a-forged-link",
];
/// Words of the shipped drafts.
const DRAFTED: &[&str] =
    &["looking into claims", "privacy and security teams", "Do not open a record", "call us. Please do not post"];

fn folder(office: &PostOffice) -> tempfile::TempDir {
    let folder = hospital_folder();
    let main = folder.path().join("holdline.yaml");
    let text = fs::read_to_string(&main).unwrap();
    let text = text.replace("url: http://127.0.0.1:0 }", "url: http://127.0.0.1:0, metrics: 127.0.0.1:0 }");
    let cms = "cms: { webhook: { url: https://cms.invalid/holdline, secret: { env: CMS_SECRET } } }";
    let social = "social: { mastodon: { server: https://social.invalid, token: { env: SOCIAL_TOKEN } }, language: en }";
    fs::write(&main, text.replace("channels:\n", &format!("channels:\n  {cms}\n  {social}\n"))).unwrap();
    mail_by(folder.path(), &office.settings);
    folder
}

/// A letter's link, as a path, and the code beside it.
fn link(letter: &Arrived, path: &str) -> Option<(String, String)> {
    let token = letter.text.split(path).nth(1)?.split_whitespace().next()?;
    let code = letter.text.split("Type this code there: ").nth(1)?.split_whitespace().next()?;
    Some((format!("{path}{token}"), code.to_owned()))
}

struct Play {
    running: Running,
    office: PostOffice,
    folder: tempfile::TempDir,
    /// Every link's token, code and cookie that was met on the way.
    met: Vec<String>,
}

impl Play {
    /// The first letter to somebody with such a link that was not met before.
    async fn letter(&mut self, who: &str, path: &str) -> (String, String) {
        let email = format!("{who}@riverside.example");
        let (found, code) = self.office.letter(|letter| link(letter, path).filter(|_| letter.to == email)).await;
        self.met.extend([found[path.len()..].to_owned(), code.clone()]);
        (found, code)
    }

    async fn sign_in(&mut self, who: &str) -> Client {
        let client = Client::builder().cookie_store(true).redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let email = format!("{who}@riverside.example");
        client.post(self.running.url("/sign-in")).form(&[("email", &email)]).send().await.unwrap();
        let (path, code) = self.letter(who, "/sign-in/").await;
        let entered = client.post(self.running.url(&path)).form(&[("code", &code)]).send().await.unwrap();
        assert_eq!(entered.status(), StatusCode::SEE_OTHER);
        let cookie = entered.headers()["set-cookie"].to_str().unwrap();
        self.met.push(cookie.split(['=', ';']).nth(1).unwrap().to_owned());
        client
    }

    async fn post(&self, by: &Client, path: &str, form: &[(&str, &str)]) -> StatusCode {
        by.post(self.running.url(path)).form(form).send().await.unwrap().status()
    }

    async fn does(&self, by: &Client, path: &str, form: &[(&str, &str)]) {
        assert_eq!(self.post(by, path, form).await, StatusCode::SEE_OTHER, "{path}");
    }

    async fn approve(&mut self, who: &str) {
        let anybody = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        loop {
            let (path, code) = self.letter(who, "/a/").await;
            let wrong = [("code", "CNRY99"), ("press", "approve"), ("words", "")];
            match self.post(&anybody, &path, &wrong).await {
                StatusCode::FORBIDDEN => {
                    self.does(&anybody, &path, &[("code", &code), ("press", "approve"), ("words", "")]).await;
                    return;
                }
                // A request that somebody else has answered meanwhile.
                status => assert_eq!(status, StatusCode::CONFLICT, "{who}"),
            }
        }
    }

    /// From mentions to a posted statement, with everything that can be refused on the way.
    async fn chain(&mut self) {
        let mention = |n: usize| {
            let text = format!("quokka{n} Riverside General leaked");
            json!({ "id": format!("m{n}"), "author": format!("canary-voice-{n}"), "text": text }).to_string()
        };
        let mentions: Vec<String> = (0..6).map(mention).collect();
        assert_eq!(self.running.deliver(&mentions).await.unwrap().status(), StatusCode::OK);
        let refused = self.running.deliver(&["{\"canary-in-a-refused-delivery\": 1}".to_owned()]).await.unwrap();
        assert!(refused.status().is_client_error());
        let ana = self.sign_in("ana").await;
        self.post(&ana, "/sign-in", &[("email", "canary@nowhere.example")]).await;
        let forged = ana.get(self.running.url("/a/1.0.canary-in-a-forged-link")).send().await.unwrap();
        assert!(!forged.status().is_success());
        self.does(&ana, "/incident/1/verify", &[("verdict", "real")]).await;
        self.does(&ana, "/incident/1/claim", &[]).await;
        self.does(&ana, "/incident/1/fact/help_line", &[("value", "+1 555 010 7777"), ("press", "confirm")]).await;
        let chi = self.sign_in("chi").await;
        let discovered = [("value", "2026-11-22 08:40"), ("press", "confirm")];
        self.does(&chi, "/incident/1/fact/discovered_at", &discovered).await;
        for who in ["eve", "dev", "chi", "ben"] {
            self.approve(who).await;
        }
        self.broken_folder();
    }

    /// A mistake in the folder, which is named in the log by its place alone.
    fn broken_folder(&mut self) {
        let main = self.folder.path().join("holdline.yaml");
        let text = fs::read_to_string(&main).unwrap();
        fs::write(&main, text + "\ncanary-in-a-broken-file: 1\n").unwrap();
        self.running.signal(Signal::HUP);
        self.running.until("the changed folder cannot be used");
    }

    async fn told(&self, metrics: &str) -> String {
        let mut all = String::new();
        for path in ["/metrics", "/health", "/health/live", "/health/ready"] {
            all += &reqwest::get(format!("http://{metrics}{path}")).await.unwrap().text().await.unwrap();
        }
        all
    }
}

/// What must be in no log, and where it came from.
fn canaries(play: &Play) -> Vec<String> {
    let people = ["ana", "ben", "chi", "dev", "eve", "it"].map(|name| format!("{name}@riverside.example"));
    let planted = PLANTED.iter().chain(DRAFTED).map(|planted| (*planted).to_owned());
    let secrets = [WEBHOOK_SECRET, AUDIT_KEY, "+1 555 010 0111"].map(str::to_owned);
    planted.chain(people).chain(secrets).chain(play.met.iter().cloned()).collect()
}

async fn nothing_secret_is_written(format: &str) -> Vec<String> {
    let office = PostOffice::open(Manner::Takes).await;
    let folder = folder(&office);
    let mut running = Running::start(folder.path(), |command| {
        command.args(["--log", format]).env("HOLDLINE_LOG", "holdline=trace,debug");
        command.env("CMS_SECRET", "canary-secret-of-the-cms-which-is-long");
        command.env("SOCIAL_TOKEN", "canary-token-of-mastodon");
    });
    let metrics = running.until("metrics and health are told");
    let mut play = Play { running, office, folder, met: Vec::new() };
    play.chain().await;
    let told = play.told(address_in(&metrics)).await;
    let canaries = canaries(&play);
    play.running.signal(Signal::TERM);
    let Play { running, .. } = play;
    let (status, log, printed) = running.end();
    assert!(status.success(), "{log:#?}");
    assert!(
        log.iter().filter(|line| line.contains("carried out")).count() > 10,
        "the chain is in the log:\n{}",
        log.join("\n")
    );
    for canary in canaries {
        for line in log.iter().map(String::as_str).chain(told.lines()).chain(printed.lines()) {
            assert!(!line.contains(&canary), "{canary} is written: {line}");
        }
    }
    log
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_log_holds_no_secret_while_the_whole_chain_plays() {
    let log = nothing_secret_is_written("plain").await;
    let effects = log.iter().filter(|line| line.contains("effect{incident=1 effect=1."));
    assert!(effects.count() > 0, "what is carried out says for which incident:\n{}", log.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_json_log_holds_no_secret_and_each_line_is_an_object() {
    let log = nothing_secret_is_written("json").await;
    let read = |line: &String| serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let lines: Vec<Value> = log.iter().map(read).collect();
    for line in &lines {
        assert!(line["time"].as_str().is_some_and(|time| time.parse::<jiff::Timestamp>().is_ok()), "{line}");
        assert!(["error", "warn", "info", "debug", "trace"].contains(&line["level"].as_str().unwrap()), "{line}");
    }
    let recorded = lines.iter().filter(|line| line["message"] == "recorded" && line["incident"] == 1);
    assert!(recorded.count() > 10, "every event of the incident is a line with its number");
    let carried_out = lines.iter().filter(|line| line["incident"] == 1 && line["effect"].is_string());
    assert!(carried_out.count() > 0, "what is carried out says for which incident: {lines:#?}");
}

/// The test itself: a line that holds a canary is found.
#[test]
fn the_drafts_and_the_folder_hold_what_is_searched_for() {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/statements/data-breach");
    let drafts: String =
        fs::read_dir(templates).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    for words in DRAFTED {
        assert!(drafts.contains(words), "no draft says {words}:\n{drafts}");
    }
    let folder = hospital_folder();
    assert_eq!(fs::read_to_string(folder.path().join("audit-key")).unwrap(), AUDIT_KEY);
}
