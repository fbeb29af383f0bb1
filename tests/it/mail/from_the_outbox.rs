//! The running program with a mail server that does not take the first try: the same letter goes out again.

use holdline::app::{App, Mode};
use holdline::config::{Need, load};
use holdline::engine::{Clock, ManualClock};
use holdline::mail::{Security, SmtpSettings};
use jiff::SignedDuration;

use super::script::{DATA, HELLO, Script, Step, TAKEN};
use crate::test_app::hospital_folder;

fn envelope() -> Vec<Step> {
    let ok = || Step::Say("250 ok\r\n");
    vec![Step::Hear("MAIL FROM:"), ok(), Step::Hear("RCPT TO:"), ok()]
}

fn message_id(heard: &str) -> String {
    let line = heard.lines().find(|line| line.to_ascii_lowercase().starts_with("message-id:"));
    line.expect("the letter has a Message-ID").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_was_put_off_goes_out_again_under_the_same_name() {
    let full = [&HELLO[..], &envelope(), &DATA, &[Step::Say("452 4.3.1 disk full\r\n"), Step::Close]].concat();
    let taken = [&HELLO[..], &envelope(), &DATA, &TAKEN, &[Step::Hang]].concat();
    let script = Script::play(vec![full, taken]).await;
    let folder = hospital_folder();
    let mut config = load(folder.path(), Need::WithoutMail).unwrap().config;
    config.mail = Some(SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port: script.port,
        security: Security::Plain,
        user: None,
        password: None,
        from: super::FROM.to_owned(),
        extra_root: None,
    });
    let clock = ManualClock::at("2026-11-22T14:00:00Z".parse().unwrap());
    let app = App::start(config, Mode::Live, Clock::Manual(clock.clone())).await.unwrap();
    for path in ["/demo", "/mailbox"] {
        let answered = reqwest::get(format!("http://{}{path}", app.address)).await.unwrap();
        assert_eq!(answered.status(), reqwest::StatusCode::NOT_FOUND, "{path} is the demo's alone");
    }
    app.engine.ask_sign_in("ana@riverside.example").await.unwrap();
    app.engine.settled().await.unwrap();
    clock.set(clock.now() + SignedDuration::from_mins(1));
    app.engine.settled().await.unwrap();
    app.stop().await;
    let heard = script.heard().await;
    assert_eq!(heard.len(), 2);
    assert_eq!(message_id(&heard[0]), message_id(&heard[1]));
}
