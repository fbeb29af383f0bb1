//! The Mastodon channel against a server that answers as Mastodon does.

use std::time::Duration;

use holdline::channel::{Found, Outcome, Reason};
use holdline::core::approval::ApprovedStatement;
use holdline::core::statement::Limit;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{AT, approved, intent, live, package_for, refusal, rules, text};
use crate::peer::{Answer, Peer, Rude, RudePeer, bare, json as json_answer, nobody};

const KEY: &str = "1.7.0";
const BODY: &str = "We don't know yet.\n\nMore at https://status.riverside.example/records & by phone.";
/// How Mastodon itself sets such a text.
const AS_SET: &str = "<p>We don&#39;t know yet.</p><p>More at <a href=\"https://status.riverside.example/records\" \
    target=\"_blank\" rel=\"nofollow noopener\" translate=\"no\"><span class=\"invisible\">https://</span><span \
    class=\"ellipsis\">status.riverside.example/recor</span><span class=\"invisible\">ds</span></a> &amp; by phone.</p>";
const URL: &str = "https://social.example/@press/109";

fn settings(server: &str) -> Value {
    json!({ "server": server, "token": "token-of-the-tests", "private": true })
}

fn statement() -> ApprovedStatement {
    approved(package_for("wire", vec![text("en", None, BODY)]))
}

fn me() -> Answer {
    json_answer(200, r#"{"id":"42","username":"press","acct":"press","display_name":"Press"}"#)
}

fn status(id: u32, content: &str, at: Timestamp) -> Value {
    json!({ "id": id.to_string(), "url": format!("https://social.example/@press/{id}"), "uri": "https://social.example/x",
            "content": content, "created_at": at.to_string(), "visibility": "public", "account": { "id": "42" } })
}

fn listed(statuses: &[Value]) -> Answer {
    json_answer(200, &Value::from(statuses).to_string())
}

fn at(minutes: i64) -> Timestamp {
    AT.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
}

async fn post_to(server: &str) -> Outcome {
    live("mastodon", settings(server)).post(&statement(), &intent(KEY)).await
}

#[tokio::test]
async fn a_status_is_posted_with_its_language_and_key() {
    let taken = json_answer(200, &status(109, AS_SET, at(0)).to_string());
    let peer = Peer::start(vec![taken]).await;
    assert_eq!(post_to(&peer.url("/")).await, Outcome::Done { url: URL.to_owned() });
    let heard = peer.heard().remove(0);
    assert_eq!((heard.method.as_str(), heard.target.as_str()), ("POST", "/api/v1/statuses"));
    assert_eq!(heard.header("authorization"), "Bearer token-of-the-tests");
    assert_eq!(heard.header("idempotency-key").len(), 64);
    let sent: Value = serde_json::from_slice(&heard.body).unwrap();
    assert_eq!(sent, json!({ "status": BODY, "language": "en", "visibility": "public" }));
}

#[tokio::test]
async fn the_key_is_of_this_version() {
    let peer = Peer::start(Vec::new()).await;
    let channel = live("mastodon", settings(&peer.url("/")));
    let other = approved(package_for("wire", vec![text("en", None, "Other words.")]));
    for (statement, key) in [(statement(), KEY), (statement(), KEY), (other, KEY), (statement(), "1.9.0")] {
        channel.post(&statement, &intent(key)).await;
    }
    let keys: Vec<String> = peer.heard().iter().map(|heard| heard.header("idempotency-key").to_owned()).collect();
    assert_eq!(keys[0], keys[1]);
    assert!(keys[0] != keys[2] && keys[0] != keys[3] && keys[2] != keys[3]);
}

#[tokio::test]
async fn another_accounts_token_posts_nothing() {
    for (wanted, is_it) in [
        ("press", true),
        ("@Press", true),
        ("press@127.0.0.1", true),
        ("it", false),
        ("press@elsewhere.example", false),
    ] {
        let peer = Peer::start(vec![me(), json_answer(200, &status(109, AS_SET, at(0)).to_string())]).await;
        let mut settings = settings(&peer.url("/"));
        settings["account"] = json!(wanted);
        let outcome = live("mastodon", settings).post(&statement(), &intent(KEY)).await;
        let wanted_outcome =
            if is_it { Outcome::Done { url: URL.to_owned() } } else { Outcome::Never(Reason::OtherAccount) };
        assert_eq!(outcome, wanted_outcome, "{wanted}");
        assert_eq!(peer.heard().len(), if is_it { 2 } else { 1 });
        assert_eq!(peer.heard()[0].target, "/api/v1/accounts/verify_credentials");
    }
    // Nothing was posted while only the account was asked for, so nothing is unknown.
    for answer in [bare(500), json_answer(200, "{}"), json_answer(200, "x")] {
        let peer = Peer::start(vec![answer]).await;
        let mut settings = settings(&peer.url("/"));
        settings["account"] = json!("press");
        let outcome = live("mastodon", settings).post(&statement(), &intent(KEY)).await;
        assert!(matches!(outcome, Outcome::Later { .. }), "{outcome:?}");
        assert_eq!(peer.heard().len(), 1);
    }
}

#[tokio::test]
async fn every_answer_says_what_is_done_next() {
    for (answer, wanted) in [
        (bare(401), Outcome::Never(Reason::SignIn)),
        (
            json_answer(422, r#"{"error":"Validation failed: Text limit of 500 exceeded"}"#),
            Outcome::Never(Reason::Refused),
        ),
        (bare(302), Outcome::Never(Reason::Moved)),
        (bare(500), Outcome::Unknown(Reason::Refused)),
        (bare(504), Outcome::Unknown(Reason::Refused)),
        (json_answer(200, "<html>"), Outcome::Unknown(Reason::Garbled)),
        (json_answer(200, r#"{"id":"109"}"#), Outcome::Unknown(Reason::Garbled)),
        (json_answer(200, &"x".repeat(5 * 1024 * 1024)), Outcome::Unknown(Reason::Garbled)),
    ] {
        let peer = Peer::start(vec![answer]).await;
        assert_eq!(post_to(&peer.url("/")).await, wanted);
        assert_eq!(peer.heard().len(), 1);
    }
    let busy = Peer::start(vec![bare(429)]).await;
    assert!(matches!(post_to(&busy.url("/")).await, Outcome::Later { why: Reason::Busy, .. }));
    for rude in [Rude::Reset, Rude::Close] {
        let peer = RudePeer::start(rude).await;
        assert_eq!(post_to(&peer.url("/")).await, Outcome::Unknown(Reason::Unreachable));
        assert_eq!(peer.met(), 1);
    }
    let refused = post_to(&format!("http://{}", nobody().await)).await;
    assert!(matches!(refused, Outcome::Later { why: Reason::Unreachable, .. }), "{refused:?}");
}

async fn find_among(pages: Vec<Answer>) -> (Found, Peer) {
    let peer = Peer::start([vec![me()], pages].concat()).await;
    let found = live("mastodon", settings(&peer.url("/"))).find(statement().package(), &intent(KEY)).await;
    (found, peer)
}

#[tokio::test]
async fn a_look_up_finds_one_match_and_no_guess() {
    let ours = |id| status(id, AS_SET, at(1));
    let other = status(110, "<p>We don&#39;t know yet.</p>", at(2));
    let before = status(9, AS_SET, at(-6));
    let just_before = status(108, AS_SET, at(-4));
    let there = |id: u32| Found::There { url: format!("https://social.example/@press/{id}") };
    for (page, wanted) in [
        (vec![other.clone(), ours(109)], there(109)),
        (vec![other.clone(), ours(109), before.clone()], there(109)),
        (vec![just_before], there(108)),
        (vec![other.clone(), before.clone()], Found::Nothing),
        (vec![ours(109), other.clone(), ours(111)], Found::CannotTell(Reason::Several)),
        (Vec::new(), Found::Nothing),
    ] {
        let (found, peer) = find_among(vec![listed(&page), listed(&[])]).await;
        assert_eq!(found, wanted, "{page:?}");
        assert_eq!(peer.heard()[1].target, "/api/v1/accounts/42/statuses?limit=40&exclude_reblogs=true");
    }
}

#[tokio::test]
async fn a_look_up_goes_back_as_far_as_it_must() {
    let page = |from: u32| -> Answer {
        let statuses: Vec<Value> = (0..40).map(|n| status(from - n, "<p>other</p>", at(1))).collect();
        listed(&statuses)
    };
    let last = listed(&[status(400, AS_SET, at(1)), status(399, "<p>old</p>", at(-60))]);
    let (found, peer) = find_among(vec![page(500), page(460), last]).await;
    assert_eq!(found, Found::There { url: "https://social.example/@press/400".to_owned() });
    assert!(peer.heard()[2].target.ends_with("&max_id=461"), "{}", peer.heard()[2].target);
    let (found, peer) = find_among(vec![page(500), page(460), page(420)]).await;
    assert_eq!(found, Found::CannotTell(Reason::TooMany));
    assert_eq!(peer.heard().len(), 4);
    // A server that cannot go back repeats itself; a full page of repeats may hide the rest.
    let (found, _) = find_among(vec![page(500), page(500)]).await;
    assert_eq!(found, Found::CannotTell(Reason::TooMany));
}

#[tokio::test]
async fn a_look_up_that_fails_tells_nothing() {
    for (pages, why) in [
        (vec![bare(500)], Reason::Refused),
        (vec![bare(401)], Reason::SignIn),
        (vec![json_answer(200, "{}")], Reason::Garbled),
        (vec![json_answer(200, &"x".repeat(5 * 1024 * 1024))], Reason::Garbled),
    ] {
        let (found, _) = find_among(pages).await;
        assert_eq!(found, Found::CannotTell(why));
    }
}

#[tokio::test]
async fn a_post_is_taken_down_by_its_address() {
    let page = || listed(&[status(110, "<p>x</p>", at(2)), status(109, AS_SET, at(1))]);
    for (answer, wanted) in [
        (json_answer(200, "{}"), Outcome::Done { url: URL.to_owned() }),
        (bare(403), Outcome::Never(Reason::SignIn)),
        (bare(500), Outcome::Unknown(Reason::Refused)),
    ] {
        let peer = Peer::start(vec![me(), page(), listed(&[]), answer]).await;
        assert_eq!(live("mastodon", settings(&peer.url("/"))).take_down(URL, KEY).await, wanted);
        let heard = peer.heard().pop().unwrap();
        assert_eq!((heard.method.as_str(), heard.target.as_str()), ("DELETE", "/api/v1/statuses/109"));
    }
    // Gone already; or a server that cannot delete, and says the same.
    let left = listed(&[status(110, "<p>x</p>", at(2))]);
    for (after, wanted) in [
        (left, Outcome::Done { url: URL.to_owned() }),
        (page(), Outcome::Never(Reason::CannotTakeDown)),
        (bare(500), Outcome::Later { why: Reason::Refused, after: Duration::from_mins(1) }),
    ] {
        let peer = Peer::start(vec![me(), page(), listed(&[]), bare(404), me(), after, listed(&[])]).await;
        assert_eq!(live("mastodon", settings(&peer.url("/"))).take_down(URL, KEY).await, wanted);
    }
    let peer = Peer::start(vec![me(), page(), listed(&[])]).await;
    let gone = live("mastodon", settings(&peer.url("/"))).take_down("https://social.example/@press/7", KEY).await;
    assert_eq!(gone, Outcome::Never(Reason::NotThere));
    assert!(peer.heard().iter().all(|heard| heard.method == "GET"));
}

#[tokio::test]
async fn two_texts_are_no_status() {
    let peer = Peer::start(Vec::new()).await;
    let two = approved(package_for("wire", vec![text("en", None, "x"), text("es", None, "y")]));
    let outcome = live("mastodon", settings(&peer.url("/"))).post(&two, &intent(KEY)).await;
    assert_eq!(outcome, Outcome::Never(Reason::OtherBytes));
    assert!(peer.heard().is_empty());
}

#[test]
fn settings_tell_the_core_its_length_and_account() {
    let with = |more: Value| {
        let mut all = json!({ "server": "https://social.example", "token": "t" });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        rules("mastodon", all).unwrap()
    };
    let plain = with(json!({}));
    assert_eq!(
        (plain.limit, plain.account.as_str()),
        (Some(Limit::mastodon()), "the account of token e3b98a4d (social.example)")
    );
    assert_eq!(with(json!({ "account": "press@other.example" })).account, "press@other.example (social.example)");
    assert_eq!(with(json!({ "length": 1000 })).limit, Some(Limit::Mastodon { max: 1000 }));
    for written in ["press", "@press", "press@social.example", "@press@social.example"] {
        assert_eq!(with(json!({ "account": written })).account, "press@social.example");
    }
    for (settings, said) in [
        (json!({ "server": "https://social.example/@press", "token": "t" }), "`server` holds more than a server"),
        (json!({ "server": "http://social.example", "token": "t" }), "`server` is not encrypted"),
        (json!({ "server": "https://social.example", "token": "a\nb" }), "`token` is no access token"),
        (json!({ "server": "https://social.example", "token": "t", "visibility": "direct" }), "unknown variant"),
    ] {
        let refused = refusal("mastodon", settings);
        assert!(refused.starts_with(said), "{refused}");
    }
}
