//! The webhook channel against a server: what is sent, that it is signed, and what every answer means.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use holdline::channel::{Found, Outcome, Reason};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{approved, intent, live, package_for, refusal, rules, text};
use crate::peer::{Answer, Heard, Peer, Rude, RudePeer, bare, json as json_answer, nobody};

const SECRET: &str = "a webhook secret of the tests";
const KEY: &str = "1.7.0";

fn settings(url: &str) -> Value {
    json!({ "url": url, "secret": SECRET, "private": true })
}

fn statement() -> holdline::core::approval::ApprovedStatement {
    let texts = vec![text("en", Some("Our records"), "We look into it."), text("es", None, "Lo estamos revisando.")];
    let mut package = package_for("wire", texts);
    package.links = vec!["https://status.example/".to_owned()];
    approved(package)
}

async fn post_to(url: &str) -> Outcome {
    live("webhook", settings(url)).post(&statement(), &intent(KEY)).await
}

async fn answered(answer: Answer) -> Outcome {
    let peer = Peer::start(vec![answer]).await;
    let outcome = post_to(&peer.url("/in")).await;
    assert_eq!(peer.heard().len(), 1, "one call, whatever is answered");
    outcome
}

/// Whether a request is signed with `secret`, as a receiver checks it.
fn is_signed(heard: &Heard, secret: &[u8]) -> bool {
    let (id, timestamp) = (heard.header("webhook-id"), heard.header("webhook-timestamp"));
    let sent: i64 = timestamp.parse().unwrap();
    let age = Timestamp::now().duration_since(Timestamp::from_second(sent).unwrap()).abs();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(&heard.body);
    let wanted = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    age < SignedDuration::from_mins(1) && heard.header("webhook-signature").split(' ').any(|one| one == wanted)
}

#[tokio::test]
async fn a_post_is_signed_json_and_its_answer_may_say_where_it_is() {
    let peer = Peer::start(vec![json_answer(201, r#"{"url":"https://news.example/1","id":7}"#)]).await;
    let outcome = post_to(&peer.url("/in?site=a")).await;
    assert_eq!(outcome, Outcome::Done { url: "https://news.example/1".to_owned() });
    let heard = peer.heard().remove(0);
    assert_eq!((heard.method.as_str(), heard.target.as_str()), ("POST", "/in?site=a"));
    assert_eq!((heard.header("webhook-id"), heard.header("content-type")), (KEY, "application/json"));
    assert!(is_signed(&heard, SECRET.as_bytes()) && !is_signed(&heard, b"another secret"));
    let texts = json!([
        { "language": "en", "title": "Our records", "body": "We look into it." },
        { "language": "es", "body": "Lo estamos revisando." },
    ]);
    let wanted = json!({
        "type": "post", "key": KEY, "channel": "wire", "statement": "holding", "texts": texts,
        "links": ["https://status.example/"],
    });
    assert_eq!(serde_json::from_slice::<Value>(&heard.body).unwrap(), wanted);
}

/// The vector that the convention publishes with its libraries.
#[test]
fn the_test_signs_as_the_convention_does() {
    let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
    mac.update(br#"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}"#);
    assert_eq!(STANDARD.encode(mac.finalize().into_bytes()), "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[tokio::test]
async fn while_secrets_change_over_both_sign() {
    let peer = Peer::start(vec![bare(204)]).await;
    let new = STANDARD.encode([7; 32]);
    let settings =
        json!({ "url": peer.url("/"), "secret": format!("whsec_{new}"), "old_secret": SECRET, "private": true });
    let outcome = live("webhook", settings).post(&statement(), &intent(KEY)).await;
    assert_eq!(outcome, Outcome::Done { url: peer.url("/") });
    let heard = peer.heard().remove(0);
    assert!(is_signed(&heard, &[7; 32]) && is_signed(&heard, SECRET.as_bytes()));
}

#[tokio::test]
async fn every_answer_says_what_is_done_next() {
    let later = |why, seconds| Outcome::Later { why, after: Duration::from_secs(seconds) };
    let wait = |status, said: &str| (status, vec![("retry-after", said.to_owned())], Vec::new());
    let soon = (Timestamp::now() + SignedDuration::from_hours(100)).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let cases = [
        (bare(301), Outcome::Never(Reason::Moved)),
        (bare(400), Outcome::Never(Reason::Refused)),
        (bare(401), Outcome::Never(Reason::SignIn)),
        (bare(403), Outcome::Never(Reason::SignIn)),
        (bare(404), Outcome::Never(Reason::Refused)),
        (bare(408), later(Reason::Busy, 60)),
        (bare(409), Outcome::Unknown(Reason::Refused)),
        (bare(413), Outcome::Never(Reason::Refused)),
        (bare(425), later(Reason::Busy, 60)),
        (bare(429), later(Reason::Busy, 60)),
        (wait(429, "7"), later(Reason::Busy, 7)),
        (wait(429, &soon), later(Reason::Busy, 3_600)),
        (wait(429, "Sun, 06 Nov 1994 08:49:37 GMT"), later(Reason::Busy, 1)),
        (wait(503, "120"), later(Reason::Busy, 120)),
        (wait(503, "99999999"), later(Reason::Busy, 3_600)),
        (bare(503), Outcome::Unknown(Reason::Refused)),
        (wait(503, "soon"), Outcome::Unknown(Reason::Refused)),
        (bare(500), Outcome::Unknown(Reason::Refused)),
        (bare(502), Outcome::Unknown(Reason::Refused)),
    ];
    for (answer, wanted) in cases {
        let status = answer.0;
        assert_eq!(answered(answer).await, wanted, "{status}");
    }
}

#[tokio::test]
async fn what_takes_it_has_it_whatever_else_it_says() {
    let huge = format!(r#"{{"url":"https://news.example/{}"}}"#, "x".repeat(100_000));
    for body in ["", "no json", "{}", r#"{"url":7}"#, r#"{"url":"javascript:alert(1)"}"#, r#"{"url":"nowhere"}"#, &huge]
    {
        let peer = Peer::start(vec![json_answer(200, body)]).await;
        // Where it is then only its server is named: the rest of the address may be a secret.
        let outcome = post_to(&peer.url("/in/token-123")).await;
        assert_eq!(outcome, Outcome::Done { url: peer.url("/") }, "{body:.40}");
    }
    let cut = RudePeer::start(Rude::Say(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"url\"")).await;
    assert_eq!(post_to(&cut.url("/")).await, Outcome::Done { url: cut.url("/") });
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = Peer::start(vec![bare(200)]).await;
    for status in [301, 302, 303, 307, 308] {
        let outcome = answered((status, vec![("location", other.url("/"))], Vec::new())).await;
        assert_eq!(outcome, Outcome::Never(Reason::Moved), "{status}");
    }
    assert!(other.heard().is_empty());
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_a_lost_connection_is_tried_later() {
    for rude in [Rude::Reset, Rude::Close, Rude::Say(b"HTTP/1.")] {
        let peer = RudePeer::start(rude).await;
        assert_eq!(post_to(&peer.url("/")).await, Outcome::Unknown(Reason::Unreachable), "{rude:?}");
        assert_eq!(peer.met(), 1, "{rude:?}: never twice");
    }
    let nobody = nobody().await;
    let closed = post_to(&format!("http://{nobody}/")).await;
    assert!(matches!(closed, Outcome::Later { why: Reason::Unreachable, .. }), "{closed:?}");
    let no_tls = Peer::start(Vec::new()).await;
    let outcome = post_to(&no_tls.url("/").replace("http:", "https:")).await;
    assert!(matches!(outcome, Outcome::Later { why: Reason::Unreachable, .. }), "{outcome:?}");
}

/// The engine waits no longer than its own limit and calls it unknown: the channel must not go on by itself.
#[tokio::test]
async fn a_call_that_is_given_up_is_over() {
    let silent = RudePeer::start(Rude::Silent).await;
    let waited = tokio::time::timeout(Duration::from_millis(300), post_to(&silent.url("/"))).await;
    assert!(waited.is_err());
    assert_eq!(silent.met(), 1);
}

#[tokio::test]
async fn a_name_that_leads_inside_is_not_called() {
    let mut settings = settings("https://localhost/");
    settings["private"] = json!(false);
    let outcome = live("webhook", settings).post(&statement(), &intent(KEY)).await;
    assert!(matches!(outcome, Outcome::Later { why: Reason::NotPublic, .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_look_up_is_signed_and_asks_by_key() {
    let there = json_answer(200, r#"{"url":"https://news.example/1"}"#);
    let cases = [
        (there, Found::There { url: "https://news.example/1".to_owned() }),
        (bare(404), Found::Nothing),
        (bare(410), Found::Nothing),
        (bare(200), Found::CannotTell(Reason::Garbled)),
        (bare(302), Found::CannotTell(Reason::Moved)),
        (bare(401), Found::CannotTell(Reason::SignIn)),
        (bare(500), Found::CannotTell(Reason::Refused)),
    ];
    for (answer, wanted) in cases {
        let peer = Peer::start(vec![answer]).await;
        let mut settings = settings("https://cms.example/");
        settings["look_up"] = json!(peer.url("/find?site=a"));
        let found = live("webhook", settings).find(statement().package(), &intent("1.7.0&x")).await;
        assert_eq!(found, wanted);
        let heard = peer.heard().remove(0);
        assert_eq!((heard.method.as_str(), heard.target.as_str()), ("GET", "/find?site=a&key=1.7.0%26x"));
        assert!(is_signed(&heard, SECRET.as_bytes()) && heard.body.is_empty());
    }
    let none = live("webhook", settings("https://cms.example/")).find(statement().package(), &intent(KEY)).await;
    assert_eq!(none, Found::CannotTell(Reason::CannotLook));
    let mut gone = settings("https://cms.example/");
    gone["look_up"] = json!(format!("http://{}/", nobody().await));
    let found = live("webhook", gone).find(statement().package(), &intent(KEY)).await;
    assert_eq!(found, Found::CannotTell(Reason::Unreachable));
}

#[tokio::test]
async fn what_can_take_down_is_asked_to() {
    let peer = Peer::start(vec![bare(200), bare(404)]).await;
    let mut settings = settings(&peer.url("/in"));
    let url = "https://news.example/1";
    assert_eq!(live("webhook", settings.clone()).take_down(url, KEY).await, Outcome::Never(Reason::CannotTakeDown));
    assert!(peer.heard().is_empty());
    settings["take_down"] = json!(true);
    let channel = live("webhook", settings);
    assert!(matches!(channel.take_down(url, KEY).await, Outcome::Done { .. }));
    assert_eq!(channel.take_down(url, KEY).await, Outcome::Never(Reason::Refused));
    let heard = peer.heard().remove(0);
    assert!(is_signed(&heard, SECRET.as_bytes()));
    let wanted = json!({ "type": "take_down", "key": KEY, "channel": "wire", "url": url });
    assert_eq!(serde_json::from_slice::<Value>(&heard.body).unwrap(), wanted);
}

#[tokio::test]
async fn a_statement_that_is_not_for_it_is_not_sent() {
    let peer = Peer::start(Vec::new()).await;
    let other = approved(package_for("elsewhere", vec![text("en", None, "x")]));
    let outcome = live("webhook", settings(&peer.url("/"))).post(&other, &intent(KEY)).await;
    assert_eq!(outcome, Outcome::Never(Reason::OtherBytes));
    assert!(peer.heard().is_empty());
}

#[test]
fn settings_that_would_not_do_are_refused() {
    let with = |url: &str, secret: &str| json!({ "url": url, "secret": secret });
    for (settings, said) in [
        (with("http://cms.example/", SECRET), "`url` is not encrypted"),
        (with("https://10.0.0.1/", SECRET), "`url` is not a public address"),
        (with("https://[::ffff:127.0.0.1]/", SECRET), "`url` is not a public address"),
        (with("https://me:pw@cms.example/", SECRET), "`url` holds a sign-in"),
        (with("ftp://cms.example/", SECRET), "`url` is not a web address"),
        (with("cms.example", SECRET), "`url` is no address"),
        (with("https://cms.example/#a", SECRET), "`url` holds a `#`"),
        (with("https://cms.example/", "short"), "`secret` is no secret of 24 bytes or more"),
        (with("https://cms.example/", "whsec_!!!"), "`secret` is no secret of 24 bytes or more"),
    ] {
        let refused = refusal("webhook", settings);
        assert!(refused.starts_with(said), "{refused}");
    }
    assert_eq!(rules("webhook", with("https://cms.example/", SECRET)).unwrap().account, "cms.example");
    let named = json!({ "url": "https://cms.example/", "secret": SECRET, "account": "the ward's screens" });
    assert_eq!(rules("webhook", named).unwrap().account, "the ward's screens (cms.example)");
    rules("webhook", json!({ "url": "http://10.0.0.1/", "secret": SECRET, "private": true })).unwrap();
}
