//! The e-mail list: one letter to the whole list, or to nobody; and what a demo does with channels over the network.

use std::fs;
use std::sync::{Arc, Mutex};

use holdline::channel::{Channel, Circular, Found, Outcome, Outside, PostOffice, Reason};
use holdline::core::incident::PostPhase;
use holdline::mail::{self, Mailbox, Sent};
use mail_parser::MessageParser;
use serde_json::{Value, json};

use super::{approved, intent, package_for, parsed, refusal, rules, text};
use crate::peer::Peer;
use crate::test_app::TestApp;

/// A post office that keeps what it is handed, and says it was taken.
fn keeping() -> (PostOffice, Arc<Mutex<Vec<Circular>>>) {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let shelf = Arc::clone(&kept);
    let post_office: PostOffice = Arc::new(move |circular: Circular| {
        let url = format!("mid:{}@ex.test", circular.key);
        shelf.lock().unwrap().push(circular);
        Box::pin(async { Outcome::Done { url } })
    });
    (post_office, kept)
}

fn list(settings: Value, post_office: PostOffice) -> Arc<dyn Channel> {
    let outside = Outside { http: None, post_office: Some(post_office) };
    parsed("email_list", settings).unwrap().connect(&"wire".into(), &outside).unwrap()
}

#[tokio::test]
async fn one_letter_goes_to_the_whole_list() {
    let (post_office, kept) = keeping();
    let settings =
        json!({ "to": ["b@ex.test", "a@ex.test", "b@ex.test"], "from": "Press office", "reply_to": "press@ex.test" });
    let channel = list(settings, post_office);
    let one = approved(package_for("wire", vec![text("en", Some("Our records"), "We look into it.")]));
    let outcome = channel.post(&one, &intent("1.7.0")).await;
    assert_eq!(outcome, Outcome::Done { url: "mid:1.7.0@ex.test".to_owned() });
    let wanted = Circular {
        key: "1.7.0".to_owned(),
        from_name: Some("Press office".to_owned()),
        reply_to: Some("press@ex.test".to_owned()),
        to: vec!["a@ex.test".to_owned(), "b@ex.test".to_owned()],
        subject: "Our records".to_owned(),
        text: "We look into it.".to_owned(),
    };
    assert_eq!(*kept.lock().unwrap(), [wanted]);
    // A mail cannot be looked up or taken back.
    assert_eq!(channel.find(one.package(), &intent("1.7.0")).await, Found::CannotTell(Reason::CannotLook));
    assert_eq!(channel.take_down("mid:1.7.0@ex.test", "1.9.0").await, Outcome::Never(Reason::CannotTakeDown));
}

#[tokio::test]
async fn several_languages_stand_one_below_another() {
    let (post_office, kept) = keeping();
    let texts = vec![text("en", Some("Our records"), "We look."), text("es", Some("Los datos"), "Revisamos.")];
    let channel = list(json!({ "to": ["a@ex.test"] }), post_office);
    channel.post(&approved(package_for("wire", texts)), &intent("1.7.0")).await;
    let kept = kept.lock().unwrap().remove(0);
    assert_eq!(kept.subject, "Our records");
    assert_eq!(kept.text, "Our records\n\nWe look.\n\n\nLos datos\n\nRevisamos.");
}

#[tokio::test]
async fn a_statement_that_is_not_for_it_is_not_mailed() {
    let (post_office, kept) = keeping();
    let other = approved(package_for("elsewhere", vec![text("en", None, "x")]));
    let outcome = list(json!({ "to": ["a@ex.test"] }), post_office).post(&other, &intent("1.7.0")).await;
    assert_eq!(outcome, Outcome::Never(Reason::OtherBytes));
    assert!(kept.lock().unwrap().is_empty());
}

#[test]
fn who_is_on_the_list_is_part_of_what_is_approved() {
    let rules = rules("email_list", json!({ "to": ["b@ex.test", "a@ex.test"] })).unwrap();
    assert_eq!(rules.account, "a@ex.test, b@ex.test");
    let many: Vec<String> = (0..101).map(|n| format!("p{n}@ex.test")).collect();
    parsed("email_list", json!({ "to": many[..100] })).unwrap();
    for (settings, said) in [
        (json!({ "to": many }), "`to` holds 101 addresses"),
        (json!({ "to": [] }), "`to` holds 0 addresses"),
        (json!({ "to": ["a@ex.test\r\nBcc: b@ex.test"] }), "`to` holds \"a@ex.test\\r\\nBcc: b@ex.test\""),
        (json!({ "to": ["Ana <a@ex.test>"] }), "`to` holds \"Ana <a@ex.test>\""),
        (json!({ "to": ["a"] }), "`to` holds \"a\""),
        (json!({ "to": ["a@ex.test"], "reply_to": "a b@ex.test" }), "`reply_to` holds \"a b@ex.test\""),
        (json!({ "to": ["a@ex.test"], "from": "x\nBcc: b@ex.test" }), "`from` is a name alone"),
        (json!({ "to": ["a@ex.test"], "from": "Ana <a@ex.test>" }), "`from` is a name alone"),
    ] {
        let refused = refusal("email_list", settings);
        assert!(refused.starts_with(said), "{refused}");
    }
}

fn circular(to: &[&str]) -> mail::Circular {
    mail::Circular {
        message_id: "1.7.0@ex.test".to_owned(),
        from_name: Some("Press office".to_owned()),
        reply_to: Some("press@ex.test".to_owned()),
        to: to.iter().map(|&to| to.to_owned()).collect(),
        subject: "Über unsere Daten".to_owned(),
        text: "Grüß\n.\n..\nFrom here on".to_owned(),
    }
}

#[test]
fn the_built_in_mailbox_shows_everybody_theirs() {
    let mailbox = Mailbox::new("Holdline <holdline@ex.test>").unwrap();
    let sent = mailbox.send_circular(&circular(&["a@ex.test", "b@ex.test"]), super::AT.parse().unwrap());
    assert!(matches!(sent, Sent::Accepted { .. }));
    assert_eq!((mailbox.to("a@ex.test").len(), mailbox.to("b@ex.test").len()), (1, 1));
    let kept = mailbox.to("b@ex.test").remove(0);
    assert_eq!(kept.letter.text, circular(&[]).text);
    assert!(MessageParser::default().parse(&kept.mime).is_some());
}

/// What was approved is sent as it is, or not at all: nothing is mended, and nothing becomes a header.
#[test]
fn what_a_letter_cannot_carry_is_not_sent() {
    let mailbox = Mailbox::new("Holdline <holdline@ex.test>").unwrap();
    let all = || circular(&["a@ex.test"]);
    for bad in [
        mail::Circular { subject: "x\r\nBcc: b@ex.test".to_owned(), ..all() },
        mail::Circular { subject: "x\u{202e}y".to_owned(), ..all() },
        mail::Circular { subject: "x".repeat(201), ..all() },
        mail::Circular { text: "x\r\n.\r\nMAIL FROM:<b@ex.test>".to_owned(), ..all() },
        mail::Circular { text: "x\0y".to_owned(), ..all() },
        mail::Circular { text: "x".repeat(1024 * 1024 + 1), ..all() },
        mail::Circular { to: vec!["a@ex.test>\r\nRCPT TO:<b@ex.test".to_owned()], ..all() },
        mail::Circular { to: Vec::new(), ..all() },
        mail::Circular { reply_to: Some("a@ex.test\nBcc: b@ex.test".to_owned()), ..all() },
        mail::Circular { message_id: "a@b>\r\nBcc: b@ex.test".to_owned(), ..all() },
    ] {
        let sent = mailbox.send_circular(&bad, super::AT.parse().unwrap());
        assert!(matches!(sent, Sent::Never { .. }), "{bad:.100?}");
    }
    assert!(mailbox.all().is_empty());
}

/// What becomes of the staff statement in the demo's setting, where its channel is this one.
async fn staff_post(channel: &str) -> (TestApp, PostPhase) {
    let mut app = TestApp::start().await;
    let file = app.file("holdline.yaml");
    let yaml = fs::read_to_string(&file).unwrap();
    let old = "file: { path: staff-board.jsonl }";
    assert!(yaml.contains(old));
    fs::write(&file, yaml.replace(old, channel)).unwrap();
    app.restart().await;
    app.spike(6).await;
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/verify", &[("verdict", "real")]).await;
    ana.does("/incident/1/claim", &[]).await;
    app.settle().await;
    app.approve("eve").await;
    app.settle().await;
    let post = app.incident(1).post(&"staff".into(), &"staff-board".into()).unwrap().clone();
    (app, post)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_statement_is_mailed_to_the_list() {
    let (app, post) = staff_post("email_list: { to: [all@riverside.example, night@riverside.example] }").await;
    let PostPhase::Confirmed { url, .. } = &post else { panic!("{post:?}") };
    let approved = app.incident(1).approved(&"staff".into()).unwrap();
    let texts = approved.texts_for(&"staff-board".into()).unwrap();
    for to in ["all@riverside.example", "night@riverside.example"] {
        let [kept] = app.mailbox.to(to).try_into().unwrap();
        assert_eq!(
            (kept.letter.text.as_str(), Some(&kept.letter.subject)),
            (texts[0].body.as_str(), texts[0].title.as_ref())
        );
        let (local, domain) = url.strip_prefix("mid:").unwrap().split_once('@').unwrap();
        assert!(kept.letter.message_id.starts_with(local) && kept.letter.message_id.ends_with(domain), "{url}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_calls_no_server() {
    let peer = Peer::start(Vec::new()).await;
    let url = peer.url("/");
    let webhook = format!("webhook: {{ url: \"{url}\", secret: {{ file: webhook-secret }}, private: true }}");
    let (_app, post) = staff_post(&webhook).await;
    assert!(matches!(post, PostPhase::Refused { .. }), "{post:?}");
    assert!(peer.heard().is_empty());
}
