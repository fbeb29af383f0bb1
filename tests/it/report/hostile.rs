//! Words of strangers and of staff in a report: they are read as they stand, in every form.

use holdline::core::mention::Mention;
use holdline::core::shown::Quote;
use holdline::report::{document, html, markdown};

use super::golden::report_of;

const HOSTILE: &str =
    "<script>alert(1)</script> | **x** [x](https://evil.example) <!-- \u{202e}live \u{1b}[31m `a` ![b](c)";

#[test]
fn nothing_that_anybody_wrote_is_markup() {
    let story = format!(
        "00:00 ana opens it: {HOSTILE}\n00:01 ana claims\n00:02 chi confirms help_line 1 555 0100\n\
         00:03 chi rejects holding: {HOSTILE}\n00:04 ana proposes stand-down: {HOSTILE}\n00:05 ben approves stand-down\n\
         00:06 ana keeps: {HOSTILE}\n00:07 ana has dev follow up until 2026-12-01: {HOSTILE}\n\
         00:08 dev followed up 1: {HOSTILE}\n00:09 ana closes: {HOSTILE}\n"
    );
    let mention = Mention {
        id: "1".to_owned(),
        title: None,
        text: HOSTILE.to_owned(),
        author: Some("<b>mallory".to_owned()),
        url: Some("https://evil.example/<i>".to_owned()),
        language: None,
        published: None,
        reach: None,
    };
    let document = document(&report_of(&story), &[Quote::of(&"fediverse".into(), &mention)]);

    let page = html(&document);
    let parsed = page.split_once("</style>").unwrap().1;
    assert!(parsed.matches("&lt;script&gt;").count() >= 7, "{parsed}");
    for mark in ["<script", "<!--", "<b>", "<i>", "<a ", "\u{202e}", "\u{1b}"] {
        assert!(!parsed.contains(mark), "{mark:?} in {parsed}");
    }

    let text = markdown(&document);
    assert!(text.matches("\\<script\\>").count() >= 7, "{text}");
    for line in text.lines() {
        let bare = line.replace("\\\\", "").replace("\\<", "").replace("\\[", "").replace("\\`", "").replace("\\*", "");
        assert!(!bare.contains(['<', '[', '`', '\u{202e}', '\u{1b}']), "{line}");
        assert!(!bare.contains("https://"), "{line}");
    }
    // A row of a table keeps its cells, whatever is in them.
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(next) = lines.peek().filter(|next| line.starts_with('|') && next.starts_with('|')) {
            assert_eq!(cells(line), cells(next), "{line}\n{next}");
        }
    }
}

#[test]
fn what_people_wrote_of_facts_stays_in_the_record() {
    let story =
        "00:00 ana opens it: a call\n00:01 ana claims\n00:02 ana confirms what_happened Helen of bed four was named\n";
    let text = markdown(&document(&report_of(story), &[]));
    assert!(text.contains("what\\_happened") && !text.contains("Helen"), "{text}");
}
