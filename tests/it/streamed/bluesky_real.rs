//! The Bluesky feed against a real PDS whose firehose is bridged, started by `tests/peers/bluesky.sh`.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use holdline::feed::bluesky::Bluesky;
use holdline::feed::streamed::{Session, Streamed as _};
use holdline::net::Http;
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::{mentions, pace};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/bluesky.sh");
const PATIENCE: Duration = Duration::from_mins(2);

/// A PDS with the account of alice.test.
pub(crate) struct Server {
    child: Child,
    pub(crate) pds: String,
    jetstream: String,
    client: reqwest::Client,
    pub(crate) did: String,
    token: String,
    _run: TempDir,
}

pub(crate) const PASSWORD: &str = "a password of the tests";

impl Server {
    /// None, said loudly, if it cannot run here and need not.
    pub(crate) async fn start() -> Option<Self> {
        let missing = Command::new(SCRIPT).arg("missing").output().expect("bash runs the script");
        if !missing.status.success() {
            let missing = String::from_utf8_lossy(&missing.stdout).trim().replace('\n', ", ");
            let required = std::env::var("HOLDLINE_PEERS").is_ok_and(|peers| peers == "required");
            assert!(!required, "a real PDS is required: {missing}");
            // Written past the test's capture, so that it is seen.
            let _ = writeln!(io::stderr(), "NOT RUN: Bluesky against a real PDS: {missing}");
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
            tokio::time::timeout(PATIENCE, ready).await.expect("the PDS was not ready in time").expect("the PDS runs");
        let word = |name: &str| line.split(' ').find_map(|word| word.strip_prefix(name)).unwrap().to_owned();
        let (pds, jetstream) = (word("pds="), word("jetstream="));
        let client = reqwest::Client::new();
        let (did, token) = (String::new(), String::new());
        let mut server = Self { child, pds, jetstream, client, did, token, _run: run };
        let account = json!({ "handle": "alice.test", "email": "alice@riverside.example", "password": PASSWORD });
        let made = server.call("com.atproto.server.createAccount", &account).await;
        let made_text = |key: &str| made[key].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
        (server.did, server.token) = (made_text("did"), made_text("accessJwt"));
        Some(server)
    }

    pub(crate) async fn call(&self, name: &str, body: &Value) -> Value {
        let mut request = self.client.post(format!("{}/xrpc/{name}", self.pds)).json(body);
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        let answer = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&answer).unwrap_or(Value::Null)
    }

    /// Posts, and gives the post's address.
    async fn say(&self, text: &str) -> String {
        let now = Timestamp::now().to_string();
        let record = json!({ "$type": "app.bsky.feed.post", "text": text, "createdAt": now, "langs": ["en"] });
        let body = json!({ "repo": self.did, "collection": "app.bsky.feed.post", "record": record });
        let made = self.call("com.atproto.repo.createRecord", &body).await;
        made["uri"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
    }

    /// The texts of the account's posts.
    pub(crate) async fn posts(&self) -> Vec<String> {
        let address =
            format!("{}/xrpc/com.atproto.repo.listRecords?repo={}&collection=app.bsky.feed.post", self.pds, self.did);
        let listed: Value = self.client.get(address).send().await.unwrap().json().await.unwrap();
        let records = listed["records"].as_array().unwrap();
        records.iter().map(|record| record["value"]["text"].as_str().unwrap().to_owned()).collect()
    }

    async fn follow(&self, cursor: Option<String>) -> Box<dyn Session> {
        let feed = Bluesky::new(self.jetstream.parse().unwrap(), true).with_pace(pace());
        feed.open(&Http::new().unwrap(), cursor, Timestamp::now()).await.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn what_is_posted_on_a_real_server_is_heard_once_and_after_a_pause_too() {
    let Some(server) = Server::start().await else { return };
    let mut session = server.follow(None).await;
    let first = server.say("Riverside General leaked my records 🏥").await;
    let heard = mentions(&mut session, 1).await;
    let mention = &heard.mentions[0];
    assert_eq!((mention.id.as_str(), mention.author.as_deref()), (first.as_str(), Some(server.did.as_str())));
    assert_eq!(mention.text, "Riverside General leaked my records 🏥");
    assert_eq!(mention.language.as_deref(), Some("en"));
    // Nobody listens, and two more are said, one of them taken back.
    drop(session);
    let second = server.say("And so did Lakeside").await;
    let third = server.say("Never mind").await;
    let rkey = third.rsplit('/').next().unwrap();
    let gone = json!({ "repo": server.did, "collection": "app.bsky.feed.post", "rkey": rkey });
    server.call("com.atproto.repo.deleteRecord", &gone).await;
    let mut session = server.follow(heard.cursor).await;
    let heard = mentions(&mut session, 3).await;
    let ids: Vec<&str> = heard.mentions.iter().map(|mention| mention.id.as_str()).collect();
    // The first comes again, since it is read on from a little before: the store knows it.
    assert_eq!(ids, [&first, &second, &third]);
}
