//! A channel that is swapped beneath an open incident while Holdline is down: what was approved for one place is posted to
//! no other.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use holdline::channel::Outside;
use holdline::core::incident::PostPhase;
use holdline::core::name::PlaybookName;
use holdline::engine::{Clock, Engine, Hands, LiveChannel, LiveHands, ManualClock, Shell, Standing};
use holdline::mail::compose::Composer;
use holdline::mail::{Mailbox, Post};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{live, rules};
use crate::hospital;
use crate::peer::{Peer, json as json_answer};
use crate::press::{HOLDING, Press};

/// How long anything here may take in real time.
const PATIENCE: Duration = Duration::from_secs(20);

fn bluesky(server: &str, account: &str) -> Value {
    json!({ "service": server, "account": account, "password": "password-of-the-tests", "private": true })
}

fn mastodon(server: &str, token: &str, account: Option<&str>) -> Value {
    json!({ "server": server, "token": token, "account": account, "private": true })
}

fn webhook(url: &str) -> Value {
    json!({ "url": url, "secret": "a secret of the tests that is long enough", "private": true })
}

/// A hospital whose holding statement goes to the wire, which is this channel.
fn standing(kind: &str, settings: Value) -> Standing {
    let mut standing = hospital::standing_with(&["wire"]);
    let mut known = (*standing.rules["breach"]).clone();
    known.channels.insert("wire".into(), rules(kind, settings).unwrap());
    standing.rules = BTreeMap::from([(PlaybookName::from("breach"), Arc::new(known))]);
    standing
}

/// What becomes of a post that was approved for `before`, where `after` is what the folder says at the next start.
async fn posted(kind: &str, before: Value, after: Value) -> PostPhase {
    let mut press = Press::approved_in(standing(kind, before));
    press.start(standing(kind, after.clone())).unwrap();
    let clock = Clock::Manual(ManualClock::at(press.now));
    let (engine, writer) = Engine::start(press.recorder.take().unwrap(), &press.path, clock);
    let mailbox = Mailbox::new("Holdline <holdline@riverside.example>").unwrap();
    let written = LiveChannel {
        rules: rules(kind, after.clone()).unwrap(),
        channel: live(kind, after),
        written: String::new(),
        since: Timestamp::MIN,
    };
    let shell = Shell {
        first: None,
        post: Arc::new(Post::Capture(mailbox)),
        composer: Composer::new().unwrap(),
        hands: Hands::Live(LiveHands {
            channels: BTreeMap::from([("wire".into(), vec![written])]),
            outside: Outside::default(),
            pager: None,
        }),
    };
    let (shells, stop) = (tokio::sync::watch::Sender::new(Arc::new(shell)), CancellationToken::new());
    let carrying = tokio::spawn(engine.clone().carry_out(shells.subscribe(), stop.clone()));
    tokio::time::timeout(PATIENCE, engine.settled()).await.expect("it did not settle").unwrap();
    let phase = engine.board().incidents[&1].incident.post(&HOLDING.into(), &"wire".into()).cloned().unwrap();
    stop.cancel();
    carrying.await.unwrap();
    drop(engine);
    tokio::task::spawn_blocking(move || writer.join()).await.unwrap();
    phase
}

fn is_refused(phase: &PostPhase) -> bool {
    matches!(phase, PostPhase::Refused { why, .. } if why == "no live channel of this name is configured")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_swapped_while_holdline_is_down_gets_nothing() {
    let (theirs, ours) = (Peer::start(Vec::new()).await, Peer::start(Vec::new()).await);
    let (theirs_too, account) = (theirs.url("/"), "press.example");
    for (kind, before, after) in [
        ("bluesky", bluesky(&ours.url("/"), account), bluesky(&theirs_too, account)),
        ("bluesky", bluesky(&theirs_too, account), bluesky(&theirs_too, "mallory.example")),
        ("mastodon", mastodon(&ours.url("/"), "t", Some("press")), mastodon(&theirs_too, "t", Some("press"))),
        ("mastodon", mastodon(&theirs_too, "t", Some("press")), mastodon(&theirs_too, "t", Some("mallory"))),
        ("mastodon", mastodon(&theirs_too, "t", None), mastodon(&theirs_too, "another", None)),
        (
            "mastodon",
            mastodon(&ours.url("/"), "t", Some("press@social.example")),
            mastodon(&theirs_too, "t", Some("press@social.example")),
        ),
        ("webhook", webhook(&ours.url("/")), webhook(&theirs_too)),
        ("webhook", webhook(&theirs.url("/press")), webhook(&theirs.url("/mallory"))),
    ] {
        let phase = posted(kind, before.clone(), after).await;
        assert!(is_refused(&phase), "{before}: {phase:?}");
    }
    assert!(theirs.heard().is_empty() && ours.heard().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_channel_posts_after_a_restart() {
    let did = "did:plc:eygmaihciaxprqvxpfvl6flk";
    let signed_in = json!({ "accessJwt": "a", "refreshJwt": "r", "did": did, "handle": "press.example" });
    let put = json!({ "uri": format!("at://{did}/app.bsky.feed.post/x"), "cid": "c" });
    let peer = Peer::start(vec![json_answer(200, &signed_in.to_string()), json_answer(200, &put.to_string())]).await;
    let settings = bluesky(&peer.url("/"), "press.example");
    let phase = posted("bluesky", settings.clone(), settings).await;
    assert!(matches!(phase, PostPhase::Confirmed { .. }), "{phase:?}");
    assert_eq!(peer.heard().len(), 2);
}
