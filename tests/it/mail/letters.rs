//! What a letter becomes as MIME, read back with another library.

use holdline::mail::{
    Letter, LetterError, PICTURE_BYTES_MAX, Picture,
    letter::{LETTER_BYTES_MAX, NAME_CHARS_MAX, SUBJECT_CHARS_MAX, build, sender},
};
use mail_parser::{Message, MessageParser, MimeHeaders};

use super::{FROM, letter, noon};

fn bytes(letter: &Letter) -> Vec<u8> {
    build(letter, &sender(FROM).expect("a sender"), noon()).expect("a letter that can be built").formatted()
}

fn parse(bytes: &[u8]) -> Message<'_> {
    MessageParser::default().parse(bytes).expect("MIME that can be parsed")
}

fn header_names(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let (head, _) = text.split_once("\r\n\r\n").expect("a blank line after the headers");
    head.lines()
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split(':').next().unwrap_or_default().to_lowercase())
        .collect()
}

#[test]
fn says_everything_a_letter_must_say() {
    let mime = bytes(&letter());
    let read = parse(&mime);
    assert_eq!(read.message_id(), Some("i7.3.0@riverside.example"));
    assert_eq!(read.in_reply_to().as_text(), Some("i7.1.0@riverside.example"));
    assert_eq!(read.references().as_text(), Some("i7.1.0@riverside.example"));
    assert_eq!(read.subject(), Some("Approve: holding statement"));
    assert_eq!(read.date().map(mail_parser::DateTime::to_rfc3339).as_deref(), Some("2026-11-22T12:00:00Z"));
    let from = read.from().and_then(|from| from.first()).expect("a sender");
    assert_eq!((from.name(), from.address()), (Some("Riverside Holdline"), Some("holdline@riverside.example")));
    let to = read.to().and_then(|to| to.first()).expect("a recipient");
    assert_eq!((to.name(), to.address()), (Some("Ana Ruiz"), Some("alice@ex.test")));
    let header = |name: &str| read.header(name).and_then(|value| value.as_text()).map(str::to_owned);
    assert_eq!(header("Auto-Submitted").as_deref(), Some("auto-generated"));
    assert_eq!(header("X-Auto-Response-Suppress").as_deref(), Some("All"));
    assert!(read.content_type().is_some_and(|kind| kind.subtype() == Some("alternative")));
    assert_eq!(read.body_text(0).as_deref(), Some("Please read the statement.\r\n\r\nCode: 4F7K2M\r\n"));
    assert_eq!(read.body_html(0).as_deref(), Some("<p>Please read the statement.</p>"));
    assert_eq!((read.text_body_count(), read.html_body_count(), read.attachment_count()), (1, 1, 0));
}

#[test]
fn the_same_letter_gives_the_same_bytes() {
    assert_eq!(bytes(&letter()), bytes(&letter()));
}

#[test]
fn the_first_letter_of_a_thread_replies_to_nothing() {
    let root = Letter { thread: Some(letter().message_id), ..letter() };
    let alone = Letter { thread: None, ..letter() };
    for first in [root, alone] {
        let names = header_names(&bytes(&first));
        assert!(!names.contains(&"in-reply-to".to_owned()) && !names.contains(&"references".to_owned()));
    }
}

#[test]
fn a_hostile_subject_or_name_adds_no_header() {
    let expected = header_names(&bytes(&letter()));
    for hostile in [
        "a\r\nBcc: eve@evil.example",
        "a\nBcc: eve@evil.example",
        "a\rBcc: eve@evil.example",
        "a\r\n\r\n<script>",
        "a\0b\u{7f}\u{85}\u{9b}",
        "a\u{2028}Bcc: eve@evil.example",
        "\", <eve@evil.example>, \"",
        "=?utf-8?q?a=0D=0ABcc=3A_eve?=",
        "é\r\nBcc: eve@evil.example é",
    ] {
        let mime = bytes(&Letter { subject: hostile.to_owned(), to_name: hostile.to_owned(), ..letter() });
        assert_eq!(header_names(&mime), expected, "{hostile:?}");
        let read = parse(&mime);
        let addresses: Vec<_> = read.to().expect("a recipient").iter().filter_map(|to| to.address()).collect();
        assert_eq!(addresses, ["alice@ex.test"], "{hostile:?}");
        assert!(!read.subject().unwrap_or_default().chars().any(char::is_control), "{hostile:?}");
    }
}

#[test]
fn direction_marks_and_invisible_characters_are_taken_out() {
    let hidden = "pay\u{202e}lac\u{2066}k\u{200b}\u{feff}\u{61c}\u{e0041} now";
    let mime = bytes(&Letter { subject: hidden.to_owned(), to_name: hidden.to_owned(), ..letter() });
    let read = parse(&mime);
    assert_eq!(read.subject(), Some("paylack now"));
    assert_eq!(read.to().and_then(|to| to.first()).and_then(|to| to.name()), Some("paylack now"));
}

#[test]
fn names_and_texts_of_every_script_arrive_whole() {
    for name in ["Zoë Ångström", "李小龍", "Мария Иванова", "د. سارة", "O'Brien, \"Pat\" (legal)", "👩‍⚕️ Dr. Noor"]
    {
        let told = Letter {
            to_name: name.to_owned(),
            subject: format!("Für {name}"),
            text: format!("{name} — grüß\n"),
            html: format!("<p>{name}</p>"),
            ..letter()
        };
        let mime = bytes(&told);
        assert!(mime.is_ascii());
        let read = parse(&mime);
        assert_eq!(read.to().and_then(|to| to.first()).and_then(|to| to.name()), Some(name));
        assert_eq!(read.subject(), Some(told.subject.as_str()));
        assert_eq!(read.body_text(0).map(|text| text.trim_end().to_owned()), Some(format!("{name} — grüß")));
        assert_eq!(read.body_html(0).as_deref(), Some(told.html.as_str()));
    }
}

#[test]
fn long_subjects_and_names_are_cut_at_their_bounds() {
    let long = "é".repeat(SUBJECT_CHARS_MAX);
    let mime = bytes(&Letter { subject: long.clone(), ..letter() });
    assert_eq!(parse(&mime).subject(), Some(long.as_str()));
    let mime = bytes(&Letter { subject: format!("{long}é"), to_name: long, ..letter() });
    let read = parse(&mime);
    let subject = read.subject().expect("a subject");
    assert_eq!((subject.chars().count(), subject.ends_with("é…")), (SUBJECT_CHARS_MAX, true));
    let name = read.to().and_then(|to| to.first()).and_then(|to| to.name()).expect("a name");
    assert_eq!(name.chars().count(), NAME_CHARS_MAX);
    assert!(mime.split(|byte| *byte == b'\n').all(|line| line.len() <= 998));
}

#[test]
fn bodies_hold_no_bare_line_end_and_no_nul() {
    let text = "a\rb\nc\r\nd\0e\u{1b}[31m\n.\n\r.\r\n..\n";
    let mime = bytes(&Letter { text: text.to_owned(), ..letter() });
    let bare = |pair: &[u8]| (pair[0] == b'\r') != (pair[1] == b'\n');
    assert!(!mime.windows(2).any(bare) && !mime.contains(&0) && !mime.contains(&0x1b));
    assert_eq!(parse(&mime).body_text(0).as_deref(), Some("a\r\nb\r\nc\r\nde[31m\r\n.\r\n\r\n.\r\n..\r\n"));
}

#[test]
fn what_cannot_be_addressed_is_refused() {
    let from = sender(FROM).expect("a sender");
    let built = |letter: Letter| build(&letter, &from, noon()).map(|_| ());
    for to in
        ["", "ana", "a@b@", "a b@ex.test", "a@ex.test\r\nDATA", "<a@ex.test>", "\"a>\"@ex.test", "a@ex.test,b@ex.test"]
    {
        assert_eq!(built(Letter { to: to.to_owned(), ..letter() }), Err(LetterError::Recipient), "{to:?}");
    }
    for id in ["", "plain", "a@b>", "a@b@c", "a\r\n@b", "é@b", &format!("{}@b", "x".repeat(300))] {
        let refused = Err(LetterError::MessageId);
        assert_eq!(built(Letter { message_id: id.to_owned(), ..letter() }), refused, "{id:?}");
        assert_eq!(built(Letter { thread: Some(id.to_owned()), ..letter() }), refused, "{id:?}");
    }
    let bytes = LETTER_BYTES_MAX + 1;
    let long = Letter { text: "x".repeat(bytes), html: String::new(), ..letter() };
    assert_eq!(built(long), Err(LetterError::TooLong { bytes }));
    for from in ["", "nobody", "A <a@b@c>", "A <a@ex.test>\r\nBcc: b@ex.test"] {
        assert_eq!(sender(from).map(|_| ()), Err(LetterError::Sender), "{from:?}");
    }
}

#[test]
fn a_picture_travels_with_the_html_and_is_no_attachment() {
    let picture =
        Picture { content_id: "chart.i7.3.0@riverside.example".to_owned(), png: b"\x89PNG\r\n\x1a\n.".to_vec() };
    let html = "<p><img src=\"cid:chart.i7.3.0@riverside.example\"></p>".to_owned();
    let letter = Letter { html: html.clone(), picture: Some(picture.clone()), ..letter() };
    let mime = bytes(&letter);
    assert_eq!(mime, bytes(&letter));
    let read = parse(&mime);
    assert!(read.content_type().is_some_and(|kind| kind.subtype() == Some("alternative")));
    assert_eq!(read.body_text(0).as_deref(), Some("Please read the statement.\r\n\r\nCode: 4F7K2M\r\n"));
    assert_eq!(read.body_html(0).as_deref(), Some(html.as_str()));
    let shown = read.parts.iter().find(|part| part.content_id().is_some()).expect("the picture");
    assert_eq!(shown.content_id(), Some("chart.i7.3.0@riverside.example"));
    assert_eq!(shown.content_disposition().map(|how| how.ctype()), Some("inline"));
    assert_eq!(shown.contents(), picture.png);
    let related =
        read.parts.iter().find_map(|part| part.content_type().filter(|kind| kind.subtype() == Some("related")));
    assert!(related.is_some(), "{}", String::from_utf8_lossy(&mime));
}

#[test]
fn a_picture_that_is_too_large_is_refused() {
    let sized = |bytes| {
        let picture = Picture { content_id: "chart@riverside.example".to_owned(), png: vec![7; bytes] };
        build(&Letter { picture: Some(picture), ..letter() }, &sender(FROM).expect("a sender"), noon()).map(|_| ())
    };
    assert_eq!(sized(PICTURE_BYTES_MAX), Ok(()));
    let bytes = PICTURE_BYTES_MAX + 1;
    assert_eq!(sized(bytes), Err(LetterError::PictureTooLarge { bytes }));
}
