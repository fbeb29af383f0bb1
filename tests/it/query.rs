//! Queries: the language by example, its errors and its limits.

use holdline::core::mention::Mention;
use holdline::core::query::{
    Kind, Matcher, NEAR_WORDS_MAX, NESTING_MAX, QUERY_BYTES_MAX, Query, TERMS_MAX, Where, explain,
};

fn said(text: &str) -> Mention {
    Mention {
        id: "1".to_owned(),
        title: None,
        text: text.to_owned(),
        author: None,
        url: None,
        language: None,
        published: None,
        reach: None,
    }
}

fn query(source: &str) -> Query {
    Query::parse(source).unwrap_or_else(|error| panic!("{source}: {error}"))
}

/// Whether the query finds the mention; the matcher and the explanation must say the same.
fn finds(source: &str, mention: &Mention) -> bool {
    let query = query(source);
    let explained = explain(&query, mention).matched;
    let matched = Matcher::new(&[query]).expect("in order").matches(mention);
    assert_eq!(matched == [0], explained, "{source} on {mention:?}");
    explained
}

#[track_caller]
fn table(rows: &[(&str, &str, bool)]) {
    for (source, text, expected) in rows {
        assert_eq!(finds(source, &said(text)), *expected, "{source} on {text:?}");
    }
}

#[test]
fn operators() {
    table(&[
        ("a AND b", "a b", true),
        ("a AND b", "a", false),
        ("a b", "b and a", true),
        ("a b", "b", false),
        ("a OR b", "b", true),
        ("a OR b", "c", false),
        ("a NOT b", "a", true),
        ("a NOT b", "a b", false),
        ("a AND NOT b", "a b", false),
        ("NOT b a", "a", true),
        ("a -b", "a b", false),
        ("a -b", "a c", true),
        ("a -(b OR c)", "a c", false),
        ("a-b", "a b", true),
        ("a -\"b c\"", "a c b", true),
        ("NOT NOT a", "a", true),
        ("NOT (NOT a OR b)", "a", true),
        ("NOT (NOT a OR b)", "a b", false),
        ("a and b", "a b", false),
        ("a or b", "a or b", true),
        ("\"AND\" a", "a and", true),
    ]);
}

#[test]
fn not_before_near_before_and_before_or() {
    table(&[
        ("a OR b AND c", "a", true),
        ("a OR b c", "b", false),
        ("(a OR b) c", "a", false),
        ("(a OR b) c", "b c", true),
        ("a NOT b OR c", "b c", true),
        ("a NOT (b OR c)", "a c", false),
        ("x a NEAR/1 b", "x y a b", true),
        ("x a NEAR/1 b", "a b", false),
        ("a NEAR/1 b OR x", "x", true),
    ]);
}

#[test]
fn words_are_whole_and_folded() {
    table(&[
        ("hack", "hacker", false),
        ("hack", "They HACK.", true),
        ("riverside", "Riverside's records", true),
        ("\"riverside's\"", "RIVERSIDE’S", true),
        ("covid-19", "COVID 19", true),
        ("\"covid 19\"", "covid-19", true),
        ("covid-19", "covid 2019", false),
        ("hospital", "left the hospital.The end", true),
        ("river_side", "river side", true),
        ("café", "CAFE", true),
        ("cafe", "Cafe\u{301}", true),
        ("strasse", "Straße", true),
        ("STRASSE", "STRAẞE", true),
        ("gotz", "Götz", true),
        ("Lodz", "Łódź", true),
        ("malmo kobenhavn", "Malmö, København", true),
        ("istanbul", "İstanbul", true),
        ("οδος", "ΟΔΟΣ", true),
        ("fire", "ﬁre", true),
        ("leak", "𝐥𝐞𝐚𝐤 ｌｅａｋ", true),
        ("hospital", "hos\u{ad}pi\u{2060}tal", true),
        ("нои", "ной", true),
        ("か", "が", false),
    ]);
}

#[test]
fn scripts_without_spaces_are_found_character_beside_character() {
    table(&[
        ("病院", "川沿い病院で漏洩", true),
        ("病院", "病気の院", false),
        ("病院*", "病院", true),
        ("โรงพยาบาล", "ที่โรงพยาบาลแห่งนี้", true),
        ("โรงเรียน", "ที่โรงพยาบาลแห่งนี้", false),
        ("병원", "병원 정보", true),
        ("병원", "병원이", false),
        ("병원*", "병원이", true),
        ("データ", "データ漏洩", true),
    ]);
}

#[test]
fn phrases() {
    table(&[
        ("\"riverside general\"", "Riverside, General!", true),
        ("\"riverside general\"", "riverside\n general", true),
        ("\"riverside general\"", "general riverside", false),
        ("\"riverside general\"", "riverside the general", false),
        ("\"riverside general\"", "riverside generals", false),
        ("“riverside general”", "riverside general", true),
        ("\"a a b\"", "a a a b", true),
        ("\"riverside general\" NOT \"riverside general store\"", "riverside general store", false),
        ("\"riverside general\" NOT \"riverside general store\"", "riverside general's store", true),
    ]);
}

#[test]
fn wildcards_end_words_and_phrases() {
    table(&[
        ("hack*", "hack", true),
        ("hack*", "Hackers", true),
        ("hack*", "shack", false),
        ("\"data leak*\"", "data leakage", true),
        ("\"data leak*\"", "data is leaking", false),
        ("caf*", "Cafés", true),
        ("@river*", "@riversidegeneral", true),
        ("@river*", "riversidegeneral", false),
    ]);
}

#[test]
fn near_counts_words_either_way() {
    table(&[
        ("a NEAR/3 b", "a 1 2 b", true),
        ("a NEAR/3 b", "a 1 2 3 b", false),
        ("a NEAR/3 b", "b 1 2 a", true),
        ("a NEAR/3 b", "b 1 2 3 a", false),
        ("a NEAR/1 b", "a b", true),
        ("a NEAR/1 b", "a 1 b", false),
        ("a NEAR/2 b", "a 1 2 3 4 b 1 a", true),
        ("\"a b\" NEAR/2 c", "a b 1 c", true),
        ("\"a b\" NEAR/2 c", "a b 1 2 c", false),
        ("c NEAR/2 \"a b\"", "c 1 a b", true),
        ("c NEAR/2 \"a b\"", "c 1 2 a b", false),
        ("(a OR \"b c\") NEAR/2 (x OR yo*)", "b c 1 x", true),
        ("(a OR \"b c\") NEAR/2 (x OR yo*)", "yonder 1 a", true),
        ("(a OR \"b c\") NEAR/2 (x OR yo*)", "yonder b 1 a", false),
        ("hack* NEAR/5 hacker", "hacker", false),
        ("hack* NEAR/5 hacker", "hacker hacked", true),
        ("a NEAR/5 a", "a", false),
        ("@river NEAR/2 leak", "leak by @river", true),
        ("@river NEAR/1 leak", "leak by @river", false),
        ("@river NEAR/1 leak", "é leak @river", true),
        ("NOT (a NEAR/2 b) a", "a 1 2 b", true),
    ]);
}

#[test]
fn title_and_text_are_both_read_and_never_as_one() {
    let mention = Mention { title: Some("Breach at Riverside".to_owned()), ..said("General alarm over records") };
    for (source, expected) in [
        ("breach records", true),
        ("\"riverside general\"", false),
        ("\"at riverside\" \"general alarm\"", true),
        (&format!("riverside NEAR/{NEAR_WORDS_MAX} general"), false),
        ("alarm NEAR/3 records", true),
        ("breach NEAR/2 riverside", true),
    ] {
        assert_eq!(finds(source, &mention), expected, "{source}");
    }
}

#[test]
fn handles_and_hashtags() {
    table(&[
        ("@riversidegeneral", "ask @RiversideGeneral.", true),
        ("@riversidegeneral", "riversidegeneral", false),
        ("@riversidegeneral", "@riversidegeneral_fan", false),
        ("@riversidegeneral", "me@riversidegeneral", false),
        ("@riversidegeneral", "(@riversidegeneral@mastodon.example)", true),
        ("@press@river.example", "@press@river.example,", true),
        ("@press@river.example", "@press@other.example", false),
        ("@riverside.example", "cc @riverside.example!", true),
        ("@riverside", "cc @riverside.example!", false),
        ("\"@river_side\"", "@river_side", true),
        ("@river_side", "@river side", false),
        ("#databreach", "a #DataBreach", true),
        ("#databreach", "databreach", false),
        ("#databreach", "＃databreach", true),
        ("riverside", "#riverside", true),
        ("riverside", "@riverside", true),
        ("\"thanks riverside\"", "thanks @riverside", true),
        ("#fuite_données", "#Fuite_donnees", true),
    ]);
}

#[test]
fn named_parts() {
    let mention = Mention {
        author: Some("@Zoë.News".to_owned()),
        url: Some("https://user@News.Example.org:8080/a?site=other.net".to_owned()),
        language: Some("en-GB".to_owned()),
        ..said("a leak")
    };
    for (source, expected) in [
        ("from:zoe.news", true),
        ("from:@ZOE.NEWS", true),
        ("from:\"zoe.news\"", true),
        ("from:zoe", false),
        ("from:zoenews", false),
        ("lang:en", true),
        ("lang:EN-gb", true),
        ("lang:en-US", false),
        ("lang:e", false),
        ("site:example.org", true),
        ("site:news.example.org", true),
        ("site:NEWS.example.org.", true),
        ("site:ample.org", false),
        ("site:other.net", false),
        ("site:www.news.example.org", false),
        ("leak lang:en -site:example.org", false),
        ("leak lang:en NOT from:somebody", true),
        ("lang:es OR site:org", true),
    ] {
        assert_eq!(finds(source, &mention), expected, "{source}");
        assert!(!finds(source, &said("nothing")), "{source} on a mention that says none of it");
    }
}

#[test]
fn errors_say_where() {
    for (source, at, says) in [
        ("", "", "empty"),
        ("  ", "  ", "empty"),
        ("()", "()", "hold nothing"),
        ("a (b OR c", "(", "never closed"),
        ("a (", "(", "never closed"),
        ("a) b", ")", "closes nothing"),
        (") b", ")", "closes nothing"),
        ("é AND", "AND", "nothing after it"),
        ("(é OR) b", "OR", "nothing after it"),
        ("a AND OR b", "AND", "nothing after it"),
        ("OR b", "OR", "nothing before it"),
        ("(NEAR/3 b)", "NEAR/3", "nothing before it"),
        ("a NOT", "NOT", "nothing after it"),
        ("a \"b c", "\"b c", "never closed"),
        ("a from:\"b", "from:", "names nothing"),
        ("a NEAR b", "NEAR", "how many words"),
        ("a NEAR/x b", "NEAR/x", "how many words"),
        ("a NEAR/0 b", "NEAR/0", "how many words"),
        ("a NEAR/3 b NEAR/3 c", "NEAR/3", "two sides"),
        ("a NEAR/3 (b c)", "NEAR/3", "NEAR joins"),
        ("NOT a NEAR/3 b", "NEAR/3", "NEAR joins"),
        ("a NEAR/3 lang:en", "NEAR/3", "NEAR joins"),
        ("é h*", "h*", "at least 2 letters"),
        ("a *", "*", "at least 2 letters"),
        ("a *ack", "*ack", "only at the end"),
        ("a \"leak* data\"", "\"leak* data\"", "only at the end"),
        ("a \"data *\"", "\"data *\"", "at least 2 letters"),
        ("a ...", "...", "no word"),
        ("a \"\"", "\"\"", "no word"),
        ("a 🔥", "🔥", "no word"),
        ("a @", "@", "not a handle"),
        ("a #x/y", "#x/y", "not a handle"),
        ("a title:b", "title:b", "no title:"),
        ("a from:", "from:", "names nothing"),
        ("a from:news*", "from:news*", "cannot be"),
        ("a lang:english!", "lang:english!", "cannot be"),
        ("a site:https://b.c/d", "site:https://b.c/d", "cannot be"),
        ("NOT a", "NOT a", "leaving words out"),
        ("-a -b", "-a -b", "leaving words out"),
        ("a OR NOT b", "a OR NOT b", "leaving words out"),
        ("NOT (a b)", "NOT (a b)", "leaving words out"),
    ] {
        let error = Query::parse(source).expect_err(source);
        assert!(error.to_string().contains(says), "{source}: {error}");
        assert_eq!(&source[error.span.clone()], at, "{source}: {error}");
        assert!(!error.help.is_empty(), "{source}");
    }
}

#[test]
fn limits_hold_at_the_bound_and_not_past_it() {
    let long = |bytes: usize| format!("a{}", " ".repeat(bytes - 1));
    let many = |terms: usize| vec!["ab"; terms].join(" OR ");
    let deep = |levels: usize| format!("{}a{}", "(".repeat(levels), ")".repeat(levels));
    let nots = |levels: usize| format!("{}a", "NOT ".repeat(levels));
    let near = |words: usize| format!("a NEAR/{words} b");
    for (limit, make) in [
        (QUERY_BYTES_MAX, &long as &dyn Fn(usize) -> String),
        (TERMS_MAX, &many),
        (NESTING_MAX, &deep),
        (NESTING_MAX, &nots),
        (NEAR_WORDS_MAX, &near),
    ] {
        query(&make(limit));
        let error = Query::parse(&make(limit + 1)).expect_err("past the limit");
        assert!(error.message.contains(&limit.to_string()), "{error}");
    }
    let apart = |words: usize| said(&format!("a {} b", vec!["x"; words - 1].join(" ")));
    assert!(finds(&near(NEAR_WORDS_MAX), &apart(NEAR_WORDS_MAX)));
    assert!(!finds(&near(NEAR_WORDS_MAX), &apart(NEAR_WORDS_MAX + 1)));
}

#[test]
fn an_explanation_shows_what_matched_and_where() {
    let source = "(\"riverside general\" OR @riverside) AND (hack* NEAR/3 records) -\"general store\" NOT (x OR y)";
    let mention = Mention { title: Some("At Riverside\nGeneral".to_owned()), ..said("Hacked: my records, é hacking") };
    let explained = explain(&query(source), &mention);
    let expected = r#"AND: yes
  OR: yes
    "riverside general": yes, at "Riverside\nGeneral"
    @riverside: no
  NEAR/3: yes, at "Hacked", "records"
    hack*: yes, at "Hacked", "hacking"
    records: yes, at "records"
  NOT "general store": kept (not found)
  NOT: kept (not found)
    OR: no
      x: no
      y: no"#;
    assert_eq!(explained.to_string(), expected);
    let place = &explained.parts[0].parts[0].places[0];
    assert_eq!((place.within, place.bytes.clone()), (Where::Title, 3..20));
    assert_eq!(explained.parts[2].kind, Kind::Not);

    let left_out = explain(&query("a -b"), &said("a b b b b b"));
    assert_eq!(
        left_out.to_string(),
        "AND: no\n  a: yes, at \"a\"\n  NOT b: left out, at \"b\", \"b\", \"b\" and 2 more"
    );
    let json = serde_json::to_value(explain(&query("é"), &said("x É"))).expect("in order");
    let expected = serde_json::json!({
        "kind": "term", "part": "é", "matched": true,
        "places": [{ "in": "text", "bytes": { "start": 2, "end": 4 }, "words": "É" }],
    });
    assert_eq!(json, expected);
}

#[test]
fn a_query_is_written_and_read_as_its_source() {
    let source = "(\"riverside general\" OR @riversidegeneral) NOT (\"riverside general store\")";
    let read: Query = serde_json::from_value(source.into()).expect("in order");
    assert_eq!(read, query(source));
    assert_eq!(serde_json::to_value(&read).expect("in order"), source);
    let error = serde_json::from_value::<Query>("a AND".into()).expect_err("not in order").to_string();
    assert!(error.contains("AND has nothing after it; put a word"), "{error}");
}

#[test]
fn many_queries_are_told_apart_and_listed_in_order() {
    let sources =
        ["hack*", "hacker", "\"the hacker\"", "lang:en", "hacker lang:en", "store", "the NEAR/1 hacker", "hack"];
    let queries: Vec<_> = sources.into_iter().map(query).collect();
    let matcher = Matcher::new(&queries).expect("in order");
    assert_eq!(matcher.matches(&said("The hacker")), [0, 1, 2, 6]);
    assert_eq!(matcher.matches(&Mention { language: Some("en".to_owned()), ..said("hacker") }), [0, 1, 3, 4]);
    assert!(matcher.matches(&said("")).is_empty());
    assert!(Matcher::new(&[]).expect("in order").matches(&said("hacker")).is_empty());
}
