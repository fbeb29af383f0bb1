//! The Mastodon channel against snac2, started by `tests/peers/fediverse.sh`: a real server that ignores idempotency keys.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use holdline::channel::{Channel, Found, Intent, Outcome, Reason};
use holdline::core::approval::ApprovedStatement;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::{approved, live, package_for, text};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/fediverse.sh");
const PATIENCE: Duration = Duration::from_mins(1);
const BODY: &str =
    "We don't know *yet* who is affected.\n\nMore at https://status.riverside.example/a & by phone. #records";

pub(crate) struct Server {
    child: Child,
    pub(crate) base: String,
    pub(crate) client: reqwest::Client,
    _run: TempDir,
}

impl Server {
    /// None, said loudly, if it cannot run here and need not.
    pub(crate) async fn start() -> Option<(Self, String)> {
        let missing = Command::new(SCRIPT).arg("missing").output().expect("bash runs the script");
        if !missing.status.success() {
            let missing = String::from_utf8_lossy(&missing.stdout).trim().replace('\n', ", ");
            let required = std::env::var("HOLDLINE_PEERS").is_ok_and(|peers| peers == "required");
            assert!(!required, "a real server of the fediverse is required: {missing}");
            // Written past the test's capture, so that it is seen.
            let _ = writeln!(io::stderr(), "NOT RUN: Mastodon's API against snac2: {missing}");
            return None;
        }
        let run = tempfile::tempdir().unwrap();
        let mut child = Command::new(SCRIPT)
            .env("RUN", run.path())
            .env("STOP_ON_EOF", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the script starts");
        let (said, ready) = oneshot::channel();
        let output = BufReader::new(child.stdout.take().expect("its output"));
        thread::spawn(move || {
            output.lines().map_while(Result::ok).find(|line| line.starts_with("READY ")).map(|line| said.send(line))
        });
        let line =
            tokio::time::timeout(PATIENCE, ready).await.expect("snac2 was not ready in time").expect("snac2 runs");
        let word = |name: &str| line.split(' ').find_map(|word| word.strip_prefix(name)).unwrap().to_owned();
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).pool_max_idle_per_host(0);
        let client = client.build().unwrap();
        Some((Self { child, base: word("base="), client, _run: run }, word("password=")))
    }

    async fn form(&self, path: &str, form: &[(&str, &str)]) -> reqwest::Response {
        self.client.post(format!("{}{path}", self.base)).form(form).send().await.unwrap()
    }

    /// An access token, by the same steps as a person takes in a browser.
    pub(crate) async fn token(&self, password: &str) -> String {
        let back = "http://localhost:9/back";
        let app = [("client_name", "holdline"), ("redirect_uris", back), ("scopes", "read write")];
        let app: Value = self.form("/api/v1/apps", &app).await.json().await.unwrap();
        let (id, secret) = (app["client_id"].as_str().unwrap(), app["client_secret"].as_str().unwrap());
        let sign_in = [("login", "alice"), ("passwd", password), ("redir", back), ("cid", id), ("state", "")];
        let signed_in = self.form("/oauth/x-snac-login", &sign_in).await;
        let location = signed_in.headers()["location"].to_str().unwrap().to_owned();
        let code = location.split_once("code=").unwrap().1;
        let grant = [
            ("grant_type", "authorization_code"),
            ("client_id", id),
            ("client_secret", secret),
            ("redirect_uri", back),
            ("code", code),
        ];
        let token: Value = self.form("/oauth/token", &grant).await.json().await.unwrap();
        token["access_token"].as_str().unwrap().to_owned()
    }

    fn channel(&self, token: &str, account: &str) -> Arc<dyn Channel> {
        live("mastodon", json!({ "server": self.base, "token": token, "account": account, "private": true }))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

fn statement(body: &str) -> ApprovedStatement {
    approved(package_for("wire", vec![text("en", None, body)]))
}

fn intent(at: Timestamp) -> Intent {
    Intent { key: "1.7.0".to_owned(), at }
}

#[tokio::test]
async fn a_real_server_is_posted_to_looked_through_and_never_trusted_with_a_key() {
    let Some((server, password)) = Server::start().await else { return };
    let token = server.token(&password).await;
    let channel = server.channel(&token, "alice");
    let now = intent(Timestamp::now());

    // Refused before anything is public.
    let stranger = server.channel("a bad token", "alice").post(&statement(BODY), &now).await;
    assert!(matches!(stranger, Outcome::Never(Reason::SignIn | Reason::Refused)), "{stranger:?}");
    let other = server.channel(&token, "bob").post(&statement(BODY), &now).await;
    assert_eq!(other, Outcome::Never(Reason::OtherAccount));
    assert_eq!(channel.find(statement(BODY).package(), &now).await, Found::Nothing);

    let Outcome::Done { url } = channel.post(&statement(BODY), &now).await else { panic!("it was not posted") };
    let seen = server.client.get(&url).header("accept", "text/html").send().await.unwrap().text().await.unwrap();
    assert!(seen.contains("who is affected"), "{seen}");
    assert_eq!(channel.find(statement(BODY).package(), &now).await, Found::There { url: url.clone() });
    assert_eq!(channel.find(statement("Other words.").package(), &now).await, Found::Nothing);
    // What was posted long before an intent is not its post.
    let later = intent(Timestamp::now() + SignedDuration::from_hours(1));
    assert_eq!(channel.find(statement(BODY).package(), &later).await, Found::Nothing);

    // The same key again makes a second status: that is why a lost answer is looked up and never just sent again.
    let Outcome::Done { url: second } = channel.post(&statement(BODY), &now).await else { panic!("it was not posted") };
    assert_ne!(url, second);
    assert_eq!(channel.find(statement(BODY).package(), &now).await, Found::CannotTell(Reason::Several));

    // This server answers 404 to a deletion and deletes nothing; that is not taken for taken down.
    assert_eq!(channel.take_down(&url, "1.9.0").await, Outcome::Never(Reason::CannotTakeDown));
    assert_eq!(channel.find(statement(BODY).package(), &now).await, Found::CannotTell(Reason::Several));
    let nowhere = format!("{}/alice/p/1", server.base);
    assert_eq!(channel.take_down(&nowhere, "1.9.0").await, Outcome::Never(Reason::NotThere));
}
