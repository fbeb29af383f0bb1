//! Documents and answers that are made to swell, to fetch or to exhaust: each is refused, fast and small.

use std::fs;
use std::time::Duration;

use holdline::feed::rss::{
    ATTRIBUTES_MAX, BODY_BYTES_MAX, DEPTH_MAX, DOCUMENT_BYTES_MAX, ENTRIES_MAX, FeedError, NAMESPACES_MAX, Read,
    XmlError, read,
};
use holdline::feed::{Came, Fetched as _, Outside};
use holdline::net::{PACKED_FLOOR_BYTES, RATIO_MAX};
use jiff::Timestamp;

use super::{feed, item, rss};
use crate::hostile::Meter;
use crate::peer::Peer;
use crate::real_input::data;

/// What one document or answer may cost.
const TIME_MAX: Duration = Duration::from_millis(100);
const GROWTH_KIB_MAX: u64 = 32 * 1024;

#[test]
fn xml_that_swells_fetches_or_nests_is_refused() {
    let Some(folder) = data() else { return };
    let mut meter = Meter::of("xml bombs");
    for entry in fs::read_dir(folder.join("hostile/generated/xml")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = fs::read(&path).unwrap();
        let came = meter.run(&name, || read(&bytes, None, None).map(Read::of));
        // The one that is a feed holds a script and nothing to read.
        assert!(came.is_err() || came.is_ok_and(|read| read.mentions.is_empty()), "{name}");
    }
    meter.within(TIME_MAX, GROWTH_KIB_MAX);
}

fn wrapped(inner: &str) -> Vec<u8> {
    format!("<rss><channel><item><title>x</title><description>{inner}</description></item></channel></rss>")
        .into_bytes()
}

#[test]
fn references_without_an_end_are_read_in_time() {
    let mut meter = Meter::of("references without an end");
    for (what, inner) in [
        ("a text", format!("<![CDATA[{}]]>", "&".repeat(100_000))),
        ("an attribute", format!("<a href=\"{}\"/>", "&a".repeat(50_000))),
    ] {
        meter.run(what, || read(&wrapped(&inner), None, None).map(Read::of)).unwrap();
    }
    meter.within(TIME_MAX, GROWTH_KIB_MAX);
}

#[test]
fn every_bound_holds_at_the_bound() {
    let refused = |bytes: &[u8]| match read(bytes, None, None) {
        Err(FeedError::Xml(error)) => Some(error),
        Err(other) => panic!("{other}"),
        Ok(_) => None,
    };
    // Four elements stand around.
    let nested = |levels: usize| wrapped(&format!("{}{}", "<b>".repeat(levels), "</b>".repeat(levels)));
    assert_eq!(refused(&nested(DEPTH_MAX - 4)), None);
    assert_eq!(refused(&nested(DEPTH_MAX - 3)), Some(XmlError::Deep));
    let attributes = |count: usize| {
        let all: Vec<String> = (0..count).map(|number| format!(" a{number}=\"1\"")).collect();
        wrapped(&format!("<b{}/>", all.concat()))
    };
    assert_eq!(refused(&attributes(ATTRIBUTES_MAX)), None);
    assert_eq!(refused(&attributes(ATTRIBUTES_MAX + 1)), Some(XmlError::Attributes));
    let namespaces = |count: usize| {
        let all: Vec<String> = (0..count).map(|number| format!("<b xmlns:n{number}=\"u\"/>")).collect();
        wrapped(&all.concat())
    };
    assert_eq!(refused(&namespaces(NAMESPACES_MAX)), None);
    assert_eq!(refused(&namespaces(NAMESPACES_MAX + 1)), Some(XmlError::Namespaces));
    let padded = |bytes: usize| {
        let mut document = rss(&[item("1", "x", "")]);
        document.resize(bytes, b' ');
        document
    };
    assert!(read(&padded(DOCUMENT_BYTES_MAX), None, None).is_ok());
    assert_eq!(read(&padded(DOCUMENT_BYTES_MAX + 1), None, None), Err(FeedError::TooLong));
    let many: Vec<String> = (0..=ENTRIES_MAX).map(|number| item(&number.to_string(), "x", "")).collect();
    let Read { mentions: read_of_them, refused, broken } = Read::of(read(&rss(&many), None, None).unwrap());
    assert_eq!(broken, None, "a bound of ours is no fault of theirs");
    assert_eq!(read_of_them.len(), ENTRIES_MAX);
    assert_eq!(refused, [format!("only its first {ENTRIES_MAX} entries are read")]);
}

#[test]
fn a_doctype_is_passed_over_and_entities_of_its_own_are_not_expanded() {
    let plain = b"<?xml version=\"1.0\"?><!DOCTYPE rss PUBLIC \"-//Netscape Communications//DTD RSS 0.91//EN\" \
        \"http://my.netscape.com/publish/formats/rss-0.91.dtd\"><rss version=\"0.91\"><channel><item><title>One</title>\
        </item></channel></rss>";
    assert_eq!(read(plain, None, None).unwrap().entries[0].title.as_deref(), Some("One"));
    let own = b"<!DOCTYPE rss [<!ENTITY x \"swelling\">]><rss><channel><item><title>&x;</title></item></channel></rss>";
    assert_eq!(read(own, None, None), Err(FeedError::Xml(XmlError::Entities)));
}

async fn came(answer: (u16, Vec<(&'static str, String)>, Vec<u8>)) -> Came {
    let peer = Peer::start(vec![answer]).await;
    feed(&peer.url("/")).fetch(&Outside::new().unwrap(), None, Timestamp::now()).await.came
}

fn packed(encoding: &str, body: Vec<u8>) -> (u16, Vec<(&'static str, String)>, Vec<u8>) {
    (200, vec![("content-encoding", encoding.to_owned())], body)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut out, &brotli::enc::BrotliEncoderParams::default()).unwrap();
    out
}

#[tokio::test]
async fn packed_answers_are_unpacked_within_bounds() {
    let document = rss(&[item("1", "Packed", "")]);
    for (encoding, body) in [("gzip", gzip(&document)), ("br", brotli(&document))] {
        let Came::Brought(batch) = came(packed(encoding, body)).await else { panic!("{encoding}") };
        assert_eq!(batch.mentions[0].title.as_deref(), Some("Packed"));
    }
    let why = |came: Came| match came {
        Came::Failed { why } => why,
        other => panic!("{other:?}"),
    };
    let mut swelling = document.clone();
    swelling.resize(PACKED_FLOOR_BYTES * 4, b' ');
    assert!(gzip(&swelling).len() * RATIO_MAX < swelling.len());
    assert!(why(came(packed("gzip", gzip(&swelling))).await).contains("more than 100 times"));
    assert!(why(came(packed("br", brotli(&swelling))).await).contains("more than 100 times"));
    assert!(why(came(packed("gzip, gzip", gzip(&gzip(&document)))).await).contains("several layers"));
    assert!(why(came(packed("deflate", document.clone())).await).contains("not asked for"));
    let half = gzip(&document);
    assert!(why(came(packed("gzip", half[..half.len() / 2].to_vec())).await).contains("cannot be unpacked"));
    let long = vec![b' '; BODY_BYTES_MAX + 1];
    assert!(why(came((200, Vec::new(), long)).await).contains("longer than"));
}

#[tokio::test]
async fn bombs_are_cut_off_and_other_feeds_are_read() {
    let Some(folder) = data() else { return };
    let mut meter = Meter::of("gzip bombs");
    for entry in fs::read_dir(folder.join("hostile/generated/gzip")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = fs::read(&path).unwrap();
        let peer = Peer::start((0..3).map(|_| packed("gzip", bytes.clone())).collect()).await;
        let (bad, outside) = (feed(&peer.url("/")), Outside::new().unwrap());
        let came = meter.run_async(&name, async |_| bad.fetch(&outside, None, Timestamp::now()).await.came).await;
        assert!(matches!(came, Came::Failed { .. }), "{name}: {came:?}");
    }
    meter.within(TIME_MAX, GROWTH_KIB_MAX);
    let Came::Brought(batch) = came((200, Vec::new(), rss(&[item("1", "Fine", "")]))).await else { panic!() };
    assert_eq!(batch.mentions.len(), 1);
}
