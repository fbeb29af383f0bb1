//! The webhook: what proves a sender, what a body may hold, and every limit at its bound.

use std::fmt::Write as _;
use std::path::PathBuf;

use hmac::{Hmac, KeyInit, Mac};
use holdline::core::mention::{MENTION_TEXT_BYTES_MAX, REACH_MAX};
use holdline::feed::form::{AUTHOR_BYTES_MAX, EXCERPT_CHARS_MAX, ID_BYTES_MAX, TITLE_BYTES_MAX, URL_BYTES_MAX};
use holdline::feed::webhook::{
    BODY_BYTES_MAX, DeliveryError, Gate, MENTIONS_MAX, PER_MINUTE_DEFAULT, PER_MINUTE_MAX, REPLAY_KEYS_MAX, RateLimit,
    ReplayGuard, SECRET_BYTES_MIN, SKEW_SECONDS_MAX, Webhook, WebhookSettings, WebhookSettingsError, parse,
};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use sha2::Sha256;

const SECRET: &str = "correct horse battery staple";
const OLD_SECRET: &str = "the secret of last year, then";
const SENT: i64 = 1_795_183_500;
const BODY: &[u8] = br#"{"id":"a1","text":"The lifts at Riverside are down."}"#;

fn settings(path: &str, secret: &str) -> WebhookSettings<SecretString> {
    WebhookSettings { path: path.to_owned(), secret: SecretString::from(secret), old_secret: None, per_minute: None }
}

fn webhook() -> Webhook {
    let old_secret = Some(SecretString::from(OLD_SECRET));
    Webhook::new(WebhookSettings { old_secret, ..settings("/in/listening", SECRET) }).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn hex_of(secret: &str, timestamp: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

fn sign(secret: &str, timestamp: &str, body: &[u8]) -> String {
    format!("v1={}", hex_of(secret, timestamp, body))
}

fn status(timestamp: &str, signature: &str, body: &[u8]) -> u16 {
    webhook().verify(timestamp, signature, body, at(SENT)).map_or_else(|e| e.status(), |_| 200)
}

/// The message of a body that is refused.
fn refusal(body: &str) -> String {
    let error = parse(body.as_bytes(), None).expect_err(body);
    assert_eq!(error.status(), 400, "{error}");
    error.to_string()
}

#[test]
fn a_signature_made_elsewhere_is_taken() {
    // Made by Python's hmac module over "1795183500." and the body.
    let signature = "v1=6e7b48419ecbfba384b18744712c726c052bf99a08f948911f9eb8584191a220";
    let delivery = webhook().verify("1795183500", signature, BODY, at(SENT)).unwrap();
    assert_eq!(delivery.sent_at, at(SENT));
}

#[test]
fn every_flipped_bit_of_body_timestamp_and_signature_is_refused() {
    let stamp = SENT.to_string();
    let signature = sign(SECRET, &stamp, BODY);
    assert_eq!(status(&stamp, &signature, BODY), 200);
    for bit in 0..BODY.len() * 8 {
        let mut body = BODY.to_vec();
        body[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(status(&stamp, &signature, &body), 401, "bit {bit} of the body");
    }
    let raw = hex::decode(&signature[3..]).unwrap();
    for bit in 0..raw.len() * 8 {
        let mut raw = raw.clone();
        raw[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(status(&stamp, &format!("v1={}", hex::encode(raw)), BODY), 401, "bit {bit}");
    }
    assert_eq!(status(&(SENT + 1).to_string(), &signature, BODY), 401);
    assert_eq!(status(&format!("0{stamp}"), &signature, BODY), 401);
    assert_eq!(status(&stamp, &signature, b""), 401);
    // The full stop belongs to what is signed: digits cannot wander between timestamp and body.
    assert_eq!(status(&stamp, &sign(SECRET, "179518350", b"0.x"), b"x"), 401);
}

#[test]
fn both_secrets_and_several_signatures_are_taken_while_a_secret_is_changed() {
    let stamp = SENT.to_string();
    let (new, old) = (sign(SECRET, &stamp, BODY), sign(OLD_SECRET, &stamp, BODY));
    let other = sign("someone else's secret", &stamp, BODY);
    let upper = format!("v1={}", hex_of(SECRET, &stamp, BODY).to_uppercase());
    for good in [new.clone(), old.clone(), format!("{other}, {new}"), format!("{old},{other}"), upper] {
        assert_eq!(status(&stamp, &good, BODY), 200, "{good}");
    }
    for bad in [other.clone(), format!("{other},{other}")] {
        assert_eq!(status(&stamp, &bad, BODY), 401, "{bad}");
    }
    let one = Webhook::new(settings("/in/listening", SECRET)).unwrap();
    let error = one.verify(&stamp, &old, BODY, at(SENT)).unwrap_err();
    assert_eq!(error, DeliveryError::SignatureWrong);
}

#[test]
fn headers_that_are_missing_or_malformed_are_told_apart() {
    let stamp = SENT.to_string();
    let good = sign(SECRET, &stamp, BODY);
    let five = [good.as_str(); 5].join(",");
    let four = [good.as_str(); 4].join(",");
    assert_eq!(status(&stamp, &four, BODY), 200);
    for (timestamp, signature, says) in [
        ("", good.as_str(), "Holdline-Timestamp is missing"),
        ("soon", &good, "not a time"),
        ("-1795183500", &good, "not a time"),
        ("+1795183500", &good, "not a time"),
        (" 1795183500", &good, "not a time"),
        ("1795183500.0", &good, "not a time"),
        ("1795183500000", &good, "not a time"),
        ("999999999999", &good, "not a time"),
        (&stamp, "", "Holdline-Signature is missing"),
        (&stamp, "  ", "Holdline-Signature is missing"),
        (&stamp, &good[3..], "not readable"),
        (&stamp, &good[..66], "not readable"),
        (&stamp, "v1=", "not readable"),
        (&stamp, "v2=00", "not readable"),
        (&stamp, &five, "at most 4"),
        (&stamp, &format!("{good},"), "not readable"),
    ] {
        let error = webhook().verify(timestamp, signature, BODY, at(SENT)).unwrap_err();
        assert_eq!(error.status(), 401, "{timestamp} {signature}");
        assert!(error.to_string().contains(says), "{error} says not: {says}");
    }
}

#[test]
fn a_clock_may_be_off_by_five_minutes_and_no_more() {
    let stamp = SENT.to_string();
    let signature = sign(SECRET, &stamp, BODY);
    let verify = |now: Timestamp| webhook().verify(&stamp, &signature, BODY, now);
    let nano = SignedDuration::from_nanos(1);
    assert!(verify(at(SENT + SKEW_SECONDS_MAX)).is_ok());
    assert!(verify(at(SENT - SKEW_SECONDS_MAX)).is_ok());
    let late = verify(at(SENT + SKEW_SECONDS_MAX).checked_add(nano).unwrap()).unwrap_err();
    assert_eq!(late, DeliveryError::TooOld(300));
    let early = verify(at(SENT - SKEW_SECONDS_MAX).checked_sub(nano).unwrap()).unwrap_err();
    assert_eq!(early, DeliveryError::TooNew(300));
    assert!(verify(at(SENT + 3600)).unwrap_err().to_string().contains("3600 seconds in the past"));
}

#[test]
fn an_exact_repeat_is_refused_for_ten_minutes_however_its_header_is_dressed() {
    let webhook = webhook();
    let stamp = SENT.to_string();
    let (new, old) = (sign(SECRET, &stamp, BODY), sign(OLD_SECRET, &stamp, BODY));
    let key = |signature: &str| webhook.verify(&stamp, signature, BODY, at(SENT)).unwrap();
    let first = key(&new);
    assert_eq!(first, key(&format!("{old},{new}")));
    assert_eq!(first, key(&old));
    let mut gate = Gate::default();
    let mut admit = |delivery, now| gate.admit(delivery, PER_MINUTE_DEFAULT, now);
    assert_eq!(admit(&first, at(SENT)), Ok(()));
    assert_eq!(admit(&first, at(SENT)), Err(DeliveryError::Replayed));
    assert_eq!(admit(&first, at(SENT + 600)), Err(DeliveryError::Replayed));
    assert_eq!(DeliveryError::Replayed.status(), 409);
    // By then its timestamp has long expired.
    assert_eq!(admit(&first, at(SENT + 601)), Ok(()));
    // The same mentions under a new timestamp are another delivery; their ids make it harmless.
    let later = (SENT + 1).to_string();
    let again = webhook.verify(&later, &sign(SECRET, &later, BODY), BODY, at(SENT)).unwrap();
    assert_eq!(admit(&again, at(SENT)), Ok(()));
    let other = Webhook::new(settings("/in/other", SECRET)).unwrap();
    assert_ne!(other.verify(&stamp, &new, BODY, at(SENT)).unwrap().replay_key, first.replay_key);
}

#[test]
fn what_was_not_stored_may_be_sent_again_as_it_is() {
    let stamp = SENT.to_string();
    let delivery = webhook().verify(&stamp, &sign(SECRET, &stamp, BODY), BODY, at(SENT)).unwrap();
    let mut gate = Gate::default();
    let mut now = at(SENT);
    gate.admit(&delivery, 600, now).unwrap();
    gate.withdraw(&delivery);
    now = now.checked_add(SignedDuration::from_secs(100)).unwrap();
    assert_eq!(gate.admit(&delivery, 600, now), Ok(()));
    // The first meeting's age does not take the second's memory away.
    now = now.checked_add(SignedDuration::from_secs(550)).unwrap();
    assert_eq!(gate.admit(&delivery, 600, now), Err(DeliveryError::Replayed));
}

#[test]
fn the_memory_of_replays_is_bounded() {
    let webhook = webhook();
    let key = |number: usize| {
        let body = number.to_string();
        let stamp = SENT.to_string();
        let signature = sign(SECRET, &stamp, body.as_bytes());
        webhook.verify(&stamp, &signature, body.as_bytes(), at(SENT)).unwrap().replay_key
    };
    let (first, second, last) = (key(0), key(1), key(2));
    let mut guard = ReplayGuard::default();
    guard.remember(first, at(SENT));
    guard.remember(second, at(SENT));
    for _ in 2..REPLAY_KEYS_MAX {
        guard.remember(last, at(SENT));
    }
    assert!(guard.check(&first, at(SENT)).is_err());
    guard.remember(last, at(SENT));
    assert!(guard.check(&first, at(SENT)).is_ok());
    assert!(guard.check(&second, at(SENT)).is_err());
    assert!(guard.check(&second, at(SENT + 601)).is_ok());
    assert!(guard.is_empty());
}

#[test]
fn a_minutes_allowance_may_come_at_once_and_refills_evenly() {
    let mut rate = RateLimit::default();
    for number in 0..60 {
        assert_eq!(rate.take(60, at(SENT)), Ok(()), "{number}");
    }
    let error = rate.take(60, at(SENT)).unwrap_err();
    assert_eq!((error.status(), error.retry_after_seconds()), (429, Some(1)));
    assert_eq!(rate.take(60, at(SENT + 1)), Ok(()));
    assert!(rate.take(60, at(SENT + 1)).is_err());
    for number in 0..30 {
        assert_eq!(rate.take(60, at(SENT + 31)), Ok(()), "{number}");
    }
    assert!(rate.take(60, at(SENT + 31)).is_err());
    // A clock that is set back does not shut the door for as long.
    assert_eq!(rate.take(60, at(SENT - 86_400)), Ok(()));
    let mut slow = RateLimit::default();
    assert_eq!(slow.take(1, at(SENT)), Ok(()));
    assert_eq!(slow.take(1, at(SENT)).unwrap_err().retry_after_seconds(), Some(60));
    assert_eq!(slow.take(1, at(SENT + 60)), Ok(()));
}

#[test]
fn settings_are_checked() {
    let refuse = |settings| Webhook::new(settings).unwrap_err();
    for path in ["", "/", "/in/", "in/x", "/other", "/in//x", "/in/x/", "/in/../x", "/in/ä", "/in/a b"] {
        assert_eq!(refuse(settings(path, SECRET)), WebhookSettingsError::Path, "{path}");
    }
    assert!(Webhook::new(settings("/in/a-b_9/C", SECRET)).is_ok());
    let short = "x".repeat(SECRET_BYTES_MIN - 1);
    assert_eq!(refuse(settings("/in/x", &short)), WebhookSettingsError::Secret("secret"));
    assert!(Webhook::new(settings("/in/x", &"x".repeat(SECRET_BYTES_MIN))).is_ok());
    let old_secret = Some(SecretString::from(SECRET));
    let same = WebhookSettings { old_secret, ..settings("/in/x", SECRET) };
    assert_eq!(refuse(same), WebhookSettingsError::SameSecret);
    for (per_minute, good) in [(0, false), (1, true), (PER_MINUTE_MAX, true), (PER_MINUTE_MAX + 1, false)] {
        let made = Webhook::new(WebhookSettings { per_minute: Some(per_minute), ..settings("/in/x", SECRET) });
        assert_eq!(made.is_ok(), good, "{per_minute}");
    }
    let written = r#"{"path": "/in/x", "secret": "s", "sekret": "s"}"#;
    let error = serde_json::from_str::<WebhookSettings<String>>(written).unwrap_err();
    assert!(error.to_string().contains("unknown field `sekret`"), "{error}");
    assert!(!format!("{:?}", webhook()).contains("horse"));
}

#[test]
fn an_object_or_lines_of_objects_become_mentions() {
    let full = r#"{"id":"1","text":"a\nb","author":"@x","url":"HTTPS://x.example/1","language":"pt-BR","title":"t","published":"2026-11-20T09:05:00-05:00"}"#;
    let mentions = parse(full.as_bytes(), Some("application/json; charset=UTF-8")).unwrap();
    let mention = &mentions[0];
    assert_eq!((mention.id.as_str(), mention.text.as_str()), ("1", "a\nb"));
    assert_eq!(mention.author.as_deref(), Some("@x"));
    assert_eq!(mention.language.as_deref(), Some("pt-BR"));
    assert_eq!(mention.published, Some("2026-11-20T14:05:00Z".parse().unwrap()));
    for (written, reach) in
        [("12000", Some(12_000)), ("\"7\"", Some(7)), ("2000000000", Some(REACH_MAX)), ("null", None)]
    {
        let line = format!(r#"{{"id":"1","text":"a","reach":{written}}}"#);
        assert_eq!(parse(line.as_bytes(), None).unwrap()[0].reach, reach, "{written}");
    }
    let spread = "\n{\n  \"id\": \"1\",\n  \"text\": \"a\",\n  \"author\": null, \"title\": \"\"\n}\n";
    let mentions = parse(spread.as_bytes(), None).unwrap();
    assert_eq!((mentions.len(), &mentions[0].author, &mentions[0].title), (1, &None, &None));
    let lines = "\r\n{\"id\":\"1\",\"text\":\"a\"}\r\n\n  \n{\"id\":\"2\",\"title\":\"b\",\"text\":\"\"}";
    assert_eq!(parse(lines.as_bytes(), Some("application/x-ndjson")).unwrap().len(), 2);
}

#[test]
fn one_bad_line_refuses_all_and_is_named() {
    let good = r#"{"id":"0","text":"a"}"#;
    for (line, says) in [
        (r#"{"id":"1"}"#, "`text` is missing"),
        (r#"{"text":"a"}"#, "`id` is missing"),
        (r#"{"id":" ","text":"a"}"#, "`id` is missing or empty"),
        (r#"{"id":"1","text":"  "}"#, "`text` is missing or empty"),
        (r#"{"id":1,"text":"a"}"#, "`id` is a number, where text in double quotes"),
        (r#"{"id":"1","text":["a"]}"#, "`text` is a list"),
        (r#"{"id":"1","text":{"a":"b"}}"#, "`text` is an object"),
        (r#"{"id":"1","text":true}"#, "`text` is true or false"),
        (r#"{"id":"1","text":"a","body":"b"}"#, "`body` is not a field of a mention"),
        (r#"{"id":"1","text":"a","body":"b"}"#, "id, published, text, author, url, language, title, reach"),
        (r#"{"id":"1","text":"a","id":"2"}"#, "`id` is given twice"),
        (r#"{"id":"1","text":"a","author":null,"author":null}"#, "`author` is given twice"),
        (r#"{"id":"0","text":"b"}"#, "the id \"0\" is also on line 1"),
        (r#"{"id":"1\n","text":"a"}"#, "`id` holds the control character U+000A"),
        (r#"{"id":"1","text":"a\u0000"}"#, "`text` holds the control character U+0000"),
        (r#"{"id":"1","text":"a","author":"x\u001b[31m"}"#, "U+001B"),
        (r#"{"id":"1","text":"a","url":"javascript:alert(1)"}"#, "`url` is \"javascript:alert(1)\""),
        (r#"{"id":"1","text":"a","url":"http://"}"#, "name a host"),
        (r#"{"id":"1","text":"a","url":"https:///x"}"#, "name a host"),
        (r#"{"id":"1","text":"a","url":"https://x y"}"#, "no blanks"),
        (r#"{"id":"1","text":"a","url":"ftp://x"}"#, "must begin with https:// or http://"),
        (r#"{"id":"1","text":"a","language":"English (US)"}"#, "write a tag such as en"),
        (r#"{"id":"1","text":"a","published":"yesterday"}"#, "write the time as in"),
        (r#"{"id":"1","text":"a","published":"2026-11-20"}"#, "write the time as in"),
        (r#"{"id":"1","text":"a","published":"2026-11-20T14:05:00"}"#, "write the time as in"),
        (r#"{"id":"1","text":"a","published":"2026-02-30T14:05:00Z"}"#, "write the time as in"),
        (r#"{"id":"1","text":"a","published":1795183500}"#, "`published` is a number"),
        (r#"{"id":"1","text":"a","reach":-1}"#, "`reach` is \"-1\"; write how many people"),
        (r#"{"id":"1","text":"a","reach":1.5}"#, "`reach` is \"1.5\""),
        (r#"{"id":"1","text":"a","reach":"+7"}"#, "`reach` is \"+7\""),
        (r#"{"id":"1","text":"a","reach":2000000001}"#, "a whole number, at most 2000000000"),
        (r#"{"id":"1","text":"a","reach":20000000000}"#, "`reach` is 11 bytes long"),
        (r#"{"id":"1","text":"a","reach":true}"#, "`reach` is true or false"),
        (r#"[{"id":"1","text":"a"}]"#, "it is a list, where one JSON object"),
        (r#""a""#, "it is a piece of text"),
        ("12", "it is a number"),
        ("null", "it is null"),
        (r#"{"id":"1","text":"a"} {"id":"2","text":"b"}"#, "it is not JSON: trailing characters"),
        (r#"{"id":"1","text":"a",}"#, "it is not JSON"),
        (r"{'id':'1'}", "it is not JSON"),
        (r#"{"id":"1","text":"a"#, "it is not JSON: EOF"),
        (r#"{"id":"1","text":"\ud800"}"#, "it is not JSON"),
        ("plain words", "it is not JSON"),
    ] {
        let message = refusal(&format!("{good}\n\n{line}\n{{\"id\":\"9\",\"text\":\"z\"}}"));
        assert!(message.starts_with("line 3: "), "{line}: {message}");
        assert!(message.contains(says), "{message}\n  says not: {says}");
        assert!(message.ends_with("Nothing of this delivery was taken"), "{message}");
    }
    let spread = refusal("{\n  \"id\": \"1\",\n  \"text\": nope\n}");
    assert!(spread.starts_with("line 3: it is not JSON"), "{spread}");
    assert!(refusal("").contains("holds no mention"));
    assert!(refusal("\n \r\n").contains("holds no mention"));
}

#[test]
fn a_body_of_other_bytes_is_refused() {
    let marked = [b"\xEF\xBB\xBF", BODY].concat();
    assert_eq!(parse(&marked, None), Err(DeliveryError::ByteOrderMark));
    let error = parse(b"{\"id\":\"1\",\"text\":\"a\"}\n{\"id\":\"2\",\"text\":\"\xFF\"}", None).unwrap_err();
    assert!(error.to_string().starts_with("line 2: it is not UTF-8"), "{error}");
    let deep = format!(r#"{{"id":"1","text":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert!(refusal(&deep).contains("recursion limit"));
    assert!(refusal(&"[".repeat(500_000)).contains("it is not JSON"));
    for kind in ["application/x-www-form-urlencoded", "text/html", "", "application/json; charset=latin1"] {
        let error = parse(BODY, Some(kind)).unwrap_err();
        assert!(error.to_string().contains("application/x-ndjson"), "{error}");
    }
}

#[test]
fn every_limit_holds_at_its_bound() {
    for (field, max) in [
        ("id", ID_BYTES_MAX),
        ("text", MENTION_TEXT_BYTES_MAX),
        ("author", AUTHOR_BYTES_MAX),
        ("title", TITLE_BYTES_MAX),
    ] {
        let body = |bytes: usize| {
            let mut value = serde_json::json!({"id": "1", "text": "a"});
            value[field] = "é".repeat(bytes / 2).into();
            if bytes % 2 == 1 {
                value[field] = format!("{}x", "é".repeat(bytes / 2)).into();
            }
            value.to_string()
        };
        assert!(parse(body(max).as_bytes(), None).is_ok(), "{field}");
        let message = refusal(&body(max + 1));
        assert!(message.contains(&format!("`{field}` is {} bytes long", max + 1)), "{message}");
    }
    let url = |bytes: usize| format!(r#"{{"id":"1","text":"a","url":"https://x/{}"}}"#, "y".repeat(bytes - 10));
    assert!(parse(url(URL_BYTES_MAX).as_bytes(), None).is_ok());
    assert!(refusal(&url(URL_BYTES_MAX + 1)).contains("`url` is 2049 bytes long"));
}

#[test]
fn a_delivery_is_bounded_in_mentions_and_bytes() {
    let lines = |count: usize| {
        let mut lines = String::new();
        for number in 0..count {
            writeln!(lines, r#"{{"id":"{number}","text":"a"}}"#).unwrap();
        }
        lines
    };
    assert_eq!(parse(lines(MENTIONS_MAX).as_bytes(), None).unwrap().len(), MENTIONS_MAX);
    let error = parse(lines(MENTIONS_MAX + 1).as_bytes(), None).unwrap_err();
    assert_eq!((error.status(), &error), (413, &DeliveryError::TooManyMentions { line: 1001 }));
    let mut body = BODY.to_vec();
    body.resize(BODY_BYTES_MAX, b' ');
    let stamp = SENT.to_string();
    assert!(parse(&body, None).is_ok());
    assert_eq!(status(&stamp, &sign(SECRET, &stamp, &body), &body), 200);
    body.push(b' ');
    assert_eq!(parse(&body, None).unwrap_err().status(), 413);
    assert_eq!(status(&stamp, &sign(SECRET, &stamp, &body), &body), 413);
}

#[test]
fn messages_quote_little_and_escape_it() {
    let key = format!("\u{202e}\u{1b}]0;{}", "k".repeat(500));
    let body = serde_json::json!({"id": "1", "text": "a", key: "b"}).to_string();
    let message = refusal(&body);
    assert!(!message.contains(['\u{202e}', '\u{1b}']), "{message}");
    assert!(message.contains("\\u{202e}\\u{1b}]0;kkk"), "{message}");
    assert!(!message.contains(&"k".repeat(EXCERPT_CHARS_MAX)), "{message}");
    let stamp = SENT.to_string();
    let wrong = sign("someone else's secret", &stamp, BODY);
    let error = webhook().verify(&stamp, &wrong, BODY, at(SENT)).unwrap_err().to_string();
    for hidden in [SECRET, OLD_SECRET, &wrong[3..], &hex_of(SECRET, &stamp, BODY)] {
        assert!(!error.contains(hidden), "{error}");
    }
}

#[test]
fn hostile_json_is_refused_or_taken_and_never_panics() {
    let data = std::env::var_os("HOLDLINE_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let suite = data.join("hostile/JSONTestSuite/test_parsing");
    let Ok(folder) = std::fs::read_dir(&suite) else {
        let required = std::env::var("HOLDLINE_DATA_REQUIRED").is_ok_and(|value| value == "1");
        assert!(!required, "{} is missing", suite.display());
        println!("NOT RUN: {} is missing", suite.display());
        return;
    };
    let mut tried = 0;
    for entry in folder {
        let entry = entry.unwrap();
        let value = std::fs::read(entry.path()).unwrap();
        let wrapped = [b"{\"id\":\"1\",\"text\":", value.as_slice(), b"}"].concat();
        for body in [&value, &wrapped] {
            if let Err(error) = parse(body, Some("application/json")) {
                assert!(matches!(error.status(), 400 | 413), "{error}");
                assert!(error.to_string().chars().count() < 500, "{error}");
            }
        }
        // No value of the suite but a piece of text makes a mention's text; a file that must fail alone must fail within.
        if entry.file_name().to_string_lossy().starts_with("n_") {
            assert!(parse(&value, None).is_err(), "{}", entry.path().display());
        }
        tried += 1;
    }
    assert!(tried > 300, "{tried} files only");
}
