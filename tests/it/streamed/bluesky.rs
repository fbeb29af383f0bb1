//! The Bluesky feed against a Jetstream server that is played: what posts become, and every way in which a stream ends.

use std::sync::Arc;
use std::time::Duration;

use holdline::core::mention::{MENTION_TEXT_BYTES_MAX, Mention};
use holdline::feed::Door;
use holdline::feed::Feed as _;
use holdline::feed::bluesky::event::{Event, read};
use holdline::feed::bluesky::{AHEAD_SECONDS_MAX, Bluesky, GAP_SECONDS, REWIND_SECONDS};
use holdline::feed::streamed::{
    Heard, Keep, MESSAGE_BYTES_MAX, MESSAGES_MAX, Pace, Session, StreamError, Streamed as _, UNREADABLE_MAX,
};
use holdline::net::{Http, Silence};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::player::{Act, Play, Player};
use super::{hear, mentions, pace, something};
use crate::peer::nobody;

const DID: &str = "did:plc:eygmaihciaxprqvxpfvl6flk";
const SECOND: i64 = 1_000_000;

pub(super) fn post(number: usize, at: i64, record: &Value) -> String {
    event(number, at, "create", record)
}

fn event(number: usize, at: i64, operation: &str, record: &Value) -> String {
    json!({ "did": DID, "time_us": at, "kind": "commit", "commit": {
        "rev": "3l3qo2vuowo2b", "operation": operation, "collection": "app.bsky.feed.post", "rkey": format!("3l{number}"),
        "record": record, "cid": "bafyreidc6sydkkbchcyg62v77wbhzvb2mvytlmsychqgwf2xojjtirmzj4",
    } })
    .to_string()
}

pub(super) fn words(text: &str) -> Value {
    json!({ "$type": "app.bsky.feed.post", "createdAt": "2026-11-22T13:59:58.102Z", "langs": ["en"], "text": text })
}

fn said(record: &Value) -> Mention {
    read(&post(1, 7, record)).unwrap().said.unwrap()
}

fn now() -> i64 {
    Timestamp::now().as_microsecond()
}

pub(super) fn feed(player: &Player) -> Bluesky {
    Bluesky::new(player.url("ws", "/subscribe"), true).with_pace(pace())
}

async fn open(feed: &Bluesky, cursor: Option<String>) -> Result<Box<dyn Session>, StreamError> {
    feed.open(&Http::new().unwrap(), cursor, Timestamp::now()).await
}

fn ids(heard: &Heard) -> Vec<&str> {
    heard.mentions.iter().map(|mention| mention.id.rsplit('/').next().unwrap()).collect()
}

#[test]
fn a_post_is_a_mention_by_its_account() {
    let mention = said(&words("Riverside General leaked my records"));
    assert_eq!(mention.id, format!("at://{DID}/app.bsky.feed.post/3l1"));
    assert_eq!(mention.author.as_deref(), Some(DID));
    assert_eq!(mention.url.unwrap(), format!("https://bsky.app/profile/{DID}/post/3l1"));
    assert_eq!(
        (mention.text.as_str(), mention.language.as_deref()),
        ("Riverside General leaked my records", Some("en"))
    );
    assert_eq!(mention.published, Some("2026-11-22T13:59:58.102Z".parse().unwrap()));
    // Changed, it is the same mention with what it says now; deleted, it says nothing new.
    let changed = read(&event(1, 7, "update", &words("mended"))).unwrap().said.unwrap();
    assert_eq!((changed.id, changed.text.as_str()), (mention.id, "mended"));
    assert_eq!(read(&event(1, 9, "delete", &Value::Null)), Ok(Event { at: 9, said: None }));
}

#[test]
fn links_are_read_in_full_and_pictures_by_their_words() {
    let text = "🏥 status.riverside.exa... and here, riverside.example";
    let place = |part: &str| {
        let from = text.find(part).unwrap();
        json!({ "byteStart": from, "byteEnd": from + part.len() })
    };
    let link = |part: &str, uri: &str| {
        json!({ "index": place(part), "features": [
            { "$type": "app.bsky.richtext.facet#tag", "tag": "x" }, { "$type": "app.bsky.richtext.facet#link", "uri": uri }] })
    };
    let mut record = words(text);
    record["facets"] = json!([
        link("riverside.example", "https://riverside.example"),
        link("status.riverside.exa...", "https://status.riverside.example/incidents/7"),
        link("here", "https://elsewhere.example/a"),
        // Within another, within a character, backwards, beyond the end, of no use.
        link("status", "https://within.example"),
        { "index": { "byteStart": 1, "byteEnd": 4 }, "features": [{ "$type": "app.bsky.richtext.facet#link", "uri": "x" }] },
        { "index": { "byteStart": 9, "byteEnd": 2 }, "features": [{ "$type": "app.bsky.richtext.facet#link", "uri": "x" }] },
        { "index": { "byteStart": 0, "byteEnd": 999 }, "features": [{ "$type": "app.bsky.richtext.facet#link", "uri": "x" }] },
        { "index": { "byteStart": -1, "byteEnd": "2" }, "features": [] },
        7,
    ]);
    record["embed"] =
        json!({ "$type": "app.bsky.embed.images", "images": [{ "alt": "A letter" }, { "alt": " " }, {}] });
    assert_eq!(
        said(&record).text,
        "🏥 https://status.riverside.example/incidents/7 and here (https://elsewhere.example/a), riverside.example\nA letter"
    );
    let card =
        json!({ "external": { "uri": "https://news.example/1", "title": "Records leaked", "description": "…" } });
    record["embed"] = card.clone();
    assert_eq!(said(&record).title.as_deref(), Some("Records leaked"));
    record["embed"] = json!({ "record": { "uri": "at://x" }, "media": card });
    assert_eq!(said(&record).title.as_deref(), Some("Records leaked"));
    record["embed"] = json!({ "$type": "app.bsky.embed.video", "alt": "A film of the ward" });
    assert!(said(&record).text.ends_with("\nA film of the ward"));
}

#[test]
fn what_does_not_fit_costs_the_field_and_not_the_post() {
    let mut record = words("Riverside");
    record["langs"] = json!(["not a language", "en"]);
    record["createdAt"] = json!("yesterday");
    record["embed"] = json!("none");
    record["facets"] = json!({});
    let mention = said(&record);
    assert_eq!((mention.language, mention.published), (None, Some(Timestamp::from_microsecond(7).unwrap())));
    record["text"] = json!("a\u{0}".repeat(MENTION_TEXT_BYTES_MAX));
    let long = said(&record).text;
    assert!(long.len() <= MENTION_TEXT_BYTES_MAX && long.len() > MENTION_TEXT_BYTES_MAX - 4 && !long.contains('\0'));
    for silent in [json!({}), json!({ "text": " " }), json!({ "text": 7 }), json!([]), json!("x")] {
        assert_eq!(read(&post(1, 7, &silent)), Ok(Event { at: 7, said: None }), "{silent}");
    }
    let other = post(1, 7, &words("x")).replacen("feed.post", "feed.like", 1);
    assert_eq!(read(&other), Ok(Event { at: 7, said: None }));
    let own = post(1, 7, &words("x"));
    for wrong in [
        "",
        "[]",
        "{}",
        "{\"time_us\":\"1\"}",
        &own.replace(DID, "did:plc:"),
        &own.replace(DID, "ana\\n"),
        &own.replace("3l1", ".."),
    ] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
    assert!(read(&"[".repeat(100_000)).is_err());
}

#[tokio::test]
async fn the_first_time_it_begins_with_what_is_said_now_and_then_where_it_was() {
    let (first, second) = (now() - 30 * SECOND, now() - 20 * SECOND);
    let identity =
        json!({ "did": DID, "time_us": second + 1, "kind": "identity", "identity": { "handle": "ana.example" } });
    let acts = vec![
        Act::Say(post(1, first, &words("Riverside one"))),
        Act::Say(post(2, second, &words("two"))),
        Act::Say("no event".to_owned()),
        Act::SayBytes(vec![1, 2, 3]),
        Act::Say(identity.to_string()),
        // From a clock that is wrong: taken, and the place stays.
        Act::Say(post(3, now() + (AHEAD_SECONDS_MAX + 60) * SECOND, &words("three"))),
        Act::Say(post(4, -5, &words("four"))),
        Act::Stay,
    ];
    let player = Player::streams(vec![Play::Acts(acts), Play::Acts(vec![Act::Stay])]).await;
    let mut session = open(&feed(&player), None).await.unwrap();
    let mut heard = mentions(&mut session, 4).await;
    assert_eq!(ids(&heard), ["3l1", "3l2", "3l3", "3l4"]);
    assert_eq!(heard.cursor, Some((second + 1).to_string()));
    heard = hear(&mut session).await.unwrap();
    assert_eq!((heard.keep, heard.cursor, heard.mentions), (Keep::Matching, None, Vec::new()), "nothing was said");
    drop(session);
    let _again = open(&feed(&player), Some((second + 1).to_string())).await.unwrap();
    let asked = player.asked("/subscribe");
    assert_eq!(
        asked[0],
        format!("/subscribe?wantedCollections=app.bsky.feed.post&maxMessageSizeBytes={MESSAGE_BYTES_MAX}")
    );
    assert_eq!(asked[1], format!("{}&cursor={}", asked[0], second + 1 - REWIND_SECONDS * SECOND));
    let foreign = open(&feed(&player), Some("{\"tag:x\":1}".to_owned())).await.err().unwrap();
    assert!(foreign.why.contains("give the feed another name"), "{foreign}");
}

#[tokio::test]
async fn a_connection_that_is_cut_within_a_frame_gives_what_was_whole_and_then_its_end() {
    let at = now();
    let half = [&[0x81, 0x7e, 0x10, 0x00][..], &post(3, at + 2, &words("half")).as_bytes()[..100]].concat();
    let acts = vec![Act::Say(post(1, at, &words("one"))), Act::Say(post(2, at + 1, &words("two"))), Act::Raw(half)];
    let player = Player::streams(vec![Play::Acts(acts)]).await;
    let mut session = open(&feed(&player), None).await.unwrap();
    let heard = mentions(&mut session, 2).await;
    assert_eq!((ids(&heard), heard.cursor.clone()), (vec!["3l1", "3l2"], Some((at + 1).to_string())));
    for _ in 0..2 {
        let why = hear(&mut session).await.unwrap_err().why;
        assert!(why.contains("the connection broke") || why.contains("closed the connection"), "{why}");
    }
    player.add(Play::Acts(vec![Act::Say(post(1, at, &words("one"))), Act::Close]));
    let mut session = open(&feed(&player), None).await.unwrap();
    assert_eq!(ids(&something(&mut session).await.unwrap()), ["3l1"]);
    assert!(hear(&mut session).await.unwrap_err().why.contains("the server closed the connection"));
}

#[tokio::test]
async fn old_events_move_no_place_back_and_a_gap_is_told_once() {
    let left = now() - 4 * GAP_SECONDS * SECOND;
    let old = left - REWIND_SECONDS * SECOND;
    let acts = |first: i64| {
        Play::Acts(vec![
            Act::Say(post(1, first, &words("one"))),
            Act::Say(post(2, first + 1, &words("two"))),
            Act::Say(post(3, first, &words("three"))),
            Act::Stay,
        ])
    };
    let resumed = left + 2 * GAP_SECONDS * SECOND;
    let player = Player::streams(vec![acts(old), acts(resumed), acts(now())]).await;
    // Replayed from before the place: taken, for the store knows what it has; nothing is missing.
    let mut session = open(&feed(&player), Some(left.to_string())).await.unwrap();
    let heard = mentions(&mut session, 3).await;
    assert_eq!((heard.cursor, heard.note), (None, None));
    // The server goes on two minutes later than it was left, and two minutes ago.
    let mut session = open(&feed(&player), Some(left.to_string())).await.unwrap();
    let heard = mentions(&mut session, 3).await;
    assert_eq!(heard.cursor, Some((resumed + 1).to_string()));
    assert!(heard.note.unwrap().contains("it may not keep what was said between"));
    // A quiet server that goes on now lost nothing.
    let mut session = open(&feed(&player), Some(left.to_string())).await.unwrap();
    assert_eq!(mentions(&mut session, 3).await.note, None);
}

#[tokio::test]
async fn a_silent_server_is_asked_and_left_where_it_does_not_answer() {
    let silence = Silence { ask_after: Duration::from_millis(50), answer_within: Duration::from_millis(1_500) };
    let quick = Pace { silence, ..pace() };
    let player = Player::streams(vec![Play::Acts(vec![Act::Freeze]), Play::Acts(vec![Act::Stay])]).await;
    let mut frozen = open(&feed(&player).with_pace(quick), None).await.unwrap();
    let error = loop {
        match hear(&mut frozen).await {
            Ok(heard) => assert!(heard.mentions.is_empty()),
            Err(error) => break error,
        }
    };
    assert!(error.why.contains("not even when it was asked"), "{error}");
    // Asked six times and more, it answered each time.
    let mut quiet = open(&feed(&player).with_pace(quick), None).await.unwrap();
    for _ in 0..8 {
        assert!(hear(&mut quiet).await.unwrap().mentions.is_empty());
    }
}

#[tokio::test]
async fn a_message_at_the_bound_is_read_and_a_larger_one_is_passed_over_with_a_second() {
    let at = now() - 20 * SECOND;
    let filled = |bytes: usize| {
        let mut record = words("Riverside");
        record["filled"] = json!("");
        let short = post(1, at, &record);
        record["filled"] = json!("x".repeat(bytes - short.len()));
        post(1, at, &record)
    };
    assert_eq!(filled(MESSAGE_BYTES_MAX).len(), MESSAGE_BYTES_MAX);
    let player = Player::streams(vec![
        Play::Acts(vec![Act::Say(filled(MESSAGE_BYTES_MAX)), Act::Stay]),
        Play::Acts(vec![Act::Say(filled(MESSAGE_BYTES_MAX + 1)), Act::Stay]),
    ])
    .await;
    let mut session = open(&feed(&player), None).await.unwrap();
    assert_eq!(ids(&mentions(&mut session, 1).await), ["3l1"]);
    let mut session = open(&feed(&player), Some(at.to_string())).await.unwrap();
    let heard = something(&mut session).await.unwrap();
    assert!(heard.refused.first.unwrap().contains("passed over"));
    // So far on that the next connection, rewound, begins a second later.
    assert_eq!(heard.cursor, Some((at + (1 + REWIND_SECONDS) * SECOND).to_string()));
}

#[tokio::test]
async fn garbage_between_events_is_counted_and_nothing_but_garbage_ends_it() {
    let garbage = |count: usize| std::iter::repeat_with(|| Act::Say("garbage\u{1b}[2J".to_owned())).take(count);
    let acts: Vec<Act> = garbage(UNREADABLE_MAX - 1)
        .chain([Act::Say(post(1, now(), &words("one")))])
        .chain(garbage(UNREADABLE_MAX - 1))
        .chain([Act::Say(post(2, now(), &words("two"))), Act::Stay])
        .collect();
    let player = Player::streams(vec![Play::Acts(acts), Play::Acts(garbage(UNREADABLE_MAX).collect())]).await;
    let mut session = open(&feed(&player), None).await.unwrap();
    let (mut refused, mut first, mut taken) = (0, None, 0);
    while taken < 2 {
        let heard = hear(&mut session).await.unwrap();
        refused += heard.refused.count;
        first = first.or(heard.refused.first);
        taken += heard.mentions.len();
    }
    assert_eq!(refused, 2 * (UNREADABLE_MAX - 1));
    let first = first.unwrap();
    assert!(first.starts_with("an event cannot be read") && !first.contains('\u{1b}'), "{first}");
    let mut session = open(&feed(&player), None).await.unwrap();
    let why = loop {
        match hear(&mut session).await {
            Ok(heard) => assert!(heard.mentions.is_empty()),
            Err(error) => break error.why,
        }
    };
    assert!(why.contains("is this the kind of server that the feed names?"), "{why}");
}

#[tokio::test]
async fn a_batch_is_bounded_and_a_slow_reader_slows_the_server() {
    let at = now();
    // Far more than what systems keep of a connection.
    let long = words(&"long ".repeat(2_000));
    let count = 6 * MESSAGES_MAX;
    let mut acts: Vec<Act> = (0..count).map(|number| Act::Say(post(number, at, &long))).collect();
    acts.push(Act::Say(post(count, at, &words("last"))));
    acts.push(Act::Stay);
    let player = Player::streams(vec![Play::Acts(acts)]).await;
    let mut session = open(&feed(&player), None).await.unwrap();
    let (mut taken, mut largest) = (0, 0);
    while taken <= count {
        let heard = hear(&mut session).await.unwrap();
        largest = largest.max(heard.mentions.len());
        taken += heard.mentions.len();
    }
    assert_eq!((taken, largest), (count + 1, MESSAGES_MAX));
}

/// Far more together than what systems keep of a connection.
const MESSAGES: usize = 4_000;

#[tokio::test]
async fn a_server_that_is_not_read_waits() {
    let said = Arc::new(Notify::new());
    let word = Arc::clone(&said);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
        let long = "long ".repeat(3_000);
        for number in 0..MESSAGES {
            let message = post(number, now(), &words(&long));
            futures_util::SinkExt::send(&mut socket, message.into()).await.unwrap();
        }
        word.notify_one();
        std::future::pending::<()>().await;
    });
    let feed = Bluesky::new(format!("ws://{address}/").parse().unwrap(), true).with_pace(pace());
    let mut session = open(&feed, None).await.unwrap();
    assert_eq!(hear(&mut session).await.unwrap().mentions.len(), MESSAGES_MAX);
    let waits = tokio::time::timeout(Duration::from_secs(2), said.notified()).await;
    assert!(waits.is_err(), "sixty million bytes are held somewhere");
    assert_eq!(mentions(&mut session, MESSAGES - MESSAGES_MAX).await.mentions.len(), MESSAGES - MESSAGES_MAX);
    server.abort();
}

#[tokio::test]
async fn a_refusal_is_told_in_words_that_help() {
    let answers = [
        "401 Unauthorized",
        "403 Forbidden",
        "404 Not Found",
        "302 Found",
        "429 Too Many\r\nretry-after: 77",
        "200 OK",
        "503 Busy",
    ];
    let player = Player::streams(answers.into_iter().map(Play::Refuse).collect()).await;
    let mut told = Vec::new();
    for _ in answers {
        told.push(open(&feed(&player), None).await.err().unwrap());
    }
    for (told, part) in told.iter().zip([
        "answers 401: it shows this only to those who may see it; name another Jetstream server",
        "answers 403",
        "answers 404: there is nothing at this address; compare `jetstream`",
        "answers 302: it is elsewhere",
        "answers 429: it was asked too often",
        "answers 200",
        "answers 503: it cannot answer now",
    ]) {
        assert!(told.why.contains(part), "{told}");
    }
    assert_eq!(told[4].after, Some(Duration::from_secs(77)));
    let nowhere = Bluesky::new(format!("ws://{}/", nobody().await).parse().unwrap(), true);
    let error = open(&nowhere, None).await.err().unwrap();
    assert!(error.why.contains("the server that `jetstream` names: no connection could be made"), "{error}");
    assert!(matches!(nowhere.door(), Door::Streamed(_)));
}
