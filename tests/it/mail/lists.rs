//! A letter to a list against a scripted server: one transaction, everybody on its envelope, and what each answer means.

use holdline::mail::{Circular, MailReason, Security, Sent, Smtp, SmtpSettings};
use mail_parser::MessageParser;

use super::script::{
    DATA, HELLO, Script,
    Step::{self, Body, Close, Hear, Say},
    TAKEN,
};
use super::{FROM, noon};

const LIST: [Step; 6] = [
    Hear("MAIL FROM:<holdline@riverside.example>"),
    Say("250 ok\r\n"),
    Hear("RCPT TO:<alice@ex.test>"),
    Say("250 ok\r\n"),
    Hear("RCPT TO:<bob@ex.test>"),
    Say("250 ok\r\n"),
];

fn circular(to: &[&str]) -> Circular {
    Circular {
        message_id: "1.7.0@riverside.example".to_owned(),
        from_name: Some("Zoë, press office".to_owned()),
        reply_to: Some("press@riverside.example".to_owned()),
        to: to.iter().map(|&to| to.to_owned()).collect(),
        subject: "Über unsere Daten".to_owned(),
        text: "Grüß\n.\n..\nFrom here on\n".to_owned(),
    }
}

async fn against(steps: &[&[Step]]) -> (Sent, String) {
    let script = Script::play(vec![steps.concat()]).await;
    let settings = SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port: script.port,
        security: Security::Plain,
        user: None,
        password: None,
        from: FROM.to_owned(),
        extra_root: None,
    };
    let smtp = Smtp::new(&settings).expect("settings that can be used");
    let sent = smtp.send_circular(&circular(&["alice@ex.test", "bob@ex.test"]), noon()).await;
    drop(smtp);
    (sent, script.heard().await.remove(0))
}

#[tokio::test]
async fn a_list_gets_one_letter_and_nobody_sees_who_else_is_on_it() {
    let (sent, heard) = against(&[&HELLO, &LIST, &DATA, &TAKEN]).await;
    assert!(matches!(sent, Sent::Accepted { .. }), "{sent:?}");
    let mime = heard.split_once("DATA\r\n").expect("a message").1;
    assert!(!mime.contains("alice@") && !mime.contains("bob@"), "{mime}");
    let read = MessageParser::default().parse(mime.as_bytes()).expect("a message");
    assert_eq!(read.message_id(), Some("1.7.0@riverside.example"));
    assert_eq!(read.subject(), Some("Über unsere Daten"));
    let from = read.from().and_then(|from| from.first()).expect("a sender");
    assert_eq!((from.name(), from.address()), (Some("Zoë, press office"), Some("holdline@riverside.example")));
    let reply_to = read.reply_to().and_then(|to| to.first()).expect("a reply address");
    assert_eq!(reply_to.address(), Some("press@riverside.example"));
    assert!(read.header("Auto-Submitted").is_none(), "it is a statement, not a notice of a program");
}

#[tokio::test]
async fn a_list_that_is_refused_in_part_gets_nothing() {
    let refused = [Say("550 5.1.1 no such user\r\n"), Close];
    let (sent, heard) = against(&[&HELLO, &LIST[..5], &refused]).await;
    assert!(matches!(sent, Sent::Never { why: MailReason::Refused, .. }), "{sent:?}");
    assert!(!heard.contains("DATA"), "{heard}");
    let deferred = [Say("450 4.2.0 later\r\n"), Close];
    let (sent, heard) = against(&[&HELLO, &LIST[..5], &deferred]).await;
    assert_eq!(sent, Sent::Later { why: MailReason::Deferred });
    assert!(!heard.contains("DATA"), "{heard}");
}

#[tokio::test]
async fn a_lost_answer_to_a_list_is_unknown() {
    let (sent, _) = against(&[&HELLO, &LIST, &DATA, &[Close]]).await;
    assert!(matches!(sent, Sent::Unknown { .. }), "{sent:?}");
    let (sent, _) = against(&[&HELLO, &LIST, &[Hear("DATA"), Close]]).await;
    assert!(matches!(sent, Sent::Later { .. }), "{sent:?}");
    let refused = [Say("554 5.6.0 no\r\n"), Close];
    let (sent, _) = against(&[&HELLO, &LIST, &[Hear("DATA"), Say("354 go on\r\n"), Body], &refused]).await;
    assert!(matches!(sent, Sent::Never { why: MailReason::Refused, .. }), "{sent:?}");
}
