//! How a feed is fetched: what it is asked, what each answer means, and where it may lead.

use std::fs;
use std::sync::Arc;

use holdline::feed::rss::{RETRY_AFTER_MAX, RssFeed, RssSettings, RssSettingsError};
use holdline::feed::{Batch, Came, Fetched as _, Look, Outside};
use holdline::net::{Addrs, Http, Name, Resolve, Resolving, USER_AGENT};
use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{feed, item, rss};
use crate::peer::{Answer, Peer, Rude, RudePeer, bare, nobody};
use crate::real_input::data;

fn now() -> Timestamp {
    "2026-11-22T14:00:00Z".parse().unwrap()
}

async fn look(feed: &RssFeed, cursor: Option<String>) -> Look {
    feed.fetch(&Outside::new().unwrap(), cursor, now()).await
}

fn batch(look: Look) -> Batch {
    match look.came {
        Came::Brought(batch) => batch,
        other => panic!("{other:?}"),
    }
}

fn why(look: Look) -> String {
    match look.came {
        Came::Failed { why } => why,
        other => panic!("{other:?}"),
    }
}

fn page(items: &[String], headers: Vec<(&'static str, String)>) -> Answer {
    (200, headers, rss(items))
}

fn ids(batch: &Batch) -> Vec<&str> {
    batch.mentions.iter().map(|mention| mention.id.as_str()).collect()
}

#[tokio::test]
async fn what_did_not_change_is_not_sent_again_and_not_read_again() {
    let known = || vec![("etag", "\"v1\"".to_owned()), ("last-modified", "Sun, 22 Nov 2026 09:00:00 GMT".to_owned())];
    let (first, second) = (item("a", "One", ""), item("b", "Two", ""));
    let peer = Peer::start(vec![
        page(std::slice::from_ref(&first), known()),
        bare(304),
        page(std::slice::from_ref(&first), Vec::new()),
        page(&[second.clone(), first.clone()], Vec::new()),
        page(&[item("b", "Two, corrected", ""), first], Vec::new()),
    ])
    .await;
    let feed = feed(&peer.url("/news.xml"));
    let brought = look(&feed, None).await;
    assert_eq!(brought.cost.requests, 1);
    assert!(brought.cost.bytes > 0);
    let brought = batch(brought);
    assert_eq!(ids(&brought), ["a"]);
    let cursor = brought.cursor;
    let unchanged = batch(look(&feed, cursor.clone()).await);
    assert_eq!((unchanged.mentions.len(), unchanged.cursor), (0, None), "304: all stays as it was");
    let same = batch(look(&feed, cursor).await);
    assert_eq!(same.mentions.len(), 0, "the same bytes are not read");
    let more = batch(look(&feed, same.cursor).await);
    assert_eq!(ids(&more), ["b"], "only what is new");
    let changed = batch(look(&feed, more.cursor).await);
    assert_eq!(ids(&changed), ["b"], "and what was changed");
    let heard = peer.heard();
    assert_eq!(heard[0].header("if-none-match"), "");
    assert_eq!((heard[0].header("user-agent"), heard[0].header("accept-encoding")), (USER_AGENT, "gzip, br"));
    assert_eq!(heard[1].header("if-none-match"), "\"v1\"");
    assert_eq!(heard[1].header("if-modified-since"), "Sun, 22 Nov 2026 09:00:00 GMT");
    assert_eq!(heard[3].header("if-none-match"), "", "the latest answer was known by nothing");
}

#[tokio::test]
async fn a_cursor_of_another_address_is_no_cursor() {
    let known = || vec![("etag", "\"v1\"".to_owned())];
    let peer = Peer::start(vec![page(&[item("a", "One", "")], known()), page(&[item("a", "One", "")], known())]).await;
    let cursor = batch(look(&feed(&peer.url("/old.xml")), None).await).cursor;
    let brought = batch(look(&feed(&peer.url("/new.xml")), cursor).await);
    assert_eq!(ids(&brought), ["a"]);
    assert_eq!(peer.heard()[1].header("if-none-match"), "");
    let garbled = Some("not a cursor".to_owned());
    assert!(why(look(&feed(&peer.url("/new.xml")), garbled).await).contains("500"), "it was asked all the same");
}

#[tokio::test]
async fn each_status_means_what_it_says() {
    let later = |status, value: &str| (status, vec![("retry-after", value.to_owned())], Vec::new());
    let peer = Peer::start(vec![
        later(429, "120"),
        later(503, "Sun, 22 Nov 2026 14:10:00 GMT"),
        later(429, "99999999999"),
        bare(503),
        bare(410),
        bare(404),
        bare(401),
        bare(500),
        (200, Vec::new(), b"<html>Welcome</html>".to_vec()),
    ])
    .await;
    let feed = feed(&peer.url("/"));
    for wanted in [Some(120), Some(600), Some(RETRY_AFTER_MAX.as_secs()), None] {
        let Came::Later { after, .. } = look(&feed, None).await.came else { panic!() };
        assert_eq!(after.map(|after| after.as_secs()), wanted);
    }
    let Came::Gone { why: gone } = look(&feed, None).await.came else { panic!() };
    assert!(gone.contains("410"));
    assert!(why(look(&feed, None).await).contains("is its address still right?"));
    assert!(why(look(&feed, None).await).contains("does not let us in"));
    assert!(why(look(&feed, None).await).contains("500"));
    assert!(why(look(&feed, None).await).contains("neither RSS, Atom nor JSON Feed"));
}

#[tokio::test]
async fn redirects_are_followed_three_times_and_judged_each_time() {
    let to = |status, place: &str| (status, vec![("location", place.to_owned())], Vec::new());
    let fine = || page(&[item("a", "One", "")], vec![("etag", "\"v1\"".to_owned())]);
    let peer = Peer::start(vec![to(301, "/b"), to(302, "/c"), to(308, "/d"), fine(), to(301, "/d"), bare(304)]).await;
    let here = feed(&peer.url("/a"));
    let brought = look(&here, None).await;
    assert_eq!(brought.cost.requests, 4);
    let cursor = batch(brought).cursor;
    batch(look(&here, cursor).await);
    let heard = peer.heard();
    assert_eq!(heard[4].header("if-none-match"), "", "what is known of /d is told to /d alone");
    assert_eq!((heard[5].target.as_str(), heard[5].header("if-none-match")), ("/d", "\"v1\""));
    let round = Peer::start((0..9).map(|_| to(302, "/again")).collect()).await;
    assert!(why(look(&feed(&round.url("/")), None).await).contains("redirects too often"));
    assert_eq!(round.heard().len(), 4);
    let canary = RudePeer::start(Rude::Close).await;
    let leading = Peer::start(vec![to(302, &canary.url("/"))]).await;
    assert!(why(look(&feed(&leading.url("/")), None).await).contains("may not be called"));
    assert_eq!(canary.met(), 0);
}

#[tokio::test]
async fn servers_that_dawdle_or_break_off_are_told_for_it() {
    let silent = RudePeer::start(Rude::Say(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n<rss>")).await;
    let Came::Cut { batch, why: broke_off } = look(&feed(&silent.url("/")), None).await.came else { panic!() };
    assert!(batch.mentions.is_empty() && broke_off.contains("broke off"), "{broke_off}");
    assert!(why(look(&feed(&format!("http://{}/", nobody().await)), None).await).contains("no connection"));
    // It begins its answer and never goes on: the least rate ends that, long before the longest wait.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let slow = feed(&format!("http://{}/", listener.local_addr().unwrap()));
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n<rss><channel>").await.unwrap();
        std::future::pending::<()>().await;
    });
    assert!(matches!(look(&slow, None).await.came, Came::Cut { why, .. } if why.contains("too slowly")));
    server.abort();
}

#[tokio::test]
async fn of_a_document_that_comes_cut_off_what_is_whole_is_kept_and_all_of_it_asked_for_again() {
    let (one, two) = (item("a", "One", ""), item("b", "Two", ""));
    let whole = String::from_utf8(rss(&[one.clone(), two.clone()])).unwrap();
    let cut = &whole[..whole.find("Two").unwrap() + 3];
    // Cut where it was made, with a length that is right; on its way, by a length that is not reached; within its chunks.
    let made = format!("HTTP/1.1 200 OK\r\netag: \"v1\"\r\ncontent-length: {}\r\n\r\n{cut}", cut.len());
    let short = format!("HTTP/1.1 200 OK\r\netag: \"v1\"\r\ncontent-length: {}\r\n\r\n{cut}", whole.len());
    let chunks =
        format!("HTTP/1.1 200 OK\r\netag: \"v1\"\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{cut}", whole.len());
    for (answer, told) in [(made, "cut off"), (short, "broke off"), (chunks, "broke off")] {
        let rude = RudePeer::start(Rude::Say(answer.leak().as_bytes())).await;
        let Came::Cut { batch, why } = look(&feed(&rude.url("/")), None).await.came else { panic!("{told}") };
        assert_eq!(ids(&batch), ["a"]);
        assert!(why.contains(told), "{why}");
    }
    let known = || vec![("etag", "\"v1\"".to_owned())];
    let packed = {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packer, whole.as_bytes()).unwrap();
        std::io::Write::flush(&mut packer).unwrap();
        packer.get_ref().clone()
    };
    let gzip = (200, vec![("etag", "\"v1\"".to_owned()), ("content-encoding", "gzip".to_owned())], packed);
    let more = item("c", "Three", "");
    let answers = vec![
        page(&[one.clone(), two.clone()], known()),
        (200, known(), cut.as_bytes().to_vec()),
        (200, known(), cut.as_bytes().to_vec()),
        page(&[one, two, more], known()),
        gzip,
    ];
    let peer = Peer::start(answers).await;
    let feed = feed(&peer.url("/"));
    let mut cursor = batch(look(&feed, None).await).cursor;
    for _ in 0..2 {
        let Came::Cut { batch, .. } = look(&feed, cursor).await.came else { panic!() };
        assert!(batch.mentions.is_empty());
        cursor = batch.cursor;
    }
    let brought = batch(look(&feed, cursor.clone()).await);
    assert_eq!(ids(&brought), ["c"], "what came before the cut, or lay behind it, was brought before");
    let asked: Vec<String> = peer.heard().iter().map(|heard| heard.header("if-none-match").to_owned()).collect();
    assert_eq!(asked, ["", "\"v1\"", "", ""], "half a document is known by nothing");
    let Came::Cut { batch, why } = look(&feed, None).await.came else { panic!() };
    assert_eq!(ids(&batch), ["a", "b"]);
    assert!(why.contains("unpacked"), "{why}");
}

/// Names that all lead to one address.
struct To(std::net::SocketAddr);

impl Resolve for To {
    fn resolve(&self, _: Name) -> Resolving {
        let address = self.0;
        Box::pin(async move { Ok(Box::new(std::iter::once(address)) as Addrs) })
    }
}

/// A name that is public when the feed is first looked at, and private from then on.
struct Rebinding(std::sync::Mutex<Vec<std::net::SocketAddr>>);

impl Resolve for Rebinding {
    fn resolve(&self, _: Name) -> Resolving {
        let mut answers = self.0.lock().unwrap();
        let address = if answers.len() > 1 { answers.remove(0) } else { answers[0] };
        Box::pin(async move { Ok(Box::new(std::iter::once(address)) as Addrs) })
    }
}

fn public(url: &str) -> Result<RssFeed, RssSettingsError> {
    RssFeed::new(&RssSettings { url: url.to_owned(), key: None, every: None, private: None })
}

#[tokio::test]
async fn no_hostile_address_of_a_feed_reaches_the_canary() {
    let canary = RudePeer::start(Rude::Close).await;
    let outside = Outside { http: Http::with_names(Arc::new(To(canary.address))).unwrap() };
    let local = public(&format!("http://good.example:{}/", canary.address.port())).unwrap();
    assert!(why(local.fetch(&outside, None, now()).await).contains("say `private: true`"));
    let rebinding = Rebinding(std::sync::Mutex::new(vec!["[2000::1]:80".parse().unwrap(), canary.address]));
    let outside_rebound = Outside { http: Http::with_names(Arc::new(rebinding)).unwrap() };
    // The first look goes nowhere; the second is judged anew, and not by what the name meant before.
    let _ = why(local.fetch(&outside_rebound, None, now()).await);
    assert!(why(local.fetch(&outside_rebound, None, now()).await).contains("not public"));
    assert_eq!(canary.met(), 0);
    let Some(folder) = data() else { return };
    let mut tried = 0;
    for line in fs::read_to_string(folder.join("hostile/generated/ssrf.txt")).unwrap().lines() {
        let target = line.split_once("->").map_or(line, |(_, target)| target);
        // What is no address of a feed at all was refused already.
        let Ok(feed) = public(target) else { continue };
        assert!(matches!(feed.fetch(&outside, None, now()).await.came, Came::Failed { .. }), "{line}");
        tried += 1;
    }
    assert!(tried > 20, "{tried}");
    assert_eq!(canary.met(), 0);
}

#[tokio::test]
async fn the_secret_of_an_address_is_asked_with_and_stands_in_nothing_that_is_kept() {
    let secret = "hunter2/hunter2+";
    let known = || vec![("etag", "\"v1\"".to_owned())];
    let tells = |path: &str| {
        let text = format!("See {path} with {secret}");
        format!("<item><guid>{path}</guid><title>{text}</title><link>{path}</link><author>{secret}</author></item>")
    };
    let own = "#a?api_key=hunter2%2Fhunter2%2B";
    let moved = (302, vec![("location", "/rss?api_key=hunter2%2Fhunter2%2B".to_owned())], Vec::new());
    let peer = Peer::start(vec![moved.clone(), page(&[tells(own), tells("b")], known()), moved, bare(304)]).await;
    let settings = RssSettings {
        url: peer.url("/news.xml?api_key={key}&all=1"),
        key: Some(secret.to_owned().into()),
        every: None,
        private: Some(true),
    };
    let feed = RssFeed::new(&settings).unwrap();
    let brought = batch(look(&feed, None).await);
    assert_eq!(brought.mentions.len(), 2);
    assert_eq!(batch(look(&feed, brought.cursor.clone()).await).mentions.len(), 0);
    let heard = peer.heard();
    assert_eq!(heard[0].target, "/news.xml?api_key=hunter2%2Fhunter2%2B&all=1");
    assert_eq!(heard[3].header("if-none-match"), "\"v1\"", "what is known is told to the same address");
    for kept in [format!("{brought:?}"), format!("{feed:?} {settings:?}"), feed.source().to_owned()] {
        assert!(!kept.contains("hunter2"), "{kept}");
    }
    assert!(brought.mentions[0].url.as_deref().unwrap().contains("{key}"), "{brought:?}");
}

#[test]
fn settings_say_what_is_wrong() {
    let with = |url: &str, every: Option<&str>| {
        let every = every.map(|every| holdline::core::period::Period::parse(every).unwrap());
        RssFeed::new(&RssSettings { url: url.to_owned(), key: None, every, private: None }).map(|_| ())
    };
    assert_eq!(with("https://news.example/x", None), Ok(()));
    for url in ["news.example", "ftp://news.example/", "file:///etc/passwd", ""] {
        assert_eq!(with(url, None), Err(RssSettingsError::Url), "{url}");
    }
    assert_eq!(with("https://me:secret@news.example/", None), Err(RssSettingsError::SignedIn));
    for (every, fits) in [("59s", false), ("60s", true), ("24h", true), ("1441m", false)] {
        assert_eq!(with("https://news.example/", Some(every)).is_ok(), fits, "{every}");
    }
}
