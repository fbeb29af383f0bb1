//! The Mastodon feed against a server that is played, in the shape that Mastodon documents: streaming, looking, both together.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use holdline::core::mention::Mention;
use holdline::feed::mastodon::status::{Frame, read_frame, read_page};
use holdline::feed::mastodon::{HASHTAGS_MAX, Mastodon, MastodonSettingsError, Public};
use holdline::feed::streamed::{Keep, Pace, Session, StreamError, Streamed as _};
use holdline::net::{Http, Url};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::player::{Act, Pages, Play, Player};
use super::{hear, mentions, pace, something};

const HOST: &str = "here.example";

/// A status as Mastodon's documentation of the entity shows it.
fn status(id: u64, at: Timestamp, acct: &str, content: &str) -> Value {
    json!({
        "id": id.to_string(), "created_at": at.to_string(), "in_reply_to_id": null, "in_reply_to_account_id": null,
        "sensitive": false, "spoiler_text": "", "visibility": "public", "language": "en",
        "uri": format!("https://other.example/users/x/statuses/{id}"), "url": format!("https://other.example/@x/{id}"),
        "replies_count": 7, "edited_at": null, "content": content, "reblog": null,
        "account": { "id": "1", "username": "x", "acct": acct, "display_name": "X" },
        "media_attachments": [], "mentions": [], "tags": [], "emojis": [], "card": null, "poll": null,
    })
}

fn frame(event: &str, payload: &str) -> String {
    json!({ "stream": ["hashtag", "leak"], "event": event, "payload": payload }).to_string()
}

fn update(status: &Value) -> String {
    frame("update", &status.to_string())
}

fn said(frame: &str) -> Mention {
    match read_frame(frame, HOST).unwrap() {
        Frame::Said(mention) => mention,
        other => panic!("{other:?}"),
    }
}

fn ago(minutes: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_mins(minutes)
}

#[test]
fn a_status_is_a_mention_by_the_full_handle() {
    let content = "<p>Riverside General <a href=\"https://x.example/tags/leak\">#<span>leak</span></a><br>&amp; more</p>\
        <p><a href=\"https://status.riverside.example/incidents\"><span class=\"invisible\">https://</span>\
        <span class=\"ellipsis\">status.riverside.exa</span><span class=\"invisible\">mple/incidents</span></a></p>\
        <script>alert(1)</script>";
    let mut whole = status(7, "2026-11-22T14:00:00Z".parse().unwrap(), "bob@other.example", content);
    whole["spoiler_text"] = json!("Hospital");
    whole["media_attachments"] = json!([{ "type": "image", "description": "A letter" }, { "description": null }]);
    let mention = said(&update(&whole));
    assert_eq!(mention.text, "Riverside General #leak\n& more\nhttps://status.riverside.example/incidents\nA letter");
    assert_eq!((mention.id.as_str(), mention.title.as_deref()), ("7", Some("Hospital")));
    assert_eq!(mention.author.as_deref(), Some("bob@other.example"));
    assert_eq!((mention.url.as_deref(), mention.language.as_deref()), (Some("https://other.example/@x/7"), Some("en")));
    assert_eq!(mention.published, Some("2026-11-22T14:00:00Z".parse().unwrap()));
    // The server's own people are called by their name alone.
    whole["account"]["acct"] = json!("ana");
    assert_eq!(said(&update(&whole)).author.as_deref(), Some("ana@here.example"));
    // Changed, it is the same mention.
    assert_eq!(said(&frame("status.update", &whole.to_string())).id, "7");
    // A boost is the same words by another voice.
    let mut boost = status(9, "2026-11-22T14:05:00Z".parse().unwrap(), "eve@far.example", "");
    boost["reblog"] = whole.clone();
    let boosted = said(&update(&boost));
    assert_eq!((boosted.id.as_str(), boosted.text), ("9", mention.text));
    assert_eq!((boosted.author.as_deref(), boosted.title.as_deref()), (Some("eve@far.example"), Some("Hospital")));
    // Not for everybody, without a word, gone, or of no timeline.
    for visibility in ["private", "direct", "secret"] {
        whole["visibility"] = json!(visibility);
        assert_eq!(read_frame(&update(&whole), HOST), Ok(Frame::Nothing), "{visibility}");
    }
    let silent = status(8, ago(1), "ana", "<p> </p>");
    for nothing in [update(&silent), frame("delete", "7"), frame("notification", "{}"), "{}".to_owned()] {
        assert_eq!(read_frame(&nothing, HOST), Ok(Frame::Nothing), "{nothing}");
    }
    let refused = read_frame("{\"error\":\"Not\\u001b found\",\"status\":404}", HOST);
    assert_eq!(refused, Ok(Frame::Refused("Not\\u{1b} found".to_owned())));
    whole["visibility"] = json!("public");
    whole["account"] = json!(null);
    for wrong in [update(&whole), frame("update", "{"), "[]".to_owned(), String::new()] {
        assert!(read_frame(&wrong, HOST).is_err(), "{wrong}");
    }
}

#[test]
fn a_page_passes_over_what_is_no_status_and_keeps_the_rest() {
    let mut nameless = status(2, ago(1), "x", "two");
    nameless["account"] = json!({});
    let page = json!([status(3, ago(1), "x", "three"), nameless, 7, { "id": "" }, status(1, ago(1), "x", "one")]);
    let rows = read_page(page.to_string().as_bytes(), HOST).unwrap();
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["3", "2", "1"]);
    assert!(rows[1].said.is_err() && rows[0].said.as_ref().unwrap().is_some());
    assert!(read_page(b"{\"error\":\"no\"}", HOST).is_err());
}

#[test]
fn settings_say_what_is_wrong() {
    let url: Url = "https://mastodon.example".parse().unwrap();
    let made = |tags: &[&str], token: Option<&str>| {
        let tags: Vec<String> = tags.iter().map(|&tag| tag.to_owned()).collect();
        Mastodon::new(url.clone(), &tags, None, token.map(SecretString::from), false).err()
    };
    assert_eq!(made(&["#RiversideGeneral", "病院", "a_1"], Some("token")), None);
    assert_eq!(made(&[], None), Some(MastodonSettingsError::Nothing));
    let many: Vec<String> = (0..=HASHTAGS_MAX).map(|number| format!("tag{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(made(&many[1..], None), None);
    assert_eq!(made(&many, None), Some(MastodonSettingsError::TooMany));
    for wrong in ["", "#", "two words", "a/b", "a?b", &"x".repeat(101)] {
        assert_eq!(made(&[wrong], None), Some(MastodonSettingsError::Hashtag), "{wrong}");
    }
    assert_eq!(made(&["a"], Some("two\nlines")), Some(MastodonSettingsError::Token));
}

/// A timeline that a test fills, and what the server says beside it.
#[derive(Clone, Default)]
struct Timeline(Arc<Mutex<(Vec<Value>, String)>>);

impl Timeline {
    fn says(&self, status: Value) {
        self.0.lock().unwrap().0.insert(0, status);
    }

    /// The answer instead of a page: a status line and headers.
    fn answers(&self, head: &str) {
        head.clone_into(&mut self.0.lock().unwrap().1);
    }

    /// Newest first, as Mastodon pages: newer than `since_id`, older than `max_id`.
    fn pages(&self) -> Pages {
        let timeline = self.clone();
        Box::new(move |target| {
            if target.contains("/instance") {
                return ("404 Not Found".to_owned(), "{\"error\":\"none\"}".to_owned());
            }
            let (statuses, head) = timeline.0.lock().unwrap().clone();
            if !head.is_empty() {
                return (head, "{\"error\":\"no\"}".to_owned());
            }
            let url = Url::parse("http://x.example").unwrap().join(target).unwrap();
            let given = |key: &str| {
                let mut pairs = url.query_pairs();
                pairs.find(|(name, _)| name == key).map(|(_, value)| value.parse::<u64>().unwrap())
            };
            let (since, max, limit) = (given("since_id"), given("max_id"), given("limit").unwrap());
            let id = |status: &Value| status["id"].as_str().unwrap().parse::<u64>().unwrap();
            let page: Vec<Value> = statuses
                .into_iter()
                .filter(|status| since.is_none_or(|since| id(status) > since) && max.is_none_or(|max| id(status) < max))
                .take(usize::try_from(limit).unwrap())
                .collect();
            ("200 OK".to_owned(), json!(page).to_string())
        })
    }
}

fn feed(player: &Player, pace: Pace) -> Mastodon {
    let token = Some(SecretString::from("the token"));
    let tags = ["Leak".to_owned(), "riverside".to_owned()];
    Mastodon::new(player.url("http", "/"), &tags, None, token, true).unwrap().with_pace(pace)
}

async fn open(feed: &Mastodon, cursor: Option<String>) -> Result<Box<dyn Session>, StreamError> {
    feed.open(&Http::new().unwrap(), cursor, Timestamp::now()).await
}

#[tokio::test]
async fn it_subscribes_first_and_looks_then_and_reads_the_stream_on() {
    let timeline = Timeline::default();
    timeline.says(status(1, ago(60), "old", "long before anybody listened"));
    timeline.says(status(2, ago(1), "ana", "<p>just before</p>"));
    let acts = vec![Act::Hear, Act::Say(update(&status(3, ago(0), "bob@far.example", "streamed"))), Act::Stay];
    let player = Player::start(timeline.pages(), vec![Play::Acts(acts)]).await;
    let mut session = open(&feed(&player, pace()), None).await.unwrap();
    let heard = mentions(&mut session, 3).await;
    let authors: Vec<_> = heard.mentions.iter().map(|mention| mention.author.clone().unwrap()).collect();
    // Two hashtags of one server show the same status; the store knows it by its id.
    assert_eq!(authors, ["ana@127.0.0.1", "ana@127.0.0.1", "bob@far.example"]);
    assert_eq!((heard.keep, heard.note), (Keep::All, None));
    let heard = player.heard();
    let opened =
        heard.iter().position(|head| head.starts_with("GET /api/v1/streaming?stream=hashtag&tag=leak ")).unwrap();
    assert!(heard[opened].contains("authorization: Bearer the token"), "{}", heard[opened]);
    let subscribed = heard.iter().find(|message| message.contains("subscribe")).unwrap();
    let subscribed: Value = serde_json::from_str(subscribed).unwrap();
    assert_eq!(subscribed, json!({ "type": "subscribe", "stream": "hashtag", "tag": "riverside" }));
    let looked = heard.iter().position(|head| head.starts_with("GET /api/v1/timelines/tag/leak?limit=40 ")).unwrap();
    assert!(opened < looked && heard[looked].contains("authorization: Bearer the token"));
}

#[tokio::test]
async fn what_is_said_while_the_stream_is_away_is_found_in_the_timeline() {
    let timeline = Timeline::default();
    timeline.says(status(1, ago(9), "a", "before"));
    let half = Act::Raw([&[0x81, 0x7e, 0x10, 0x00][..], b"{\"stream\""].concat());
    let cut = vec![Act::Hear, Act::Say(update(&status(2, ago(2), "b", "streamed"))), half];
    let player = Player::start(timeline.pages(), vec![Play::Acts(cut), Play::Acts(vec![Act::Hear, Act::Stay])]).await;
    let feed = feed(&player, pace());
    let mut session = open(&feed, None).await.unwrap();
    let mut cursor = None;
    let mut streamed = Vec::new();
    let broken = loop {
        match hear(&mut session).await {
            Ok(heard) => {
                streamed.extend(heard.mentions.into_iter().map(|mention| mention.id));
                cursor = heard.cursor.or(cursor);
            }
            Err(error) => break error,
        }
    };
    assert!(broken.why.contains("what was said since is read after connecting again"), "{broken}");
    assert_eq!(streamed, ["2"]);
    // More than a page, and one that arrives late.
    timeline.says(status(2, ago(2), "b", "streamed"));
    (3..60).for_each(|id| timeline.says(status(id, ago(1), "c", "meanwhile")));
    let mut session = open(&feed, cursor).await.unwrap();
    let heard = mentions(&mut session, 58 * 2).await;
    let mut ids: Vec<u64> = heard.mentions.iter().map(|mention| mention.id.parse().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids, (2..60).collect::<Vec<u64>>());
    let walked = player.asked("max_id=20");
    assert_eq!(walked.len(), 2, "one page back for each hashtag: {walked:?}");
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_looked_at_until_it_does() {
    let timeline = Timeline::default();
    timeline.says(status(1, ago(1), "a", "one"));
    let streams = vec![Act::Hear, Act::Say(update(&status(3, ago(0), "c", "streamed"))), Act::Stay];
    let plays = vec![Play::Refuse("401 Unauthorized"), Play::Refuse("404 Not Found"), Play::Acts(streams)];
    let player = Player::start(timeline.pages(), plays).await;
    let soon = Pace { retry: Duration::from_millis(700), ..pace() };
    let mut session = open(&feed(&player, soon), None).await.unwrap();
    let heard = mentions(&mut session, 2).await;
    let note = heard.note.unwrap();
    assert!(note.contains("looked at instead") && note.contains("401") && note.contains("under `token`"), "{note}");
    timeline.says(status(2, ago(0), "b", "two"));
    let mut ids = Vec::new();
    while !ids.contains(&"3".to_owned()) {
        ids.extend(hear(&mut session).await.unwrap().mentions.into_iter().map(|mention| mention.id));
    }
    assert!(ids.contains(&"2".to_owned()));
    assert_eq!(player.asked("/api/v1/streaming").len(), 3);
}

#[tokio::test]
async fn a_stream_that_is_refused_in_words_is_looked_at_instead() {
    let timeline = Timeline::default();
    let acts = vec![Act::Say("{\"error\":\"Missing access token\",\"status\":401}".to_owned()), Act::Stay];
    let player = Player::start(timeline.pages(), vec![Play::Acts(acts)]).await;
    let mut session = open(&feed(&player, pace()), None).await.unwrap();
    let note = loop {
        if let Some(note) = hear(&mut session).await.unwrap().note {
            break note;
        }
    };
    assert!(note.contains("it says \"Missing access token\""), "{note}");
    timeline.says(status(1, ago(0), "a", "one"));
    assert_eq!(mentions(&mut session, 1).await.mentions[0].id, "1");
}

#[tokio::test]
async fn a_server_that_is_asked_too_often_is_left_alone_as_long_as_it_says() {
    let timeline = Timeline::default();
    // Nine requests are left until the counting begins anew: the second hashtag waits for that.
    let reset = Timestamp::now() + SignedDuration::from_secs(600);
    let counted = format!("200 OK\r\nx-ratelimit-limit: 300\r\nx-ratelimit-remaining: 9\r\nx-ratelimit-reset: {reset}");
    let pages: Pages = Box::new(move |_| (counted.clone(), "[]".to_owned()));
    let player = Player::start(pages, Vec::new()).await;
    let mut session = open(&feed(&player, pace()), None).await.unwrap();
    for _ in 0..4 {
        hear(&mut session).await.unwrap();
    }
    assert_eq!(player.asked("/timelines/").len(), 1);
    // 429 names its time; without a stream the whole feed waits that long.
    timeline.answers("429 Too Many Requests\r\nretry-after: 120");
    let player = Player::start(timeline.pages(), Vec::new()).await;
    let mut session = open(&feed(&player, pace()), None).await.unwrap();
    let error = something(&mut session).await.unwrap_err();
    assert_eq!(error.after, Some(Duration::from_mins(2)));
    assert!(error.why.contains("answers 429"), "{error}");
    // With a stream only the timelines wait.
    let acts = vec![Act::Hear, Act::Say(update(&status(3, ago(0), "c", "streamed"))), Act::Stay];
    let player = Player::start(timeline.pages(), vec![Play::Acts(acts)]).await;
    let mut session = open(&feed(&player, pace()), None).await.unwrap();
    let heard = mentions(&mut session, 1).await;
    assert!(heard.note.unwrap().contains("answers 429"));
    hear(&mut session).await.unwrap();
    assert_eq!(player.asked("/timelines/").len(), 1);
}

#[tokio::test]
async fn a_timeline_that_is_refused_is_told_in_words_that_help() {
    for (head, part) in [
        ("401 Unauthorized", "answers 401: it shows this only to those who may see it; make an access token"),
        ("422 Unprocessable", "answers 422: it shows this only to those who may see it"),
        ("404 Not Found", "answers 404: there is nothing at this address; compare `server`"),
        ("301 Moved\r\nlocation: /", "it is elsewhere"),
    ] {
        let timeline = Timeline::default();
        timeline.answers(head);
        let player = Player::start(timeline.pages(), Vec::new()).await;
        let mut session = open(&feed(&player, pace()), None).await.unwrap();
        let error = something(&mut session).await.unwrap_err();
        assert!(error.why.contains(part), "{error}");
    }
    let odd: Pages = Box::new(|_| ("200 OK".to_owned(), "<html>".to_owned()));
    let player = Player::start(odd, Vec::new()).await;
    let mut session = open(&feed(&player, pace()), None).await.unwrap();
    assert!(something(&mut session).await.unwrap_err().why.contains("the timeline cannot be read"));
}

#[tokio::test]
async fn it_streams_where_the_server_says_and_the_token_goes_nowhere_in_clear() {
    let streaming = Player::streams(vec![Play::Acts(vec![Act::Stay])]).await;
    let elsewhere = streaming.url("ws", "").to_string();
    let said = json!({ "configuration": { "urls": { "streaming": elsewhere } } }).to_string();
    let pages: Pages = Box::new(move |target| {
        let body = if target == "/api/v2/instance" { said.clone() } else { "[]".to_owned() };
        ("200 OK".to_owned(), body)
    });
    let player = Player::start(pages, Vec::new()).await;
    let url = player.url("http", "/");
    let feed = Mastodon::new(url.clone(), &[], Some(Public::Local), None, true).unwrap().with_pace(pace());
    let mut session = open(&feed, None).await.unwrap();
    assert_eq!(hear(&mut session).await.unwrap().keep, Keep::Matching);
    assert_eq!(streaming.asked("/api/v1/streaming"), ["/api/v1/streaming?stream=public%3Alocal"]);
    assert_eq!(player.asked("/timelines/"), ["/api/v1/timelines/public?limit=40&local=true"]);
    // A stranger's host is reached only where it is public, whatever the server says.
    let inside = format!("ws://localhost:{}", streaming.address.port());
    let said = json!({ "configuration": { "urls": { "streaming": inside } } }).to_string();
    let player = Player::start(Box::new(move |_| ("200 OK".to_owned(), said.clone())), Vec::new()).await;
    let token = Some(SecretString::from("the token"));
    let feed = Mastodon::new(player.url("http", "/"), &[], Some(Public::All), token, true).unwrap();
    let mut session = open(&feed, None).await.unwrap();
    let error = something(&mut session).await.unwrap_err();
    assert!(error.why.contains("the timeline cannot be read"), "{error}");
    assert_eq!(streaming.heard().len(), 1);
}
