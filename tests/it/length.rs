//! Lengths as the services count them, and the addresses in a text.

use holdline::core::statement::{Limit, links};

fn used(limit: Limit, text: &str) -> usize {
    limit.measure(text).used
}

#[test]
fn x_counts_weights_addresses_and_emoji() {
    let cases = [
        ("", 0),
        ("hello", 5),
        ("日本", 4),
        ("cafe\u{301}", 4),
        ("“quoted” – yes…", 15 + 1),
        ("👨‍👩‍👧‍👦", 2),
        ("🇺🇸 1️⃣ ❤️ 👍🏽", 2 + 1 + 2 + 1 + 2 + 1 + 2),
        ("see https://status.riverside.example/a/very/long/path/that/goes/on?and=on", 4 + 23),
        ("https://a.example/x.", 23 + 1),
        ("https://a.example/日本", 23 + 4),
        ("https://a.example,https://b.example", 23 + 1 + 23),
    ];
    for (text, weight) in cases {
        assert_eq!(used(Limit::X, text), weight, "{text}");
    }
    assert!(Limit::X.fits(&"a".repeat(280)));
    assert!(!Limit::X.fits(&"a".repeat(281)));
    assert!(!Limit::X.fits(&"日".repeat(141)));
}

#[test]
fn x_never_counts_a_bare_domain_too_low() {
    assert_eq!(used(Limit::X, "riverside.example"), 23);
    assert_eq!(used(Limit::X, "riverside.example/a/path/that/is/longer/than/that"), 49);
}

#[test]
fn bluesky_has_two_limits() {
    let text = "a".repeat(262);
    assert_eq!(Limit::Bluesky.measure(&text).to_string(), "262 of 300");
    assert!(Limit::Bluesky.fits(&"e\u{301}".repeat(300)));
    assert!(!Limit::Bluesky.fits(&"a".repeat(301)));
    let heavy = "👨‍👩‍👧‍👦".repeat(130);
    let measured = Limit::Bluesky.measure(&heavy);
    assert_eq!((measured.used, measured.max, measured.unit), (130 * 25, 3_000, "bytes"));
    assert_eq!(measured.over(), 250);
}

#[test]
fn mastodon_shortens_addresses_and_mentions() {
    let cases = [
        ("https://status.riverside.example/a/very/long/path/that/goes/on", 23),
        ("thanks @ana@social.example!", 7 + 4 + 1),
        ("@ana and @ben@b.example.", 4 + 5 + 4 + 1),
        ("write to press@riverside.example", 32),
        ("riverside.example/path", 22),
        ("e\u{301}", 1),
        ("a @ b @@ c", 10),
    ];
    for (text, length) in cases {
        assert_eq!(used(Limit::mastodon(), text), length, "{text}");
    }
    assert!(Limit::mastodon().fits(&"a".repeat(500)));
    assert!(!Limit::mastodon().fits(&"a".repeat(501)));
}

#[test]
fn limits_are_written_as_words() {
    let cases = [
        (Limit::X, r#""x""#),
        (Limit::Bluesky, r#""bluesky""#),
        (Limit::Mastodon { max: 1000 }, r#"{"mastodon":{"max":1000}}"#),
        (Limit::Characters(3000), r#"{"characters":3000}"#),
    ];
    for (limit, written) in cases {
        assert_eq!(serde_json::to_string(&limit).unwrap(), written);
        assert_eq!(serde_json::from_str::<Limit>(written).unwrap(), limit);
    }
}

#[test]
fn links_are_what_a_reader_can_follow() {
    let text = "See https://status.riverside.example/incident. (More: https://en.wiki.example/a_(b)), riverside.example/help, \
        HTTP://OLD.example! Write to press@riverside.example, e.g. at 5 p.m. Thanks.Please see https://status.riverside.example/incident";
    let expected = [
        "https://status.riverside.example/incident",
        "https://en.wiki.example/a_(b)",
        "riverside.example/help",
        "HTTP://OLD.example",
    ];
    assert_eq!(links(text), expected);
}

/// What an approver is not shown as an address, readers could follow all the same.
#[test]
fn no_address_hides_behind_another_or_behind_a_bracket() {
    for (text, addresses) in [
        ("http://<https://evil.example/x>", vec!["https://evil.example/x"]),
        ("evil.example,https://a.example", vec!["evil.example", "https://a.example"]),
        ("https://a.example,evil.example", vec!["https://a.example,evil.example"]),
        ("(see)evil.example/x", vec!["evil.example/x"]),
        ("now,evil.example", vec!["evil.example"]),
        ("@ana,evil.example", vec!["evil.example"]),
        ("write to me@riverside.example or first.last@x.example", vec![]),
        ("#riverside.example @ana@social.example _x.example", vec![]),
    ] {
        assert_eq!(links(text), addresses, "{text}");
    }
}
