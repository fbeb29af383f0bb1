//! What is seen at the address of a post: the approved words, other words, or nothing that can be told.

use holdline::channel::{look_at, seen_in};
use holdline::core::statement::{Length, Seen, Unseen, Variant, sighted};
use holdline::net::{Answer, HeaderMap, Http, StatusCode, Url, read_html};
use proptest::prelude::*;

const BODY: &str = "We know that people are worried about their records. We don't yet know who was affected. \
    Please call +1 555 010 0100. We will say more by 14:20 EST.";

fn variant(title: Option<&str>, body: &str) -> Variant {
    let title = title.map(str::to_owned);
    Variant { length: Length::Short, language: "en".to_owned(), title, body: body.to_owned() }
}

fn seen(body: &str, page: &str) -> Seen {
    let shown = read_html(page);
    let shown: Vec<String> = [shown.text].into_iter().chain(shown.summaries).collect();
    sighted(&[&variant(None, body)], &shown)
}

fn answer(status: u16, kind: &str, body: Option<&str>) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", kind.parse().unwrap());
    let (status, url) = (StatusCode::from_u16(status).unwrap(), Url::parse("https://news.example/").unwrap());
    Answer { status, headers, url, body: body.map(|body| body.as_bytes().to_vec()) }
}

const NOT_THERE: Seen = Seen::CouldNotBeSeen { why: Unseen::NotThere };

#[test]
fn the_text_is_found_however_the_page_is_made() {
    let curly = BODY.replace('\'', "’").replace(' ', "&nbsp;");
    for page in [
        format!("<p>{BODY}</p>"),
        format!("<title>x</title><script>var a = '</p>';</script><div>Menu</div><p>{BODY}</p><footer>y</footer>"),
        format!("<span>{}</span>", BODY.replace(' ', "</span> <span>")),
        BODY.replace(". ", ".</p><p>"),
        BODY.replace(". ", ".<br/>"),
        format!("<p>{curly}</p>"),
        format!("<head><meta property=\"og:description\" content=\"{BODY}\"></head><body>Sign in</body>"),
        format!("<meta name='description' content='{}'>", BODY.replace('\'', "&#39;")),
        BODY.replace("records", "<b>rec</b>ords"),
    ] {
        assert_eq!(seen(BODY, &page), Seen::Matches, "{page}");
    }
}

#[test]
fn other_words_are_told_from_a_page_without_them() {
    for page in [
        format!("<p>{}</p>", BODY.replace("0100", "0101")),
        format!("<p>{}</p>", BODY.replace("0100", "01000")),
        format!("<p>{BODY}5</p>"),
        format!("<p>{}</p>", BODY.replace("don't yet know", "know")),
        BODY[..BODY.len() / 2 + 20].to_owned(),
    ] {
        assert_eq!(seen(BODY, &page), Seen::Differs, "{page}");
    }
    for page in [
        String::new(),
        "<h1>Sign in</h1><p>We know that people are busy.</p>".to_owned(),
        format!("<script>'{BODY}'</script>"),
        format!("<!-- {BODY} --><template>{BODY}</template><div hidden>{BODY}</div>"),
        format!("<div style='display: none'><div>x</div>{BODY}</div><p>Nothing here</p>"),
    ] {
        assert_eq!(seen(BODY, &page), NOT_THERE, "{page}");
    }
}

#[test]
fn every_text_of_the_channel_must_stand_there() {
    let (en, es) = (
        variant(Some("Our records"), BODY),
        variant(Some("Nuestros datos"), "Sabemos que hay preocupación por los datos."),
    );
    let both = format!("{}\n{}", en.text(), es.text());
    assert_eq!(sighted(&[&en, &es], std::slice::from_ref(&both)), Seen::Matches);
    assert_eq!(sighted(&[&en, &es], &[en.text()]), Seen::Differs);
    // A page sets the headline apart from the text.
    assert_eq!(sighted(&[&en], &[BODY.to_owned(), "Our records".to_owned()]), Seen::Matches);
    assert_eq!(sighted(&[&en], &[BODY.to_owned()]), Seen::Differs);
    assert_eq!(sighted(&[], &[both]), NOT_THERE);
}

#[test]
fn letters_are_the_same_however_they_are_composed() {
    assert_eq!(seen("Wir sind für Sie da.", "Wir sind fu\u{308}r Sie da."), Seen::Matches);
}

#[test]
fn what_an_answer_is_decides_before_what_it_says() {
    let text = variant(None, BODY);
    let because = |answer: &Answer| match seen_in(answer, &[&text]) {
        Seen::CouldNotBeSeen { why } => Some(why),
        Seen::Matches | Seen::Differs => None,
    };
    assert_eq!(because(&answer(200, "text/plain; charset=utf-8", Some(BODY))), None);
    for (status, why) in [
        (401, Unseen::SignIn),
        (403, Unseen::SignIn),
        (404, Unseen::Gone),
        (410, Unseen::Gone),
        (500, Unseen::Failed),
        (302, Unseen::Failed),
    ] {
        assert_eq!(because(&answer(status, "text/html", Some(BODY))), Some(why));
    }
    assert_eq!(because(&answer(200, "image/png", Some(BODY))), Some(Unseen::NotAPage));
    assert_eq!(because(&answer(200, "text/html", None)), Some(Unseen::TooLarge));
}

#[tokio::test]
async fn an_address_inside_is_not_looked_at() {
    let http = Http::new().unwrap();
    for url in ["http://127.0.0.1/", "file:///etc/passwd", "no address", "http://169.254.169.254/latest/"] {
        let seen = look_at(&http, url, &[&variant(None, BODY)]).await;
        assert_eq!(seen, Seen::CouldNotBeSeen { why: Unseen::Address }, "{url}");
    }
}

#[test]
fn what_was_seen_is_written_down_in_plain_words() {
    let why = Seen::CouldNotBeSeen { why: Unseen::SignIn };
    let written = serde_json::to_string(&[Seen::Matches, Seen::Differs, why]).unwrap();
    assert_eq!(written, r#"["matches","differs",{"could_not_be_seen":{"why":"sign_in"}}]"#);
    assert_eq!(serde_json::from_str::<Vec<Seen>>(&written).unwrap(), [Seen::Matches, Seen::Differs, why]);
}

/// What the comparison takes for the same: spaces of any kind, quotes, composed letters.
fn as_compared(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    let straight: String = text
        .nfc()
        .map(|c| match c {
            '‘' | '’' | '‚' | '‛' => '\'',
            '“' | '”' | '„' | '‟' => '"',
            c => c,
        })
        .collect();
    straight.split_whitespace().collect::<Vec<_>>().join(" ")
}

proptest! {
    /// One character put in, taken out or changed, anywhere: never a match.
    #[test]
    fn no_one_character_change_is_a_match(
        text in "[a-zA-Z0-9.,'é]([a-zA-Z0-9.,' é]{0,58}[a-zA-Z0-9.,'é])?", at: prop::sample::Index, put in any::<char>(), how in 0..3
    ) {
        let mut chars: Vec<char> = text.chars().collect();
        let at = at.index(chars.len());
        match how {
            0 => chars.insert(at, put),
            1 => chars[at] = put,
            _ => { chars.remove(at); }
        }
        // At the end too, where a longer word or number begins with the text.
        for changed in [chars.iter().collect::<String>(), format!("{text}{put}"), format!("{put}{text}")] {
            prop_assume!(as_compared(&changed) != as_compared(&text));
            let seen = sighted(&[&variant(None, &text)], std::slice::from_ref(&changed));
            prop_assert_ne!(seen, Seen::Matches, "{:?} for {:?}", changed, text);
        }
    }

    #[test]
    fn reading_any_page_ends(page in "(<[a-z!/]{0,6}( hidden)?>|[a-z& ;<>]|&amp;){0,80}") {
        let _ = read_html(&page);
    }
}
