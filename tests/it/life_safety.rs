//! Instructions for safety, driven over HTTP and by mail: approved ahead, and sent by one yes, signed in, and by nothing less.

use std::fs;

use holdline::control::{Answer, RehearsalRequest, Request, ask, socket_of};
use holdline::core::incident::{Hold, StatementPhase};
use jiff::SignedDuration;
use reqwest::StatusCode;

use crate::test_app::{Link, TestApp, Visitor};

const NEWSROOM: &str = "/newsroom/1/stay-away";

/// The hospital with an instruction that the privacy officer approves ahead, and that one executive sends.
async fn hospital() -> TestApp {
    let mut app = TestApp::start().await;
    let book = app.file("playbooks/data-breach.yaml");
    let text = fs::read_to_string(&book).unwrap();
    let step = "  - statement:\n      id: stay-away\n      use: life_safety\n      audience: public\n      \
                template: data-breach/stay-away\n      channels: [website]\n      on_word_of: [executive]\n      \
                lapses: 4h\n      approval: [ { any_of: [privacy-officer] } ]\n  - task: { id: review, do: Look at it \
                again, by: comms-lead, after: stay-away.posted, within: 1h }\n";
    fs::write(&book, text.replace("stand_down:", &format!("{step}\nstand_down:"))).unwrap();
    for (language, words) in [("en", "Use the south entrance."), ("es", "Use la entrada sur.")] {
        let name = format!("templates/statements/data-breach/stay-away.long.{language}.hbs");
        fs::write(app.file(&name), words).unwrap();
    }
    app.restart().await;
    app
}

/// The instruction stands ready for its word; Ana has the duty.
async fn ready() -> (TestApp, Visitor) {
    let mut app = hospital().await;
    app.spike(6).await;
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/verify", &[("verdict", "real")]).await;
    ana.does("/incident/1/claim", &[]).await;
    app.settle().await;
    app.approve("chi").await;
    (app, ana)
}

/// The link and code by which somebody sends it.
fn word_of(app: &TestApp, who: &str) -> Link {
    let letter = app.letters(who, "Ready for your word").pop().unwrap_or_else(|| panic!("{who} is not asked"));
    app.link_in(&letter, "/a/").unwrap()
}

async fn press(visitor: &Visitor, link: &Link) -> (StatusCode, String) {
    let answered = visitor.post(&link.path, &[("code", &link.code), ("press", "approve"), ("words", "")]).await;
    (answered.status(), answered.text().await.unwrap())
}

async fn is_out(app: &TestApp) -> bool {
    app.settle().await;
    app.text("/newsroom").await.contains(NEWSROOM)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_goes_out_on_one_yes_with_the_code_of_somebody_who_is_signed_in() {
    let (app, ana) = ready().await;
    let letter = app.letters("fay", "Ready for your word until 22 November, 13:00 EST").pop().expect("Fay is asked");
    let text = &letter.letter.text;
    for words in
        ["For a yes you must be signed in as well", "press when people must be told, and not before", "Send exactly"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("answer now") && !letter.letter.html.contains("answer now"), "it presses nobody: {text}");
    assert!(letter.letter.html.contains("For a yes you must be signed in as well"));
    let page = ana.text("/incident/1").await;
    assert!(page.contains("One yes of executive sends it at once. It lapses at"), "{page}");
    assert!(!page.contains("/incident/1/statement/stay-away/edit"), "its words are fixed");
    let link = word_of(&app, "fay");
    // By the code alone, or in the session of somebody who is not asked, it sends nothing.
    for browser in [&app.visitor(), &ana] {
        let (status, said) = press(browser, &link).await;
        assert_eq!(status, StatusCode::CONFLICT);
        assert!(said.contains("sign in as well"), "{said}");
    }
    assert!(!is_out(&app).await);
    let fay = app.sign_in("fay").await;
    assert!(fay.text(&link.path).await.contains("You are."));
    let guessed = fay.post(&link.path, &[("code", "000000"), ("press", "approve")]).await;
    assert_ne!(guessed.status(), StatusCode::SEE_OTHER, "nor does a session alone");
    assert_eq!(press(&fay, &link).await.0, StatusCode::SEE_OTHER);
    assert!(is_out(&app).await);
    assert!(app.text(NEWSROOM).await.contains("Use the south entrance."));
    assert_eq!(app.letters("ana", "Look at it again").len(), 1, "a review follows");
    let report = ana.text("/incident/1/report").await;
    assert!(report.contains("by mail, signed in"), "the report tells by what proof: {report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_words_at_once_after_a_restart_send_it_once() {
    let (mut app, _) = ready().await;
    let (of_eve, of_fay) = (word_of(&app, "eve"), word_of(&app, "fay"));
    app.restart().await;
    let (eve, fay) = (app.sign_in("eve").await, app.sign_in("fay").await);
    let (one, other) = tokio::join!(press(&eve, &of_eve), press(&fay, &of_fay));
    let mut taken = [one.0, other.0];
    taken.sort();
    assert_eq!(taken, [StatusCode::SEE_OTHER, StatusCode::CONFLICT]);
    assert!(is_out(&app).await);
    assert_eq!(app.letters("ana", "Look at it again").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_its_time_no_word_sends_it() {
    let (app, _) = ready().await;
    let fay = app.sign_in("fay").await;
    let link = word_of(&app, "fay");
    // The time is over, and the row that says so has not been taken up yet.
    app.clock.set(app.clock.now() + SignedDuration::from_hours(4));
    press(&fay, &link).await;
    assert!(!is_out(&app).await);
    let phase = app.incident(1).statements["stay-away"].phase.clone();
    assert_eq!(phase, StatementPhase::Drafting(Hold::Lapsed));
    assert_eq!(app.letters("fay", "Lapsed, stay away statement").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_while_posting_is_stopped_is_refused_and_sends_nothing_later() {
    let (app, ana) = ready().await;
    let fay = app.sign_in("fay").await;
    let link = word_of(&app, "fay");
    let stop = Request::StopPosting { by: "Ida".to_owned(), reason: "an account may be stolen".to_owned() };
    assert!(matches!(ask(&socket_of(&app.store()), &stop).await.unwrap(), Answer::Done(_)));
    let (status, said) = press(&fay, &link).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(said.contains("Posting is stopped; nothing goes out"), "{said}");
    ana.does("/posting", &[("press", "resume")]).await;
    assert!(!is_out(&app).await, "what was refused is not kept");
    assert_eq!(press(&fay, &link).await.0, StatusCode::SEE_OTHER);
    assert!(is_out(&app).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_lost_the_role_or_came_by_another_address_sends_nothing() {
    let (app, _) = ready().await;
    let main = app.file("holdline.yaml");
    let text = fs::read_to_string(&main).unwrap();
    let changed = text.replace("executive: [eve, fay]", "executive: [eve]").replace("email: eve@", "email: eve@not-");
    fs::write(&main, &changed).unwrap();
    app.app().look_at_folder().await;
    app.settle().await;
    let (eve, fay) = (app.sign_in("eve").await, app.sign_in("fay").await);
    let (status, said) = press(&fay, &word_of(&app, "fay")).await;
    assert_eq!(status, StatusCode::CONFLICT, "she is no executive any more");
    assert!(said.contains("made to somebody else"), "{said}");
    let (status, said) = press(&eve, &word_of(&app, "eve")).await;
    assert_eq!(status, StatusCode::CONFLICT, "the session shows an address that this incident does not know");
    assert!(said.contains("sign in as well"), "{said}");
    assert!(!is_out(&app).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_privacy_takes_its_yes_back_the_word_waits_and_is_asked_for_anew() {
    let (app, _) = ready().await;
    let fay = app.sign_in("fay").await;
    let link = word_of(&app, "fay");
    let of_chi = app.asked("chi").unwrap();
    assert_eq!(app.press(&of_chi, &of_chi.code, "take-back", "").await.status(), StatusCode::SEE_OTHER);
    app.settle().await;
    assert_eq!(press(&fay, &link).await.0, StatusCode::CONFLICT);
    app.approve("chi").await;
    assert!(!is_out(&app).await, "privacy's yes alone sends nothing");
    assert_eq!(app.letters("fay", "Ready for your word").len(), 2);
    assert_eq!(press(&fay, &word_of(&app, "fay")).await.0, StatusCode::SEE_OTHER);
    assert!(is_out(&app).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_rehearsal_a_live_session_is_no_proof_and_nothing_reaches_the_newsroom() {
    let app = hospital().await;
    let begin = RehearsalRequest::Begin { playbook: "data-breach".into(), by: None, after: None };
    let said = ask(&socket_of(&app.store()), &Request::Rehearsal(begin)).await.unwrap();
    assert!(matches!(said, Answer::Done(_)), "{said:?}");
    app.clock.set(app.clock.now() + SignedDuration::from_mins(10));
    mailed(&app, "chi", "stay away").await;
    let of_chi = app.asked_beneath("chi").unwrap();
    assert_eq!(app.press(&of_chi, &of_chi.code, "approve", "").await.status(), StatusCode::SEE_OTHER);
    mailed(&app, "fay", "[EXERCISE] [Elevated] Ready for your word").await;
    let link = app.asked_beneath("fay").unwrap();
    let live = app.sign_in("fay").await;
    assert_eq!(press(&live, &link).await.0, StatusCode::CONFLICT, "a live session proves nothing there");
    let fay = app.visitor();
    assert!(fay.post("/rehearsal/sign-in", &[("email", "fay@riverside.example")]).await.status().is_success());
    let entry = app.link_in(&mailed(&app, "fay", "[EXERCISE] Sign in").await, "/rehearsal/sign-in/").unwrap();
    assert_eq!(fay.post(&entry.path, &[("code", &entry.code)]).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(press(&fay, &link).await.0, StatusCode::SEE_OTHER);
    mailed(&app, "ana", "Look at it again").await;
    assert!(!app.text("/newsroom").await.contains("stay-away"));
}

async fn mailed(app: &TestApp, to: &str, subject: &str) -> holdline::mail::Captured {
    let address = format!("{to}@riverside.example");
    let found = |kept: &holdline::mail::Captured| kept.letter.to == address && kept.letter.subject.contains(subject);
    let letter = app.mailbox.wait_for(found, std::time::Duration::from_secs(20)).await;
    (*letter.unwrap_or_else(|| panic!("{to} has no mail {subject}"))).clone()
}
