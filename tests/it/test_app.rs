//! The program as people use it: real engine, SQLite, port, pages; a clock that is moved by hand and a mailbox for SMTP.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use holdline::app::{App, Mode};
use holdline::config::{Need, SAMPLE_KEY_FILE, load, sample};
use holdline::core::incident::Incident;
use holdline::core::name::PersonId;
use holdline::engine::{Clock, ManualClock};
use holdline::mail::{Captured, Mailbox};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

pub(crate) const WEBHOOK_SECRET: &str = "a webhook secret of the tests, long enough";
/// How long a letter may take to come; real time, since the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(20);

/// The folder of the tests' hospital, with its keys.
pub(crate) fn hospital_folder() -> tempfile::TempDir {
    let shared = std::path::Path::new("/dev/shm");
    let folder = if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() }.unwrap();
    for (name, text) in sample() {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::write(folder.path().join("holdline.yaml"), include_str!("../fixtures/app/holdline.yaml")).unwrap();
    let key = folder.path().join(SAMPLE_KEY_FILE);
    fs::write(&key, "an audit key of the tests, which is long enough").unwrap();
    let secret = folder.path().join("webhook-secret");
    fs::write(&secret, WEBHOOK_SECRET).unwrap();
    for secret in [key, secret] {
        fs::set_permissions(secret, fs::Permissions::from_mode(0o600)).unwrap();
    }
    folder
}

/// What a sender with the webhook's secret puts beside a delivery.
pub(crate) fn signature(timestamp: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(WEBHOOK_SECRET.as_bytes()).unwrap();
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    format!("v1={}", hex::encode(mac.finalize().into_bytes()))
}

pub(crate) struct TestApp {
    app: Option<App>,
    pub(crate) clock: ManualClock,
    pub(crate) mailbox: Mailbox,
    folder: tempfile::TempDir,
    pub(crate) base: String,
    pub(crate) client: reqwest::Client,
    delivered: u64,
    dry: bool,
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::start_as(false).await
    }

    /// As `run --dry-run` does.
    pub(crate) async fn start_dry() -> Self {
        Self::start_as(true).await
    }

    async fn start_as(dry: bool) -> Self {
        let folder = hospital_folder();
        let clock = ManualClock::at("2026-11-22T14:00:00Z".parse().unwrap());
        let mailbox = Mailbox::new("Riverside Holdline <holdline@riverside.example>").unwrap();
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let mut app = Self { app: None, clock, mailbox, folder, base: String::new(), client, delivered: 0, dry };
        app.run().await;
        app
    }

    pub(crate) async fn run(&mut self) {
        let need = if self.dry { Need::DryRun } else { Need::WithoutMail };
        let mailbox = self.mailbox.clone();
        let mode = if self.dry { Mode::DryRun(mailbox, 0) } else { Mode::Demo(mailbox) };
        let loaded = load(self.folder.path(), need).unwrap_or_else(|problems| {
            panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        });
        let clock = Clock::Manual(self.clock.clone());
        let app = App::start(loaded.config, mode, clock).await.unwrap();
        self.base = format!("http://{}", app.address);
        self.app = Some(app);
    }

    pub(crate) fn app(&self) -> &App {
        self.app.as_ref().unwrap()
    }

    /// Stops the program and starts it anew on the same files.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.run().await;
    }

    pub(crate) async fn stop(&mut self) {
        if let Some(app) = self.app.take() {
            app.stop().await;
        }
    }

    /// Starts the program on the same files as the other kind of run.
    pub(crate) async fn restart_as(&mut self, dry: bool) {
        self.stop().await;
        self.dry = dry;
        self.run().await;
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.file(if self.dry { "holdline.rehearsal.db" } else { "holdline.db" })
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Waits until nothing is owed any more.
    pub(crate) async fn settle(&self) {
        tokio::time::timeout(PATIENCE, self.app().engine.settled()).await.expect("the outbox did not settle").unwrap();
    }

    /// Moves the clock, stopping at nothing in between, and waits for what then falls due.
    pub(crate) async fn minutes_go_by(&self, minutes: i64) {
        self.clock.set(self.clock.now() + SignedDuration::from_mins(minutes));
        // The loop that looks at every full minute may not have come to it yet.
        self.app().engine.call(|work| work.tick()).await.unwrap();
        self.settle().await;
    }

    pub(crate) fn incident(&self, id: u32) -> Arc<Incident> {
        Arc::clone(&self.app().engine.board().incidents[&id].incident)
    }

    pub(crate) fn incidents(&self) -> usize {
        self.app().engine.board().incidents.len()
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.base)).send().await.unwrap()
    }

    pub(crate) async fn text(&self, path: &str) -> String {
        let response = self.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.text().await.unwrap()
    }

    /// A session for somebody, begun with the mailed link and its code.
    pub(crate) async fn sign_in(&self, who: &str) -> Visitor {
        let email = self.app().engine.standing().roster.person(&PersonId::from(who)).unwrap().email.clone();
        self.sign_in_by(&email, who).await
    }

    /// The same by any address of theirs.
    pub(crate) async fn sign_in_by(&self, email: &str, who: &str) -> Visitor {
        let link = self.sign_in_link(email, who).await.expect("no sign-in mail");
        let visitor = self.visitor();
        visitor.does(&link.path, &[("code", &link.code)]).await;
        visitor
    }

    /// The link and code that come where somebody asks to sign in by an address; the letter greets whose they are.
    pub(crate) async fn sign_in_link(&self, email: &str, who: &str) -> Option<Link> {
        let name = self.app().engine.standing().roster.person(&PersonId::from(who)).unwrap().name.clone();
        let before = self.mailbox.all().len();
        let asked = self.visitor().post("/sign-in", &[("email", email)]).await;
        assert_eq!(asked.status(), StatusCode::OK);
        self.settle().await;
        let letters = self.mailbox.all();
        let theirs =
            |letter: &&Arc<Captured>| letter.letter.text.contains(&format!("{name}, somebody asked to sign in"));
        let letter = letters[before..].iter().find(theirs)?;
        assert!(letter.letter.to.eq_ignore_ascii_case(email.trim()), "it went to {}", letter.letter.to);
        Link::in_letter(letter, &self.base, "/sign-in/")
    }

    pub(crate) fn visitor(&self) -> Visitor {
        let client = reqwest::Client::builder().cookie_store(true).redirect(reqwest::redirect::Policy::none());
        Visitor { client: client.build().unwrap(), base: self.base.clone() }
    }

    /// Mentions that the breach watch counts, each of another voice and in words of its own.
    pub(crate) async fn spike(&mut self, mentions: usize) {
        let lines: Vec<Value> = (0..mentions)
            .map(|number| {
                let text = format!("Riverside General leaked records {}", self.delivered);
                self.mention(&format!("voice{number}"), &text)
            })
            .collect();
        let response = self.deliver("/in/listening", &lines).await;
        assert_eq!(response.status(), StatusCode::OK);
        self.settle().await;
    }

    pub(crate) fn mention(&mut self, author: &str, text: &str) -> Value {
        self.delivered += 1;
        json!({ "id": format!("m{}", self.delivered), "author": author, "text": text })
    }

    pub(crate) async fn deliver(&self, path: &str, mentions: &[Value]) -> Response {
        let lines: Vec<String> = mentions.iter().map(ToString::to_string).collect();
        let body = lines.join("\n");
        self.deliver_bytes(path, body.as_bytes(), self.clock.now()).await
    }

    /// A signed delivery, its timestamp as given.
    pub(crate) async fn deliver_bytes(&self, path: &str, body: &[u8], at: Timestamp) -> Response {
        let timestamp = at.as_second().to_string();
        let signature = signature(&timestamp, body);
        let request = self.client.post(format!("{}{path}", self.base)).body(body.to_vec());
        request
            .header("content-type", "application/x-ndjson")
            .header("holdline-timestamp", timestamp)
            .header("holdline-signature", signature)
            .send()
            .await
            .unwrap()
    }

    /// The latest request for approval that somebody got.
    pub(crate) fn asked(&self, who: &str) -> Option<Link> {
        let email = format!("{who}@riverside.example");
        self.mailbox.to(&email).iter().rev().find_map(|letter| Link::in_letter(letter, &self.base, "/a/"))
    }

    /// The latest request of a rehearsal with the team that somebody got.
    pub(crate) fn asked_beneath(&self, who: &str) -> Option<Link> {
        let email = format!("{who}@riverside.example");
        let base = format!("{}/rehearsal", self.base);
        let found = self.mailbox.to(&email).iter().rev().find_map(|letter| Link::in_letter(letter, &base, "/a/"))?;
        Some(Link { path: format!("/rehearsal{}", found.path), ..found })
    }

    pub(crate) fn link_in(&self, letter: &Captured, path: &str) -> Option<Link> {
        Link::in_letter(letter, &self.base, path)
    }

    pub(crate) async fn press(&self, link: &Link, code: &str, press: &str, words: &str) -> Response {
        self.visitor().post(&link.path, &[("code", code), ("press", press), ("words", words)]).await
    }

    /// Opens the latest link of somebody and approves with its code.
    pub(crate) async fn approve(&self, who: &str) {
        let link = self.asked(who).unwrap_or_else(|| panic!("nobody asked {who}"));
        let answered = self.press(&link, &link.code, "approve", "").await;
        let status = answered.status();
        assert_eq!(status, StatusCode::SEE_OTHER, "{who}: {}", answered.text().await.unwrap());
        self.settle().await;
    }

    /// Letters to somebody whose subject holds these words.
    pub(crate) fn letters(&self, who: &str, words: &str) -> Vec<Arc<Captured>> {
        let mut letters = self.mailbox.to(&format!("{who}@riverside.example"));
        letters.retain(|letter| letter.letter.subject.contains(words));
        letters
    }
}

/// A test may not leave work undone: whatever was due by now must have been carried out.
impl Drop for TestApp {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let db = rusqlite::Connection::open(self.store()).unwrap();
        let sql = "select count(*) from outbox where outcome is null and not_before <= ?1";
        let undone: i64 = db.query_row(sql, [self.clock.now().as_millisecond()], |row| row.get(0)).unwrap();
        assert_eq!(undone, 0, "the test leaves effects undone");
    }
}

/// Somebody's browser.
pub(crate) struct Visitor {
    client: reqwest::Client,
    base: String,
}

impl Visitor {
    /// The same browser with its cookies, after the program came back on another port.
    pub(crate) fn back_at(self, app: &TestApp) -> Self {
        Self { base: app.base.clone(), ..self }
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.base)).send().await.unwrap()
    }

    pub(crate) async fn text(&self, path: &str) -> String {
        let response = self.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.text().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        self.client.post(format!("{}{path}", self.base)).form(form).send().await.unwrap()
    }

    /// A press of a button that must be taken.
    pub(crate) async fn does(&self, path: &str, form: &[(&str, &str)]) {
        let response = self.post(path, form).await;
        let status = response.status();
        assert_eq!(status, StatusCode::SEE_OTHER, "{path} {form:?}: {}", response.text().await.unwrap());
    }
}

/// A mailed link and the code printed beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) path: String,
    pub(crate) code: String,
}

impl Link {
    fn in_letter(letter: &Captured, base: &str, path: &str) -> Option<Self> {
        let text = &letter.letter.text;
        let after = |mark: &str| text.split(mark).nth(1)?.split_whitespace().next();
        let token = after(&format!("Open {base}{path}"))?;
        let code = after("Type this code there: ")?.to_owned();
        Some(Self { path: format!("{path}{token}"), code })
    }
}
