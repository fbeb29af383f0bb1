//! Every way a mail server can answer, or not answer, played by a script.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use holdline::mail::{
    Letter, Limits, MailReason, Security, Sent, Smtp, SmtpSettings, SmtpSetupError, smtp::CONNECTIONS_MAX,
};
use mail_parser::MessageParser;
use secrecy::SecretString;
use tokio::{net::TcpListener, task::JoinSet, time::timeout};

use super::{
    FROM, letter, noon, numbered,
    script::{
        DATA, ENVELOPE, HELLO, Script,
        Step::{self, Close, Hang, Hear, Say},
        TAKEN, one_letter, play_one,
    },
};

const HANG: Limits =
    Limits { connect: Duration::from_millis(100), send: Duration::from_millis(200), idle: Duration::from_mins(1) };

fn settings(port: u16) -> SmtpSettings {
    SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::Plain,
        user: None,
        password: None,
        from: FROM.to_owned(),
        extra_root: None,
    }
}

fn signed_in(port: u16, security: Security) -> SmtpSettings {
    SmtpSettings {
        security,
        user: Some("holdline".to_owned()),
        password: Some(SecretString::from("hunter2")),
        ..settings(port)
    }
}

fn smtp(settings: &SmtpSettings) -> Smtp {
    Smtp::new(settings).expect("settings that can be used")
}

/// One letter against one connection that plays this script.
async fn against(steps: &[&[Step]]) -> (Sent, String) {
    let script = Script::play(vec![steps.concat()]).await;
    let sent = smtp(&settings(script.port)).send(&letter(), noon()).await;
    (sent, script.heard().await.remove(0))
}

async fn against_with(limits: Limits, steps: &[&[Step]]) -> Sent {
    let script = Script::play(vec![steps.concat()]).await;
    let smtp = Smtp::with_limits(&settings(script.port), limits).expect("settings that can be used");
    let sent = smtp.send(&letter(), noon()).await;
    drop(smtp);
    let _ = script.heard().await;
    sent
}

#[tokio::test]
async fn a_taken_letter_is_accepted_and_arrives_byte_for_byte() {
    let text = "first\n.\n..\n.hidden\nMAIL FROM:<eve@evil.example>\n";
    let dots = Letter { text: text.to_owned(), ..letter() };
    let script = Script::play(vec![[&HELLO[..], &one_letter()].concat()]).await;
    let sent = smtp(&settings(script.port)).send(&dots, noon()).await;
    assert_eq!(sent, Sent::Accepted { response: "250 2.0.0 Ok: queued as 4Xyz".to_owned() });
    let heard = script.heard().await.remove(0);
    assert!(heard.contains("\r\n..\r\n...\r\n..hidden\r\n"));
    let (_, message) = heard.split_once("DATA\r\n").expect("a message");
    let unstuffed = message.replace("\r\n.", "\r\n");
    let read = MessageParser::default().parse(unstuffed.as_bytes()).expect("MIME that can be parsed");
    assert_eq!(read.body_text(0).as_deref(), Some(text.replace('\n', "\r\n").as_str()));
}

#[tokio::test]
async fn answers_decide_what_to_do_next() {
    let deferred = Sent::Later { why: MailReason::Deferred };
    let refused = |said: &str| Sent::Never { why: MailReason::Refused, said: said.to_owned() };
    let [mail, _, rcpt, _] = ENVELOPE;
    let cases: [(Vec<Step>, Sent); 8] = [
        (vec![Say("421 4.3.2 busy\r\n"), Close], deferred.clone()),
        (vec![Say("554 5.7.1 go away\r\n"), Close], refused("554 5.7.1 go away")),
        ([&HELLO[..], &[mail.clone(), Say("451 4.3.0 later\r\n")]].concat(), deferred.clone()),
        (
            [&HELLO[..], &[mail.clone(), Say("250 ok\r\n"), rcpt.clone(), Say("450 4.2.0 greylisted\r\n")]].concat(),
            deferred.clone(),
        ),
        (
            [&HELLO[..], &[mail, Say("250 ok\r\n"), rcpt, Say("550 5.1.1 <alice@ex.test>: no\x1b[1m such user\r\n")]]
                .concat(),
            refused("550 5.1.1 <…@ex.test>: no [1m such user"),
        ),
        ([&HELLO[..], &ENVELOPE, &[Hear("DATA"), Say("451 4.3.0 no\r\n")]].concat(), deferred.clone()),
        ([&HELLO[..], &ENVELOPE, &DATA, &[Say("452 4.3.1 disk full\r\n")]].concat(), deferred),
        (
            [&HELLO[..], &ENVELOPE, &DATA, &[Say("554-5.7.1 spam, ask\r\n554 5.7.1 postmaster@ex.test\r\n")]].concat(),
            refused("554 5.7.1 spam, ask …@ex.test"),
        ),
    ];
    for (steps, expected) in cases {
        assert_eq!(against(&[&steps]).await.0, expected, "{steps:?}");
    }
}

#[tokio::test]
async fn a_connection_lost_before_the_text_is_later_and_after_it_unknown() {
    let garbled = MailReason::Garbled;
    for steps in [vec![Close], HELLO[..1].to_vec(), HELLO.to_vec(), [&HELLO[..], &ENVELOPE, &[Hear("DATA")]].concat()] {
        let (sent, _) = against(&[&steps, &[Close]]).await;
        assert!(matches!(sent, Sent::Later { why: MailReason::Garbled | MailReason::Lost }), "{steps:?}: {sent:?}");
    }
    let (sent, _) = against(&[&HELLO, &ENVELOPE, &DATA, &[Close]]).await;
    assert_eq!(sent, Sent::Unknown { why: garbled });
    for odd in ["354 more?\r\n", "\0\u{1}\r\n", "HTTP/1.1 200 OK\r\n"] {
        let (sent, _) = against(&[&HELLO, &ENVELOPE, &DATA, &[Say(odd), Close]]).await;
        assert_eq!(sent, Sent::Unknown { why: garbled }, "{odd:?}");
    }
}

#[tokio::test]
async fn a_greeting_that_is_not_smtp_is_later() {
    const LONG: &str = match std::str::from_utf8(&[b'x'; 20_000]) {
        Ok(long) => long,
        Err(_) => "",
    };
    for greeting in ["HTTP/1.1 400 Bad Request\r\n\r\n", "\r\n", "\u{16}\u{3}\u{1}\r\n", "999 what\r\n", LONG] {
        let (sent, heard) = against(&[&[Say(greeting), Close]]).await;
        assert!(
            matches!(sent, Sent::Later { why: MailReason::Garbled | MailReason::Lost }),
            "{greeting:.40?}: {sent:?}"
        );
        assert!(!heard.contains("MAIL"));
    }
}

#[tokio::test]
async fn silence_ends_at_the_limit() {
    let later = Sent::Later { why: MailReason::TooSlow };
    assert_eq!(against_with(HANG, &[&[Hang]]).await, later);
    assert_eq!(against_with(HANG, &[&HELLO, &ENVELOPE[..1], &[Hang]]).await, later);
    let unknown = Sent::Unknown { why: MailReason::TooSlow };
    assert_eq!(against_with(HANG, &[&HELLO, &ENVELOPE, &DATA, &[Hang]]).await, unknown);
}

#[tokio::test]
async fn nobody_there_is_later() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let sent = smtp(&settings(port)).send(&letter(), noon()).await;
    assert_eq!(sent, Sent::Later { why: MailReason::Unreachable });
    let nowhere =
        SmtpSettings { host: "no-such-host.invalid".to_owned(), security: Security::StartTls, ..settings(port) };
    let sent = smtp(&nowhere).send(&letter(), noon()).await;
    assert!(matches!(sent, Sent::Later { why: MailReason::NameNotFound | MailReason::TooSlow }), "{sent:?}");
}

#[tokio::test]
async fn a_bad_letter_never_opens_a_connection() {
    let bad = Letter { to: "a@ex.test\r\nRCPT TO:<eve@evil.example>".to_owned(), ..letter() };
    let sent = smtp(&settings(1)).send(&bad, noon()).await;
    assert!(
        matches!(sent, Sent::Never { why: MailReason::BadLetter, said } if !said.contains('@') || said.contains("name@example.org"))
    );
}

#[tokio::test]
async fn an_address_that_the_server_cannot_take_is_never() {
    let script = Script::play(vec![[&HELLO[..], &[Hang]].concat()]).await;
    let sent = smtp(&settings(script.port)).send(&Letter { to: "zoë@ex.test".to_owned(), ..letter() }, noon()).await;
    assert!(matches!(sent, Sent::Never { why: MailReason::NotSupported, .. }));
}

#[tokio::test]
async fn without_starttls_nothing_is_said_in_clear() {
    let script = Script::play(vec![[&HELLO[..], &[Hang]].concat()]).await;
    let smtp = smtp(&signed_in(script.port, Security::StartTls));
    assert_eq!(smtp.send(&letter(), noon()).await, Sent::Later { why: MailReason::NoStartTls });
    let heard = script.heard().await.remove(0);
    assert_eq!(heard.lines().count(), 1, "{heard:?}");
    assert!(heard.starts_with("EHLO "));
}

#[tokio::test]
async fn words_put_behind_the_reply_to_starttls_are_not_taken_for_the_servers() {
    let hello = [Say("220 mail\r\n"), Hear("EHLO "), Say("250-mail\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n")];
    let injected = [Hear("STARTTLS"), Say("220 go\r\n250-mail\r\n250 AUTH PLAIN\r\n235 welcome\r\n250 ok\r\n"), Hang];
    let script = Script::play(vec![[&hello[..], &injected].concat()]).await;
    let smtp = smtp(&signed_in(script.port, Security::StartTls));
    assert_eq!(smtp.send(&letter(), noon()).await, Sent::Later { why: MailReason::TlsFailed });
    assert!(!script.heard().await.remove(0).contains("AUTH"));
}

#[tokio::test]
async fn implicit_tls_to_a_server_that_speaks_none_is_later() {
    let script = Script::play(vec![vec![Say("220 mail\r\n"), Hang]]).await;
    let smtp = smtp(&signed_in(script.port, Security::Tls));
    assert_eq!(smtp.send(&letter(), noon()).await, Sent::Later { why: MailReason::TlsFailed });
    assert!(!script.heard().await.remove(0).contains("EHLO"));
}

#[tokio::test]
async fn a_refused_sign_in_repeats_no_secret() {
    let offers = |line| [Say("220 mail\r\n"), Hear("EHLO "), Say(line)];
    let plain = [Hear("AUTH PLAIN "), Say("535 5.7.8 holdline hunter2 aG9sZGxpbmU= is wrong\r\n"), Hang];
    let login = [
        Hear("AUTH LOGIN"),
        Say("334 VXNlcm5hbWU6\r\n"),
        Hear("aG9sZGxpbmU="),
        Say("334 UGFzc3dvcmQ6\r\n"),
        Hear("aHVudGVyMg=="),
        Say("454 4.7.0 later\r\n"),
        Close,
    ];
    let refused = Sent::Never { why: MailReason::SignInRefused, said: "535".to_owned() };
    let none = Sent::Never { why: MailReason::NoSignIn, said: MailReason::NoSignIn.to_string() };
    for (steps, expected) in [
        ([&offers("250-mail\r\n250 AUTH LOGIN PLAIN\r\n")[..], &plain].concat(), refused),
        ([&offers("250-mail\r\n250 AUTH LOGIN\r\n")[..], &login].concat(), Sent::Later { why: MailReason::Deferred }),
        ([&offers("250-mail\r\n250 AUTH CRAM-MD5\r\n")[..], &[Hang]].concat(), none),
    ] {
        let script = Script::play(vec![steps]).await;
        let sent = smtp(&signed_in(script.port, Security::Plain)).send(&letter(), noon()).await;
        assert_eq!(sent, expected);
        let _ = script.heard().await;
    }
}

#[tokio::test]
async fn letters_share_a_kept_connection_and_wait_for_no_delayed_acknowledgement() {
    const LETTERS: usize = 20;
    const DELAYED_ACKNOWLEDGEMENT: Duration = Duration::from_millis(40);
    let letters = std::iter::repeat_with(one_letter).take(LETTERS).collect::<Vec<_>>().concat();
    let script = Script::play(vec![[&HELLO[..], &letters].concat()]).await;
    let smtp = smtp(&settings(script.port));
    let start = Instant::now();
    for n in 0..LETTERS {
        assert!(matches!(smtp.send(&numbered(n), noon()).await, Sent::Accepted { .. }));
    }
    let took = start.elapsed();
    assert!(took < DELAYED_ACKNOWLEDGEMENT * 20 / 2, "{LETTERS} letters took {took:?}");
    let _ = script.heard().await;
}

#[tokio::test]
async fn letters_beyond_the_bound_wait_for_a_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let smtp = Arc::new(smtp(&settings(listener.local_addr().expect("an address").port())));
    let mut sending = JoinSet::new();
    for n in 0..CONNECTIONS_MAX + 2 {
        let smtp = Arc::clone(&smtp);
        sending.spawn(async move { smtp.send(&numbered(n), noon()).await });
    }
    let mut streams = Vec::new();
    for _ in 0..CONNECTIONS_MAX {
        streams.push(listener.accept().await.expect("a connection").0);
    }
    // The first connection takes those that waited as well; nobody opens another.
    let mut letters = [one_letter(), one_letter(), one_letter()].concat();
    for stream in streams {
        play_one(stream, [&HELLO[..], &letters].concat().into()).await;
        letters = one_letter();
    }
    assert!(sending.join_all().await.iter().all(|sent| matches!(sent, Sent::Accepted { .. })));
    assert!(timeout(Duration::ZERO, listener.accept()).await.is_err());
}

#[tokio::test]
async fn a_kept_connection_that_died_is_replaced() {
    let first = [&HELLO[..], &one_letter()].concat();
    let closed = [&first[..], &[Close]].concat();
    let goodbye = [&first[..], &[ENVELOPE[0].clone(), Say("421 4.4.2 timeout\r\n"), Close]].concat();
    for dying in [closed, goodbye] {
        let script = Script::play(vec![dying, first.clone()]).await;
        let smtp = smtp(&settings(script.port));
        for n in 0..2 {
            assert!(matches!(smtp.send(&numbered(n), noon()).await, Sent::Accepted { .. }));
        }
        assert_eq!(script.heard().await.len(), 2);
    }
}

#[tokio::test]
async fn a_kept_connection_lost_after_the_text_is_not_tried_again() {
    let script = Script::play(vec![[&HELLO[..], &one_letter(), &ENVELOPE, &DATA, &[Close]].concat()]).await;
    let smtp = smtp(&settings(script.port));
    assert!(matches!(smtp.send(&numbered(1), noon()).await, Sent::Accepted { .. }));
    assert_eq!(smtp.send(&numbered(2), noon()).await, Sent::Unknown { why: MailReason::Garbled });
    assert_eq!(script.heard().await.len(), 1);
}

#[tokio::test]
async fn an_idle_connection_is_not_used_again() {
    let one = [&HELLO[..], &one_letter(), &[Hang]].concat();
    let script = Script::play(vec![one.clone(), one]).await;
    let limits = Limits { idle: Duration::ZERO, ..Limits::default() };
    let smtp = Smtp::with_limits(&settings(script.port), limits).expect("settings that can be used");
    for n in 0..2 {
        assert!(matches!(smtp.send(&numbered(n), noon()).await, Sent::Accepted { .. }));
    }
    drop(smtp);
    assert_eq!(script.heard().await.len(), 2);
}

#[tokio::test]
async fn what_was_taken_in_the_second_try_has_the_same_message_id() {
    let lost = [&HELLO[..], &ENVELOPE, &DATA, &[Close]].concat();
    let taken = [&HELLO[..], &ENVELOPE, &DATA, &TAKEN].concat();
    let script = Script::play(vec![lost, taken]).await;
    let smtp = smtp(&settings(script.port));
    assert!(matches!(smtp.send(&letter(), noon()).await, Sent::Unknown { .. }));
    assert!(matches!(smtp.send(&letter(), noon()).await, Sent::Accepted { .. }));
    let heard = script.heard().await;
    assert_eq!(heard[0], heard[1]);
    assert!(heard[1].contains("Message-ID: <i7.3.0@riverside.example>"));
}

#[test]
fn settings_that_would_betray_a_secret_are_refused() {
    let error = |settings: SmtpSettings| Smtp::new(&settings).map(|_| ()).expect_err("settings that are refused");
    let remote = SmtpSettings { host: "smtp.riverside.example".to_owned(), ..settings(25) };
    assert!(matches!(error(remote), SmtpSetupError::PlainNotLoopback { .. }));
    let half = SmtpSettings { user: Some("holdline".to_owned()), ..settings(25) };
    assert_eq!(error(half), SmtpSetupError::HalfSignIn);
    for security in [Security::Tls, Security::StartTls] {
        let host = SmtpSettings { host: "not a host".to_owned(), security, ..settings(25) };
        assert!(matches!(error(host), SmtpSetupError::Host { .. }));
        for path in [file!(), "no/such/file.pem"] {
            let root = SmtpSettings { security, extra_root: Some(path.into()), ..settings(25) };
            assert!(matches!(error(root), SmtpSetupError::Root { .. }), "{path}");
        }
    }
    assert!(!format!("{:?}", signed_in(25, Security::Tls)).contains("hunter2"));
    assert_eq!((Security::usual_for(465), Security::usual_for(587)), (Security::Tls, Security::StartTls));
}
