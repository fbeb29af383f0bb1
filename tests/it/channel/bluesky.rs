//! The Bluesky channel: against a server that answers as a PDS does, and against a real one.

use holdline::channel::{Found, Intent, Outcome, Reason};
use holdline::core::approval::ApprovedStatement;
use holdline::core::statement::Limit;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{AT, approved, intent, live, package_for, parsed, refusal, rules, text};
use crate::peer::{Answer, Peer, Rude, RudePeer, bare, json as json_answer};
use crate::streamed::bluesky_real::{PASSWORD, Server};

const DID: &str = "did:plc:eygmaihciaxprqvxpfvl6flk";
const BODY: &str = "We don't know *yet* 🏥.\n\nMore at https://status.riverside.example/a & by phone.";

fn settings(server: &str) -> Value {
    json!({ "service": server, "account": "press.example", "password": "password-of-the-tests", "private": true })
}

fn statement(body: &str) -> ApprovedStatement {
    approved(package_for("wire", vec![text("en", None, body)]))
}

fn signed_in() -> Answer {
    let said = json!({ "accessJwt": "token-of-the-tests", "refreshJwt": "r", "did": DID, "handle": "press.example" });
    json_answer(200, &said.to_string())
}

fn put() -> Answer {
    json_answer(200, &json!({ "uri": format!("at://{DID}/app.bsky.feed.post/x"), "cid": "c" }).to_string())
}

fn held(text: &str) -> Answer {
    let uri = format!("at://{DID}/app.bsky.feed.post/x");
    json_answer(200, &json!({ "uri": uri, "cid": "c", "value": { "text": text } }).to_string())
}

fn not_held() -> Answer {
    json_answer(400, r#"{"error":"RecordNotFound","message":"Could not locate record"}"#)
}

fn sent(peer: &Peer) -> Value {
    serde_json::from_slice(&peer.heard().last().unwrap().body).unwrap()
}

#[tokio::test]
async fn a_post_is_put_under_a_name_of_its_intent() {
    let peer = Peer::start(vec![signed_in(), put()]).await;
    let Outcome::Done { url } =
        live("bluesky", settings(&peer.url("/"))).post(&statement(BODY), &intent("1.7.0")).await
    else {
        panic!("it was not posted")
    };
    let heard = peer.heard();
    assert_eq!(heard[0].target, "/xrpc/com.atproto.server.createSession");
    let sign_in: Value = serde_json::from_slice(&heard[0].body).unwrap();
    assert_eq!(sign_in, json!({ "identifier": "press.example", "password": "password-of-the-tests" }));
    assert_eq!(
        (heard[1].target.as_str(), heard[1].header("authorization")),
        ("/xrpc/com.atproto.repo.putRecord", "Bearer token-of-the-tests")
    );
    let body = sent(&peer);
    let name = body["rkey"].as_str().unwrap();
    assert_eq!(url, format!("https://bsky.app/profile/{DID}/post/{name}"));
    assert_eq!((body["repo"].as_str(), body["collection"].as_str()), (Some(DID), Some("app.bsky.feed.post")));
    let link = "https://status.riverside.example/a";
    let start = BODY.find(link).unwrap();
    assert_eq!(
        body["record"],
        json!({
            "$type": "app.bsky.feed.post", "text": BODY, "createdAt": AT, "langs": ["en"],
            "facets": [{ "index": { "byteStart": start, "byteEnd": start + link.len() },
                         "features": [{ "$type": "app.bsky.richtext.facet#link", "uri": link }] }],
        })
    );
}

#[tokio::test]
async fn a_name_is_of_one_intent_and_one_version_and_tells_when() {
    let mut names = Vec::new();
    let later = Intent { at: AT.parse::<Timestamp>().unwrap() + SignedDuration::from_secs(1), ..intent("1.7.0") };
    for (body, intent) in [
        (BODY, intent("1.7.0")),
        (BODY, intent("1.7.0")),
        ("Other words.", intent("1.7.0")),
        (BODY, intent("1.9.0")),
        (BODY, later),
    ] {
        let peer = Peer::start(vec![signed_in(), put()]).await;
        live("bluesky", settings(&peer.url("/"))).post(&statement(body), &intent).await;
        names.push(sent(&peer)["rkey"].as_str().unwrap().to_owned());
    }
    assert_eq!(names[0], names[1]);
    assert!(names[0] != names[2] && names[0] != names[3] && names[2] != names[3], "{names:?}");
    // A TID of the AT protocol, in the order of its time.
    let digits = "234567abcdefghijklmnopqrstuvwxyz";
    let read = |name: &str| name.chars().fold(0_u64, |number, c| number << 5 | digits.find(c).unwrap() as u64);
    for name in &names {
        assert!(name.len() == 13 && "234567abcdefghij".contains(&name[..1]), "{name}");
    }
    let at = |name: &str| Timestamp::from_millisecond(i64::try_from(read(name) >> 10).unwrap() / 1000).unwrap();
    assert_eq!(at(&names[0]), AT.parse().unwrap());
    assert!(names[4] > names[0]);
}

#[tokio::test]
async fn another_account_posts_nothing() {
    let other = json!({ "accessJwt": "t", "did": "did:plc:other", "handle": "it.example" }).to_string();
    let peer = Peer::start(vec![json_answer(200, &other)]).await;
    let outcome = live("bluesky", settings(&peer.url("/"))).post(&statement(BODY), &intent("1.7.0")).await;
    assert_eq!((outcome, peer.heard().len()), (Outcome::Never(Reason::OtherAccount), 1));
    // Nothing was put while only the sign-in was asked for, so nothing is unknown.
    for answer in [bare(500), json_answer(200, "{}"), json_answer(200, "x"), bare(429)] {
        let peer = Peer::start(vec![answer]).await;
        let outcome = live("bluesky", settings(&peer.url("/"))).post(&statement(BODY), &intent("1.7.0")).await;
        assert!(matches!(outcome, Outcome::Later { .. }), "{outcome:?}");
        assert_eq!(peer.heard().len(), 1);
    }
}

#[tokio::test]
async fn every_answer_says_what_is_done_next() {
    for (answer, wanted) in [
        (bare(401), Outcome::Never(Reason::SignIn)),
        (json_answer(400, r#"{"error":"InvalidRequest"}"#), Outcome::Never(Reason::Refused)),
        (bare(302), Outcome::Never(Reason::Moved)),
        (bare(502), Outcome::Unknown(Reason::Refused)),
        (json_answer(200, "<html>"), Outcome::Unknown(Reason::Garbled)),
        (json_answer(200, "{}"), Outcome::Unknown(Reason::Garbled)),
    ] {
        let peer = Peer::start(vec![signed_in(), answer]).await;
        let outcome = live("bluesky", settings(&peer.url("/"))).post(&statement(BODY), &intent("1.7.0")).await;
        assert_eq!((outcome, peer.heard().len()), (wanted, 2));
    }
    let rude = RudePeer::start(Rude::Reset).await;
    let outcome = live("bluesky", settings(&rude.url("/"))).post(&statement(BODY), &intent("1.7.0")).await;
    assert!(matches!(outcome, Outcome::Later { why: Reason::Unreachable, .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_lost_answer_is_looked_up_under_the_name() {
    let find = async |answers: Vec<Answer>| {
        let peer = Peer::start(answers).await;
        let found = live("bluesky", settings(&peer.url("/"))).find(statement(BODY).package(), &intent("1.7.0")).await;
        (found, peer)
    };
    let (found, peer) = find(vec![signed_in(), held(BODY)]).await;
    let target = peer.heard()[1].target.clone();
    let name = target.split("rkey=").nth(1).unwrap().to_owned();
    assert_eq!(found, Found::There { url: format!("https://bsky.app/profile/{DID}/post/{name}") });
    assert_eq!(find(vec![signed_in(), not_held()]).await.0, Found::Nothing);
    assert_eq!(find(vec![signed_in(), held("Other words.")]).await.0, Found::CannotTell(Reason::OtherBytes));
    assert_eq!(find(vec![signed_in(), bare(500)]).await.0, Found::CannotTell(Reason::Refused));
    assert_eq!(find(vec![signed_in(), json_answer(200, "{}")]).await.0, Found::CannotTell(Reason::Garbled));
    assert_eq!(find(vec![bare(401)]).await.0, Found::CannotTell(Reason::SignIn));
    // What is not found for another reason is not nothing.
    let unknown = json_answer(400, r#"{"error":"InvalidRequest"}"#);
    assert_eq!(find(vec![signed_in(), unknown]).await.0, Found::CannotTell(Reason::Refused));
}

#[test]
fn settings_say_what_is_wrong() {
    let with = |key: &str, value: Value| {
        let mut settings = settings("https://bsky.example");
        settings["private"] = json!(false);
        settings[key] = value;
        settings
    };
    let known = rules("bluesky", with("account", json!("@press.example"))).unwrap();
    assert_eq!((known.account.as_str(), known.limit), ("press.example (bsky.example)", Some(Limit::Bluesky)));
    for (key, value, part) in [
        ("service", json!("https://bsky.example/xrpc"), "holds more than a server"),
        ("service", json!("http://bsky.example"), "is not encrypted"),
        ("account", json!("press"), "is no handle"),
    ] {
        assert!(refusal("bluesky", with(key, value)).contains(part), "{part}");
    }
    assert!(parsed("bluesky", with("account", json!("did:plc:x"))).is_ok());
}

#[tokio::test]
async fn a_real_server_holds_one_post_however_often_it_is_put() {
    let Some(server) = Server::start().await else { return };
    let channel = |password: &str, account: &str| {
        live("bluesky", json!({ "service": server.pds, "account": account, "password": password, "private": true }))
    };
    let own = channel(PASSWORD, "alice.test");
    let now = Intent { key: "1.7.0".to_owned(), at: Timestamp::now() };
    let stranger = channel("no password", "alice.test").post(&statement(BODY), &now).await;
    assert_eq!(stranger, Outcome::Never(Reason::SignIn));
    assert_eq!(own.find(statement(BODY).package(), &now).await, Found::Nothing);
    let posted = own.post(&statement(BODY), &now).await;
    let Outcome::Done { url } = posted.clone() else { panic!("it was not posted: {posted:?}") };
    assert_eq!(own.find(statement(BODY).package(), &now).await, Found::There { url: url.clone() });
    assert_eq!(own.post(&statement(BODY), &now).await, posted);
    assert_eq!(server.posts().await, [BODY]);
    assert_eq!(own.find(statement("Other words.").package(), &now).await, Found::Nothing);
    // As many graphemes as there may be, and one more.
    let next = Intent { key: "1.8.0".to_owned(), at: Timestamp::now() };
    let long = |graphemes: usize| statement(&"é".repeat(graphemes));
    assert!(matches!(own.post(&long(300), &next).await, Outcome::Done { .. }));
    let next = Intent { key: "1.9.0".to_owned(), at: Timestamp::now() };
    assert_eq!(own.post(&long(301), &next).await, Outcome::Never(Reason::Refused));
    assert_eq!(own.take_down(&url, "1.9.1").await, Outcome::Done { url: url.clone() });
    assert_eq!(own.find(statement(BODY).package(), &now).await, Found::Nothing);
    assert_eq!(own.take_down(&url, "1.9.1").await, Outcome::Never(Reason::NotThere));
    assert_eq!(
        own.take_down("https://bsky.app/profile/other.example/post/3l", "1.9.2").await,
        Outcome::Never(Reason::NotThere)
    );
}
