//! What is read of documents in the state in which they are found.

use holdline::core::mention::Mention;
use holdline::feed::form::{ID_BYTES_MAX, TITLE_BYTES_MAX};
use holdline::feed::rss::{FeedError, Read, read};
use holdline::net::Url;

fn all(document: &[u8]) -> Vec<Mention> {
    let at = Url::parse("https://news.example/feeds/health.xml").unwrap();
    Read::of(read(document, None, Some(&at)).unwrap()).mentions
}

fn one(inner: &str) -> Mention {
    all(format!("<rss><channel><item>{inner}</item></channel></rss>").as_bytes()).remove(0)
}

fn title(document: &[u8], content_type: Option<&str>) -> String {
    read(document, content_type, None).unwrap().entries[0].title.clone().unwrap()
}

#[test]
fn each_format_gives_the_same_mention() {
    let rss = "<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><language>en-us</language><item>\
        <guid>a1</guid><title>Ward closed</title><description>All &lt;b&gt;of&lt;/b&gt; it</description>\
        <link>https://news.example/a1</link><dc:creator>Kim</dc:creator>\
        <pubDate>Sun, 22 Nov 2026 09:00:00 -0500</pubDate></item></channel></rss>";
    let rdf = "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/' \
        xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><dc:language>en-us</dc:language></channel>\
        <item rdf:about='https://news.example/a1'><dc:identifier>a1</dc:identifier><title>Ward closed</title>\
        <description>All of it</description><link>https://news.example/a1</link><dc:creator>Kim</dc:creator>\
        <dc:date>2026-11-22T14:00:00Z</dc:date></item></rdf:RDF>";
    let atom = "<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='en-us'><entry><id>a1</id><title>Ward closed</title>\
        <content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>All <b>of</b> it<script>no()</script></div>\
        </content><link rel='enclosure' href='/x.mp3'/><link href='/a1'/><author><name>Kim</name><email>k@x.example\
        </email></author><published>2026-11-22T14:00:00Z</published><updated>2026-11-22T15:00:00Z</updated></entry></feed>";
    let json = r#"{"version":"https://jsonfeed.org/version/1.1","language":"en-us","items":[{"id":"a1",
        "title":"Ward closed","content_html":"<p>All <b>of</b> it</p>","url":"https://news.example/a1",
        "authors":[{"name":"Kim"}],"date_published":"2026-11-22T09:00:00-05:00","tags":[1]}]}"#;
    let wanted = Mention {
        id: "a1".to_owned(),
        title: Some("Ward closed".to_owned()),
        text: "All of it".to_owned(),
        author: Some("Kim".to_owned()),
        url: Some("https://news.example/a1".to_owned()),
        language: Some("en-us".to_owned()),
        published: Some("2026-11-22T14:00:00Z".parse().unwrap()),
        reach: None,
    };
    for document in [rss, rdf, atom, json] {
        assert_eq!(all(document.as_bytes()), std::slice::from_ref(&wanted), "{document}");
    }
}

#[test]
fn a_sign_of_inequality_is_text_however_it_is_written() {
    for (written, seen) in [
        ("wait &lt; 4h", "wait < 4h"),
        ("wait < 4h", "wait < 4h"),
        ("We <3 nurses", "We <3 nurses"),
        ("a <= b << c <", "a <= b << c <"),
        ("wait &amp;lt; 4h", "wait < 4h"),
        ("<![CDATA[wait < 4h]]>", "wait < 4h"),
        ("<!-- < --> <b>wait</b> < 4h", "wait < 4h"),
    ] {
        let read = one(&format!("<title>{written}</title><description>All of it</description>"));
        assert_eq!(read.title.as_deref(), Some(seen), "{written}");
        assert_eq!(read.text, "All of it", "{written}");
    }
    let atom = "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title type='text'>wait < 4h</title></entry></feed>";
    assert_eq!(title(atom.as_bytes(), None), "wait < 4h");
}

#[test]
fn one_bad_item_of_a_json_feed_leaves_the_others() {
    let items = [
        r#"{"id": "a", "title": "One", "content_text": "First"}"#,
        "null",
        r#""words""#,
        r#"{"id": {"deep": [[[1]]]}, "title": 7, "content_text": ["x"]}"#,
        r#"{"id": "b", "id": "b", "title": "Cut \ud83d", "content_text": "Tw\udc00o \ud83d\ude00"}"#,
        "{\"id\": \"c\", \"title\": \"A\nbroken\tline\", \"content_text\": \"x \\\\ud83d\"}",
    ];
    let feed = format!("{{\"title\": [], \"items\": [{}]}}", items.join(","));
    let read = Read::of(read(feed.as_bytes(), None, None).unwrap());
    let told: Vec<_> = read.mentions.iter().map(|it| (it.id.as_str(), it.title.as_deref(), it.text.as_str())).collect();
    assert_eq!(
        told,
        [
            ("a", Some("One"), "First"),
            ("b", Some("Cut \u{fffd}"), "Tw\u{fffd}o \u{1f600}"),
            ("c", Some("A broken line"), "x \\ud83d")
        ]
    );
    assert_eq!(read.refused.len(), 3, "{:?}", read.refused);
    assert!(read.refused[0].starts_with("entry 2: "), "{:?}", read.refused);
    assert_eq!(read.broken, None);
}

#[test]
fn what_is_not_a_feed_is_told_so() {
    for document in ["", "   ", "hello", "<html><body>No feed</body></html>", "{}", "{\"version\": \"1\"}"] {
        assert_eq!(read(document.as_bytes(), None, None), Err(FeedError::NoFeed), "{document}");
    }
    assert!(matches!(read(b"{\"items\": 7}", None, None), Err(FeedError::Json(_))));
    assert!(all(b"<rss><channel></channel></rss>").is_empty());
}

#[test]
fn text_is_read_in_whatever_encoding_it_turns_out_to_be() {
    let body = |declaration: &str, title: &[u8]| {
        let start = format!("{declaration}<rss><channel><item><title>").into_bytes();
        [start.as_slice(), title, b"</title></item></channel></rss>"].concat()
    };
    let latin = body("<?xml version='1.0' encoding='utf-8'?>", b"Caf\xe9 \x80 closed");
    assert_eq!(title(&latin, None), "Café € closed", "said to be UTF-8, and is not");
    let declared = body("<?xml version='1.0' encoding='iso-8859-1'?>", b"Caf\xe9");
    assert_eq!(title(&declared, None), "Café");
    let greek = body("<?xml version='1.0' encoding='utf-8'?>", b"\xc1\xe8\xde\xed\xe1");
    assert_eq!(title(&greek, Some("text/xml; charset=\"ISO-8859-7\"")), "Αθήνα", "the server's word goes first");
    let mistaken = body("<?xml version='1.0' encoding='utf-8'?>", "Café".as_bytes());
    assert_eq!(title(&mistaken, Some("text/xml; charset=ISO-8859-1")), "Café", "a server that says so of everything");
    let unknown = body("<?xml version='1.0' encoding='bogus'?>", "Café".as_bytes());
    assert_eq!(title(&unknown, Some("text/xml; charset=bogus")), "Café");
    let marked = [b"\xef\xbb\xbf".as_slice(), &body("<?xml version='1.0' encoding='iso-8859-1'?>", "Café".as_bytes())];
    assert_eq!(title(&marked.concat(), None), "Café", "its mark goes first");
    let text = "<?xml version='1.0' encoding='utf-16'?><rss><channel><item><title>Café</title></item></channel></rss>";
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = [0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect();
    let wide: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
    for bytes in [little, big, wide, text.as_bytes().to_vec()] {
        assert_eq!(title(&bytes, None), "Café");
    }
}

#[test]
fn titles_and_texts_are_what_a_reader_sees() {
    let seen = |inner: &str| one(&format!("<title>{inner}</title>")).title;
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(seen("&lt;b&gt;Riverside&lt;/b&gt; General &amp;amp; others"), some("Riverside General & others"));
    assert_eq!(seen("<![CDATA[<a href='x'>Riverside</a>\n  &ndash; closed]]>"), some("Riverside – closed"));
    assert_eq!(seen("Beds &lt; staff &amp; 3 &gt; 2"), some("Beds < staff & 3 > 2"));
    assert_eq!(
        seen("Undefined&nbsp;entities &hellip; &nowhere; &#8212; &#150; &"),
        some("Undefined entities … &nowhere; — – &")
    );
    assert_eq!(seen("<em>Naked</em> markup"), some("Naked markup"));
    let typed = "<feed><entry><title type='text'>&lt;b&gt; is a tag</title></entry></feed>";
    assert_eq!(all(typed.as_bytes())[0].title, some("<b> is a tag"), "said to be text, so it is");
    let script = one(
        "<title>T</title><description>&lt;script&gt;alert(1)&lt;/script&gt;&lt;p&gt;One&lt;/p&gt;&lt;p&gt;Two</description>",
    );
    assert_eq!(script.text, "One\nTwo");
    let long = one(&format!("<title>{}</title>", "é".repeat(TITLE_BYTES_MAX)));
    assert_eq!(long.title.unwrap().len(), TITLE_BYTES_MAX);
}

#[test]
fn links_are_absolute_safe_and_unwrapped() {
    let url = |inner: &str| one(&format!("<title>T</title>{inner}")).url;
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(url("<link>../a?b=1&amp;c=2</link>"), some("https://news.example/a?b=1&c=2"));
    assert_eq!(url("<link xml:base='https://other.example/x/'>y</link>"), some("https://other.example/x/y"));
    assert_eq!(url("<link>javascript:alert(1)</link>"), None);
    assert_eq!(url("<link>data:text/html,x</link>"), None);
    let alert = "<feed><entry><id>tag:google.com,2013:googlealerts/feed:1</id><title type='html'>&lt;b&gt;Riverside&lt;/b&gt;</title>\
        <link href='https://www.google.com/url?rct=j&amp;sa=t&amp;url=https://times.example/a%3Fb%3D1&amp;ct=ga&amp;usg=x'/>\
        </entry></feed>";
    let alert = all(alert.as_bytes()).remove(0);
    assert_eq!((alert.title, alert.url), (some("Riverside"), some("https://times.example/a?b=1")));
    let trap = url("<link>https://www.google.com/url?url=javascript:alert(1)</link>");
    assert_eq!(trap, some("https://www.google.com/url?url=javascript:alert(1)"));
}

#[test]
fn an_entry_is_known_by_its_name_else_its_address_else_its_words() {
    assert_eq!(one("<guid> g1 </guid><link>/a</link><title>T</title>").id, "g1");
    assert_eq!(one("<link>/a</link><title>T</title>").id, "https://news.example/a");
    let words = one("<title>T</title>").id;
    assert!(words.starts_with("hash:") && words != one("<title>U</title>").id && words == one("<title>T</title>").id);
    let fits = "g".repeat(ID_BYTES_MAX);
    assert_eq!(one(&format!("<guid>{fits}</guid><title>T</title>")).id, fits);
    assert!(one(&format!("<guid>{fits}g</guid><title>T</title>")).id.starts_with("hash:"));
    let twice = "<rss><channel><item><guid>1</guid><title>New</title></item><item><guid>1</guid><title>Old</title></item>\
        </channel></rss>";
    assert_eq!(all(twice.as_bytes()).iter().map(|mention| mention.title.clone().unwrap()).collect::<Vec<_>>(), ["New"]);
}

#[test]
fn a_document_that_breaks_off_is_read_as_far_as_it_goes() {
    let whole = "<rss><channel><item><title>One</title></item><item><title>Two</title></item></channel></rss>";
    let cut =
        |end: &str| Read::of(read(&whole.as_bytes()[..whole.find(end).unwrap() + end.len()], None, None).unwrap());
    assert_eq!((cut("</rss>").mentions.len(), cut("</rss>").broken), (2, None));
    assert_eq!((cut("</rss").mentions.len(), cut("</rss").broken), (2, None), "nothing of it is missing");
    // What it ended within may say the opposite of what it would have said.
    for (end, wanted) in [
        ("</channel>", 2),
        ("Two</title></item>", 2),
        ("Two</title></ite", 1),
        ("Two</title>", 1),
        ("Two", 1),
        ("<item><title>One</title>", 0),
    ] {
        let read = cut(end);
        assert_eq!(read.mentions.len(), wanted, "{end}");
        assert!(read.broken.is_some_and(|why| why.contains("cut off")), "{end}");
    }
    let read = Read::of(
        read(format!("{}<item <<< ", &whole[..whole.find("</channel>").unwrap()]).as_bytes(), None, None).unwrap(),
    );
    assert_eq!((read.mentions.len(), read.broken.is_some()), (2, true));
    let crossed = b"<rss><channel><item><title>One</b></title></item></span><item><title>Two</item></channel></rss>";
    assert_eq!(all(crossed).len(), 2);
}

#[test]
fn times_are_read_in_the_forms_that_feeds_write() {
    let wanted = Some("2026-11-22T14:05:09Z".parse().unwrap());
    let forms = [
        "Sun, 22 Nov 2026 14:05:09 GMT",
        "22 Nov 2026 14:05:09 +0000",
        "Sun, 22 Nov 26 09:05:09 EST",
        "Sunday, 22-Nov-26 14:05:09 UTC",
        "Sun Nov 22 14:05:09 2026",
        "2026-11-22T14:05:09Z",
        "2026-11-22T14:05:09.25Z",
        "2026-11-22 14:05:09",
        "2026-11-22T09:05:09-05:00",
        "2026-11-22T15:05:09+0100",
        "20261122T140509Z",
        "Sun, 22 Nov 2026 14:05:09 -0000 (UTC)",
        "Nov 22, 2026 14:05:09",
        "2026-326T14:05:09Z",
        "Sun, 22 Nov 2026 16:05:09 GMT+2",
        "  Sun,22 Nov 2026 14:05:09 Z ",
    ];
    for form in forms {
        assert_eq!(one(&format!("<title>T</title><pubDate>{form}</pubDate>")).published, wanted, "{form}");
    }
    for form in ["", "yesterday", "2026-13-40", "Sun, 99 Nov 2026 14:05:09 GMT", "14:05", "0000-00-00 00:00:00", "1e9"]
    {
        assert_eq!(one(&format!("<title>T</title><pubDate>{form}</pubDate>")).published, None, "{form}");
    }
    let leap = one("<title>T</title><pubDate>2016-12-31T23:59:60Z</pubDate>").published;
    assert_eq!(leap, Some("2016-12-31T23:59:59Z".parse().unwrap()));
}
