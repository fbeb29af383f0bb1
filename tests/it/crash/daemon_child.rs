//! The whole program in a child: real port, real mail server, real files; people drive it from whatever they find to a posted statement.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use holdline::app::{App, Mode};
use holdline::config::{Need, load};
use holdline::core::incident::{PostPhase, Settlement, StatementPhase};
use holdline::engine::{Clock, ManualClock};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Response, StatusCode};
use serde_json::json;

use super::sink::{self, Arrived};
use super::world::{log, note};
use crate::test_app::signature;

/// How long the program may take for what is due; real time, since the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);
const ROUNDS_MAX: usize = 60;
/// How long what is due may take before the clock is moved for what waits by it; real time.
const LOOK_AGAIN: Duration = Duration::from_millis(300);
const LOOKS_MAX: usize = 100;
pub(super) const MENTIONS: usize = 6;
pub(super) const LETTERS: &str = "letters";
pub(super) const EXPORT: &str = "export.jsonl";
/// Statements that must be out on every channel, and who may say yes to them.
pub(super) const STATEMENTS: &[&str] = &["staff", "holding"];

/// A running program and the people who drive it.
pub(super) struct Daemon {
    folder: PathBuf,
    pub(super) app: App,
    pub(super) clock: ManualClock,
    /// Letters whose link was used.
    used: BTreeSet<String>,
}

pub(super) fn play(folder: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut daemon = Daemon::start(folder).await;
        daemon.finish().await;
        daemon.app.stop().await;
    });
}

impl Daemon {
    pub(super) async fn start(folder: &Path) -> Self {
        let mut config = load(folder, Need::WithoutMail).unwrap_or_else(|_| panic!("the folder does not load")).config;
        config.mail = Some(sink::start(&folder.join(LETTERS)));
        let said = fs::read_to_string(log(folder)).unwrap_or_default();
        let last = said.lines().rev().find_map(|line| line.strip_prefix("at ")?.parse::<Timestamp>().ok());
        // After a death, time enough for leases and for what settles after a lost outcome.
        let now = last.map_or("2026-11-22T14:00:00Z".parse().unwrap(), |last| last + SignedDuration::from_mins(5));
        note(folder, &format!("at {now}"));
        let clock = ManualClock::at(now);
        let app = App::start(config, Mode::Live, Clock::Manual(clock.clone())).await.unwrap();
        Self { folder: folder.to_owned(), app, clock, used: BTreeSet::new() }
    }

    async fn finish(&mut self) {
        self.deliver().await;
        self.exported().await;
        let ana = self.sign_in("ana").await;
        self.press(&ana, "/incident/1/verify", &[("verdict", "real")]).await;
        self.press(&ana, "/incident/1/claim", &[]).await;
        self.press(&ana, "/incident/1/fact/help_line", &[("value", "+1 555 010 0100"), ("press", "confirm")]).await;
        let chi = self.sign_in("chi").await;
        let discovered = [("value", "2026-11-22 08:40"), ("press", "confirm")];
        self.press(&chi, "/incident/1/fact/discovered_at", &discovered).await;
        for _ in 0..ROUNDS_MAX {
            self.settle().await;
            self.by_hand(&ana).await;
            self.look(&ana).await;
            if self.is_out() {
                self.press(&ana, "/sign-out", &[]).await;
                self.settle().await;
                return;
            }
            if !self.approve().await {
                self.clock.set(self.clock.now() + SignedDuration::from_secs(30));
                note(&self.folder, &format!("at {}", self.clock.now()));
            }
        }
        panic!("the statements do not come out: {:?}", self.app.engine.board().incidents[&1].incident.statements);
    }

    pub(super) async fn settle(&self) {
        // A look-up reads several times, some seconds apart, by the clock that is moved here.
        for _ in 0..LOOKS_MAX {
            if let Ok(settled) = tokio::time::timeout(LOOK_AGAIN, self.app.engine.settled()).await {
                return settled.unwrap();
            }
            self.clock.set(self.clock.now() + SignedDuration::from_secs(10));
        }
        panic!("the outbox did not settle");
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.app.address)
    }

    /// Mentions by webhook, a few at a time; whoever was not told that they were stored sends them again.
    async fn deliver(&self) {
        let ids: Vec<usize> = (0..MENTIONS).collect();
        for batch in ids.chunks(2) {
            let lines = batch.iter().map(|nth| {
                json!({ "id": format!("m{nth}"), "author": format!("voice{nth}"), "text": format!("Riverside General leaked records {nth}") })
                    .to_string()
            });
            let response = self.deliver_lines(lines.collect::<Vec<_>>().join("\n")).await;
            assert_eq!(response.status(), StatusCode::OK);
            for nth in batch {
                note(&self.folder, &format!("took m{nth}"));
            }
        }
    }

    /// A signed delivery to the webhook.
    pub(super) async fn deliver_lines(&self, body: String) -> Response {
        let timestamp = self.clock.now().as_second().to_string();
        let request = Client::new().post(self.url("/in/listening"));
        let request = request.header("content-type", "application/x-ndjson");
        let request = request.header("holdline-signature", signature(&timestamp, body.as_bytes()));
        request.header("holdline-timestamp", timestamp).body(body).send().await.unwrap()
    }

    /// Waits until the polled file has been read.
    async fn exported(&self) {
        let mut changes = self.app.engine.changes();
        let read = async {
            loop {
                let cursor = self.app.engine.call(|work| work.cursor(&"export".into())).await.unwrap();
                if cursor.is_some() {
                    return;
                }
                changes.changed().await.unwrap();
            }
        };
        tokio::time::timeout(PATIENCE, read).await.expect("the file was not read");
    }

    fn letters(&self) -> Vec<Arrived> {
        sink::arrived(&self.folder.join(LETTERS))
    }

    pub(super) async fn sign_in(&mut self, who: &str) -> Client {
        let client = Client::builder().cookie_store(true).redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let email = format!("{who}@riverside.example");
        let before = self.letters().len();
        client.post(self.url("/sign-in")).form(&[("email", &email)]).send().await.unwrap();
        self.settle().await;
        let letters = self.letters();
        let mut fresh = letters[before..].iter().rev().filter(|letter| letter.to == email);
        let (path, code) = fresh.find_map(|letter| link(letter, "/sign-in/")).expect("no sign-in mail");
        let entered = client.post(self.url(&path)).form(&[("code", &code)]).send().await.unwrap();
        assert_eq!(entered.status(), StatusCode::SEE_OTHER);
        note(&self.folder, &format!("signed-in {who}"));
        client
    }

    /// A press that is taken, or that was taken already before a death.
    async fn press(&self, by: &Client, path: &str, form: &[(&str, &str)]) -> bool {
        let response = by.post(self.url(path)).form(form).send().await.unwrap();
        let status = response.status();
        assert!(matches!(status, StatusCode::SEE_OTHER | StatusCode::CONFLICT), "{path}: {status}");
        if status == StatusCode::SEE_OTHER {
            let words = if path.starts_with("/a/") { "/a" } else { path };
            note(&self.folder, &format!("did {words}"));
        }
        status == StatusCode::SEE_OTHER
    }

    /// Everybody who was asked says yes; an old request's link is refused, and that is fine.
    async fn approve(&mut self) -> bool {
        let mut acted = false;
        for letter in self.letters() {
            let Some((path, code)) = link(&letter, "/a/") else { continue };
            if self.used.insert(path.clone()) {
                let form = [("code", code.as_str()), ("press", "approve"), ("words", "")];
                acted |= self
                    .press(
                        &Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap(),
                        &path,
                        &form,
                    )
                    .await;
            }
        }
        acted
    }

    async fn by_hand(&self, ana: &Client) {
        for statement in self.where_post_is(|post| matches!(post, PostPhase::ByHand { .. })) {
            let there = [("channel", "bluesky"), ("url", "https://bsky.example/post/1")];
            self.press(ana, &format!("/incident/1/statement/{statement}/posted"), &there).await;
        }
    }

    /// Where an outcome was lost for good, somebody looks, and says what is there.
    async fn look(&self, ana: &Client) {
        for statement in self.where_post_is(|post| matches!(post, PostPhase::NeedsPerson { .. })) {
            let there = public(&self.folder) > 0;
            let found = if there { Settlement::There { url: String::new() } } else { Settlement::NotThere };
            let found = match found {
                Settlement::There { .. } => "there",
                Settlement::NotThere => "not-there",
            };
            let form = [("channel", "staff-board"), ("found", found), ("url", "https://board.example/1")];
            self.press(ana, &format!("/incident/1/statement/{statement}/settle"), &form).await;
        }
    }

    fn where_post_is(&self, wanted: impl Fn(&PostPhase) -> bool) -> Vec<String> {
        let board = self.app.engine.board();
        let statements = board.incidents[&1].incident.statements.iter();
        let found = statements
            .filter(|(_, statement)| statement.posting().is_some_and(|posting| posting.posts.values().any(&wanted)));
        found.map(|(name, _)| name.to_string()).collect()
    }

    fn is_out(&self) -> bool {
        let board = self.app.engine.board();
        let statements = &board.incidents[&1].incident.statements;
        STATEMENTS.iter().all(|name| match &statements[*name].phase {
            StatementPhase::Posted(posting) => posting.posts.values().all(|post| post.confirmed_at().is_some()),
            StatementPhase::Waiting
            | StatementPhase::Drafting(_)
            | StatementPhase::Asking(_)
            | StatementPhase::Posting(_)
            | StatementPhase::Ready(_)
            | StatementPhase::Skipped(_)
            | StatementPhase::Withdrawn => false,
        })
    }
}

/// Whole lines on the staff's board.
pub(super) fn public(folder: &Path) -> usize {
    let board = fs::read_to_string(folder.join("staff-board.jsonl")).unwrap_or_default();
    board.lines().filter(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()).count()
}

/// A letter's link, as a path, and the code beside it.
fn link(letter: &Arrived, path: &str) -> Option<(String, String)> {
    let token = letter.text.split(path).nth(1)?.split_whitespace().next()?;
    let code = letter.text.split("Type this code there: ").nth(1)?.split_whitespace().next()?;
    Some((format!("{path}{token}"), code.to_owned()))
}
