//! Texts at their longest, made to be slow: what a mention of the longest text costs where it is matched, quoted and shown.

use holdline::core::count::Said;
use holdline::core::mention::{MENTION_TEXT_BYTES_MAX, Mention};
use holdline::core::query::{Matcher, Query, explain};
use holdline::core::shown::{Quote, visible};
use holdline::core::statement::{RENDERED_BYTES_MAX, links};

use super::Meter;

fn long(piece: impl Fn(usize) -> String, bytes: usize) -> String {
    let mut text = String::new();
    for nth in 0.. {
        let next = piece(nth);
        if text.len() + next.len() > bytes {
            return text;
        }
        text.push_str(&next);
    }
    text
}

fn texts(bytes: usize) -> Vec<String> {
    let letters = |nth: usize| {
        let letter = |place: u32| char::from(b'a' + u8::try_from(nth / 26_usize.pow(place) % 26).unwrap());
        format!("{}{}{}", letter(0), letter(1), letter(2))
    };
    vec![
        long(|nth| format!("{}.ab ", letters(nth)), bytes),
        long(|nth| format!("{}.ab,", letters(nth)), bytes),
        long(|_| "http://".to_owned(), bytes),
        long(|_| "http://<".to_owned(), bytes),
        long(|nth| format!("http://{}.ab,", letters(nth)), bytes),
        long(|_| "a.b/(".to_owned(), bytes),
        long(|_| ")".to_owned(), bytes),
        long(|_| "@a@b ".to_owned(), bytes),
        long(|_| "1 ".to_owned(), bytes),
        long(|_| "\u{301}".to_owned(), bytes),
        long(|_| "\u{202e}".to_owned(), bytes),
        long(|_| "\u{1f468}\u{200d}".to_owned(), bytes),
        long(|_| "a".to_owned(), bytes),
        long(|_| "病".to_owned(), bytes),
    ]
}

#[test]
fn the_longest_mentions_are_matched_and_quoted_in_time() {
    let mut meter = Meter::of("the longest mentions");
    let sources = ["a NEAR/100 b", "\"a a a a b\"", "@a OR #b", "aa* AND NOT bb*", "病 NEAR/5 院", "site:ab from:a"];
    let queries: Vec<Query> = sources.iter().map(|source| Query::parse(source).unwrap()).collect();
    let matcher = Matcher::new(&queries).unwrap();
    for text in texts(MENTION_TEXT_BYTES_MAX) {
        let mention = Mention {
            id: "1".to_owned(),
            title: None,
            text: text.clone(),
            author: None,
            url: None,
            language: None,
            published: None,
            reach: None,
        };
        let found = meter.run(&format!("matched {text:.20}"), || matcher.matches(&mention));
        for (nth, query) in queries.iter().enumerate() {
            assert_eq!(explain(query, &mention).matched, found.contains(&nth), "{} in {text:.20}", query.source());
        }
        meter.run(&format!("quoted {text:.20}"), || Quote::of(&"listening".into(), &mention));
        meter.run(&format!("told apart {text:.20}"), || Said::of(&mention, &"listening".into()));
        meter.run(&format!("visible {text:.20}"), || visible(&text));
    }
    meter.end();
}

#[test]
fn the_longest_statements_are_searched_for_addresses_in_time() {
    let mut meter = Meter::of("addresses of the longest statements");
    for text in texts(RENDERED_BYTES_MAX) {
        meter.run(&format!("{text:.20}"), || links(&text));
    }
    meter.end();
}
