//! The webhook's door, over HTTP with real signatures: JSONTestSuite, blns, xss-payload-list, template-injection,
//! unicode.json, and what breaks a limit.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use holdline::core::mention::{MENTION_TEXT_BYTES_MAX, Mention};
use holdline::feed::form::{AUTHOR_BYTES_MAX, ID_BYTES_MAX, TITLE_BYTES_MAX};
use holdline::feed::webhook::{BODY_BYTES_MAX, MENTIONS_MAX};
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Meter, files_below, hostile, payloads};
use crate::test_app::TestApp;

/// Timestamps differ by up to this much, so that equal bytes are not a replay.
const SECONDS_APART_MAX: i64 = 250;

/// The door with what came through it.
struct Door {
    app: TestApp,
    sent: i64,
    /// What must be stored, by id.
    taken: BTreeMap<String, Value>,
}

impl Door {
    async fn open() -> Self {
        Self { app: TestApp::start().await, sent: 0, taken: BTreeMap::new() }
    }

    /// Sends a body, and where it is refused a valid neighbour right after it.
    async fn send(&mut self, meter: &mut Meter, name: &str, body: &[u8]) -> Result<(), String> {
        let outcome = self.send_alone(meter, name, body).await;
        if outcome.is_err() {
            let neighbour = json!({ "id": format!("neighbour {}", self.sent), "text": "The lifts are down." });
            let after = self.app.deliver("/in/listening", std::slice::from_ref(&neighbour)).await;
            assert_eq!(after.status(), StatusCode::OK, "the neighbour of {name}");
            self.keep(neighbour);
        }
        outcome
    }

    async fn send_alone(&mut self, meter: &mut Meter, name: &str, body: &[u8]) -> Result<(), String> {
        self.sent += 1;
        let app = &self.app;
        let at = app.clock.now() - SignedDuration::from_secs(self.sent % SECONDS_APART_MAX);
        let (status, words) = meter
            .run_async(name, async |again| {
                let at = at - SignedDuration::from_secs(again.into());
                let response = app.deliver_bytes("/in/listening", body, at).await;
                (response.status(), response.text().await.unwrap())
            })
            .await;
        if status == StatusCode::OK {
            return Ok(());
        }
        Err(clear(name, status, &words))
    }

    fn keep(&mut self, mention: Value) {
        let id = mention["id"].as_str().unwrap().to_owned();
        self.taken.insert(id, mention);
    }

    /// Everything that was taken is stored as it was sent, and nothing else is.
    async fn close(self) {
        self.app.settle().await;
        let db = rusqlite::Connection::open(self.app.file("holdline.db")).unwrap();
        let mut rows = db.prepare("select foreign_id, body from mentions").unwrap();
        let stored = rows.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).unwrap();
        let mut found = 0;
        for (id, body) in stored.map(Result::unwrap) {
            let stored: Mention = serde_json::from_str(&body).unwrap();
            let sent: Mention = serde_json::from_value(self.taken[&id].clone()).unwrap();
            assert_eq!(stored, sent);
            found += 1;
        }
        assert_eq!(found, self.taken.len());
    }
}

/// The words of a refusal: 4xx, one line that a terminal and a log can show.
fn clear(name: &str, status: StatusCode, words: &str) -> String {
    let name = name.escape_debug();
    assert!(status.is_client_error(), "{name}: {status}: {words}");
    let said: Value = serde_json::from_str(words).unwrap_or_else(|_| panic!("{name}: {status}: {words}"));
    let error = said["error"].as_str().unwrap().to_owned();
    assert!(error.len() > 20 && error.len() < 1024, "{name}: {error}");
    assert!(!error.chars().any(char::is_control), "{name}: {error:?}");
    error
}

fn names(text: &str, bytes_max: usize) -> bool {
    !text.trim().is_empty() && text.len() <= bytes_max && !text.chars().any(char::is_control)
}

fn is_prose(text: &str, bytes_max: usize) -> bool {
    text.len() <= bytes_max && !text.contains('\0')
}

/// Each string as address, as id, as author, and last as text and title, which is taken nearly always and so is the
/// valid neighbour of what was refused before it.
async fn strings(set: &'static str, strings: &[String]) {
    let mut door = Door::open().await;
    let mut meter = Meter::of(set);
    for (nth, text) in strings.iter().enumerate() {
        let blank = text.trim().is_empty();
        let starts = |scheme: &str| text.get(..scheme.len()).is_some_and(|it| it.eq_ignore_ascii_case(scheme));
        let web = (starts("http://") || starts("https://")) && !text.contains(char::is_whitespace);
        let author = blank || names(text, AUTHOR_BYTES_MAX);
        let prose = is_prose(text, TITLE_BYTES_MAX.min(MENTION_TEXT_BYTES_MAX)) && !blank;
        let url = json!({ "id": format!("url {nth}"), "text": "said", "url": text });
        let id = json!({ "id": format!("{text} {nth}"), "text": "said", "author": text });
        let said = json!({ "id": format!("text {nth}"), "text": text, "title": text });
        // What must be taken, and what may be.
        for (mention, must, may) in
            [(url, blank, blank || web), (id, author && text.len() + 6 <= ID_BYTES_MAX, author), (said, prose, prose)]
        {
            let body = mention.to_string();
            let outcome = if prose {
                door.send_alone(&mut meter, text, body.as_bytes()).await
            } else {
                door.send(&mut meter, text, body.as_bytes()).await
            };
            assert!(outcome.is_ok() || !must, "{text:?}: {outcome:?}");
            assert!(outcome.is_err() || may, "{text:?} was taken as {mention}");
            if outcome.is_ok() {
                door.keep(without_blanks(mention));
            }
        }
    }
    meter.end();
    door.close().await;
}

/// A blank field is a field left out.
fn without_blanks(mut mention: Value) -> Value {
    let fields = mention.as_object_mut().unwrap();
    fields.retain(|_, value| !value.as_str().unwrap_or_default().trim().is_empty());
    mention
}

#[tokio::test(flavor = "multi_thread")]
async fn naughty_strings_are_mentions_like_any_other() {
    let Some(folder) = hostile() else { return };
    strings("blns", &payloads::blns(&folder)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_are_mentions_like_any_other() {
    let Some(folder) = hostile() else { return };
    strings("xss-payload-list", &payloads::xss(&folder)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_and_odd_characters_are_mentions_like_any_other() {
    let Some(folder) = hostile() else { return };
    let all = [payloads::template_injection(&folder), payloads::unicode(&folder)].concat();
    strings("template-injection and unicode.json", &all).await;
}

/// A file as the whole body, and as the value of a field.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_no_json_is_refused_and_no_json_is_a_mention_by_itself() {
    let Some(folder) = hostile() else { return };
    let mut door = Door::open().await;
    let mut meter = Meter::of("JSONTestSuite");
    for file in files_below(&folder.join("JSONTestSuite"), ".json") {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = fs::read(&file).unwrap();
        let whole = door.send(&mut meter, &name, &bytes).await.expect_err(&name);
        let id = format!("within {name}");
        let within = [format!("{{\"id\":\"{id}\",\"text\":").as_bytes(), &bytes, b"}"].concat();
        let outcome = door.send(&mut meter, &name, &within).await;
        if name.starts_with("n_") {
            let why = outcome.clone().expect_err(&name);
            assert!(
                ["JSON", "UTF-8", "no mention", "text in double quotes"].iter().any(|word| why.contains(word)),
                "{name}: {why}"
            );
        } else if name.starts_with("y_") {
            assert!(!whole.contains("it is not JSON"), "{name}: {whole}");
        }
        if outcome.is_ok() {
            let text: Value = serde_json::from_slice(&bytes).unwrap();
            assert!(text.is_string(), "{name}");
            door.keep(json!({ "id": id, "text": text }));
        }
    }
    meter.end();
    door.close().await;
}

fn limits() -> Vec<(&'static str, Vec<u8>, bool)> {
    let mention = |id: &str, text: &str| json!({ "id": id, "text": text }).to_string().into_bytes();
    let many = |count: usize| {
        let mut body = String::new();
        for nth in 0..count {
            let _ = writeln!(body, "{{\"id\":\"many {count} {nth}\",\"text\":\"x\"}}");
        }
        body.into_bytes()
    };
    let within = |value: String| format!("{{\"id\":\"deep\",\"text\":{value}}}").into_bytes();
    let keys = "\"k\":1,".repeat(20_000);
    vec![
        ("the longest text", mention("longest", &"x".repeat(MENTION_TEXT_BYTES_MAX)), true),
        ("a text too long", mention("too long", &"x".repeat(MENTION_TEXT_BYTES_MAX + 1)), false),
        ("escapes that swell", mention("swell", &"\u{1}".repeat(MENTION_TEXT_BYTES_MAX)), true),
        ("the most mentions", many(MENTIONS_MAX), true),
        ("one mention too many", many(MENTIONS_MAX + 1), false),
        ("a body of blanks", vec![b' '; BODY_BYTES_MAX], false),
        ("a body of line ends", vec![b'\n'; BODY_BYTES_MAX], false),
        ("a body of open brackets", vec![b'['; BODY_BYTES_MAX], false),
        ("a body of open braces", b"{\"id\":".repeat(BODY_BYTES_MAX / 6), false),
        ("a list as deep as it goes", within(format!("{}{}", "[".repeat(400_000), "]".repeat(400_000))), false),
        ("a list of lists", within(format!("[{}1]", "[],".repeat(300_000))), false),
        ("a number without end", within("9".repeat(1_000_000)), false),
        ("thousands of keys", format!("{{{keys}\"id\":\"keys\",\"text\":\"x\"}}").into_bytes(), false),
        (
            "a key a hundred thousand times",
            format!("{{{}\"text\":\"x\"}}", "\"id\":\"a\",".repeat(90_000)).into_bytes(),
            false,
        ),
        ("a key twice", br#"{"id":"a","id":"b","text":"x"}"#.to_vec(), false),
        ("a key twice by an escape", br#"{"id":"a","\u0069d":"b","text":"x"}"#.to_vec(), false),
        ("half a surrogate pair", br#"{"id":"a","text":"\ud800"}"#.to_vec(), false),
        ("bytes that are no text", b"{\"id\":\"a\",\"text\":\"\xed\xa0\x80\"}".to_vec(), false),
        ("overlong bytes", b"{\"id\":\"a\",\"text\":\"\xc0\xaf\"}".to_vec(), false),
        ("a million bytes that are no text", vec![0xff; BODY_BYTES_MAX], false),
        ("UTF-16", "{\"id\":\"a\"}".encode_utf16().flat_map(u16::to_le_bytes).collect(), false),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_hold_at_their_bounds() {
    let mut door = Door::open().await;
    let mut meter = Meter::of("limits");
    for (name, body, fits) in limits() {
        let outcome = door.send(&mut meter, name, &body).await;
        assert_eq!(outcome.is_ok(), fits, "{name}: {outcome:?}");
        for line in body.split(|byte| *byte == b'\n').filter(|line| fits && !line.is_empty()) {
            door.keep(serde_json::from_slice(line).unwrap());
        }
    }
    meter.end();
    // Beyond the limit the body is not even read.
    let over = door.app.deliver_bytes("/in/listening", &vec![b' '; BODY_BYTES_MAX + 1], door.app.clock.now()).await;
    assert_eq!(over.status(), StatusCode::PAYLOAD_TOO_LARGE);
    door.close().await;
}
