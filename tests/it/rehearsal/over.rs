//! How a rehearsal with the team ends: everybody hears of it, what is real goes first, and none begins beside it.

use holdline::control::{Answer, RehearsalRequest};
use holdline::core::incident::{Event, Verification};
use holdline::mail::Captured;
use reqwest::StatusCode;

use super::with_team::{PATIENCE, asked, begin, mailed, minutes_go_by, under_way};
use crate::test_app::{TestApp, Visitor};

/// Everybody of the tests' hospital who holds a role.
const TEAM: [&str; 7] = ["ana", "ben", "chi", "cora", "dev", "eve", "fay"];

async fn stop(app: &TestApp) -> Answer {
    asked(app, RehearsalRequest::Stop { reason: "we were done".to_owned() }).await
}

/// Signed in to the rehearsal.
async fn inside(app: &TestApp, who: &str) -> Visitor {
    let visitor = app.visitor();
    let email = format!("{who}@riverside.example");
    assert!(visitor.post("/rehearsal/sign-in", &[("email", &email)]).await.status().is_success());
    let letter = mailed(app, who, "[EXERCISE] Sign in").await;
    let link = app.link_in(&letter, "/rehearsal/sign-in/").unwrap();
    assert_eq!(visitor.post(&link.path, &[("code", &link.code)]).await.status(), StatusCode::SEE_OTHER);
    visitor
}

async fn close_the_live_one(app: &TestApp) {
    let closed = Event::Verified { by: "ana".into(), verdict: Verification::FalseAlarm, reason: "a joke".to_owned() };
    app.app().engine.record(1, closed).await.unwrap();
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_desk_of_rehearsals_opens_none_beside_a_live_incident_and_leads_to_it() {
    let mut app = under_way().await;
    let ana = inside(&app, "ana").await;
    let form = [("playbook", "data-breach"), ("reason", "one more")];
    let refused = ana.post("/rehearsal/open", &form).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT, "one is under way");
    assert!(!ana.text("/rehearsal/").await.contains("Live incidents are open"));
    app.spike(6).await;
    mailed(&app, "eve", "The rehearsal is over").await;
    let page = ana.text("/rehearsal/").await;
    let desk = format!("<a href=\"{}/\">To the live desk</a>", app.base);
    assert!(page.contains("1, Patient data breach") && page.contains(&desk), "{page}");
    assert!(!page.contains("action=\"/rehearsal/open\""), "{page}");
    let asks = app.letters("eve", "[EXERCISE]").len();
    let refused = ana.post("/rehearsal/open", &form).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    let (words, Answer::Refused(why)) = (refused.text().await.unwrap(), asked(&app, begin("data-breach")).await) else {
        panic!("one began")
    };
    assert!(words.to_lowercase().contains(&why.to_lowercase()), "{why}: {words}");
    app.settle().await;
    assert_eq!(app.letters("eve", "[EXERCISE]").len(), asks, "nobody was mailed of another one");
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_who_was_told_of_it_hears_why_it_is_over_and_the_one_link_is_what_is_real() {
    let mut app = under_way().await;
    app.spike(6).await;
    for who in TEAM {
        let over = mailed(&app, who, "The rehearsal is over").await.letter;
        assert_eq!(over.subject, "[EXERCISE] The rehearsal is over, a real incident is open: Patient data breach");
        let live = format!("{}/incident/1", app.base);
        assert!(over.text.contains(&live), "{}", over.text);
        for said in [&over.text, &over.html] {
            assert!(!said.contains("/rehearsal/"), "{said}");
            assert_eq!(said.matches("http").count(), 1, "{said}");
        }
        assert_eq!(app.letters(who, "The rehearsal is over").len(), 1);
    }
    // How it went is not told while the live one is open.
    minutes_go_by(&app, 5);
    app.app().engine.call(|work| work.tick()).await.unwrap();
    assert!(app.letters("eve", "How the rehearsal went").is_empty());
    close_the_live_one(&app).await;
    for who in TEAM {
        let score = mailed(&app, who, "How the rehearsal went").await.letter;
        assert!(score.text.contains("Broken off               the live incident 1, Patient data breach, is open"));
    }
    let Answer::Done(listed) = asked(&app, RehearsalRequest::List).await else { panic!("it is not listed") };
    assert!(listed.iter().any(|line| line.contains("Broken off  ")), "{listed:?}");
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_ended_by_hand_is_over_for_everybody_and_scored_for_everybody() {
    let app = under_way().await;
    let Answer::Done(listed) = asked(&app, RehearsalRequest::List).await else { panic!("it is not listed") };
    assert!(listed[0].contains("Patient data breach, under way"), "{listed:?}");
    let Answer::Refused(why) = asked(&app, begin("data-breach")).await else { panic!("a second one began") };
    assert!(why.contains("a rehearsal of Patient data breach is under way since 22 November, 09:10 EST"), "{why}");
    assert!(matches!(stop(&app).await, Answer::Done(_)));
    for who in TEAM {
        let over = mailed(&app, who, "The rehearsal is over: Patient data breach").await.letter;
        assert!(over.text.contains("we were done") && over.text.contains("/rehearsal/incident/1"), "{}", over.text);
        let score = mailed(&app, who, "How the rehearsal went").await.letter;
        assert!(score.text.contains("Broken off               we were done"), "{}", score.text);
    }
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_announced_is_listed_with_its_time() {
    let app = TestApp::start().await;
    assert!(matches!(asked(&app, begin("data-breach")).await, Answer::Done(_)));
    let Answer::Done(listed) = asked(&app, RehearsalRequest::List).await else { panic!("it is not listed") };
    assert_eq!(listed[0], "Announced: Patient data breach, begins at 22 November, 09:10 EST");
    let Answer::Refused(why) = asked(&app, begin("data-breach")).await else { panic!("a second one began") };
    assert!(why.contains("a rehearsal of Patient data breach is announced for 22 November, 09:10 EST"), "{why}");
    assert!(matches!(stop(&app).await, Answer::Done(_)));
    mailed(&app, "fay", "Rehearsal called off").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_mail_was_down_what_is_real_goes_first_and_nothing_of_the_dead_rehearsal_but_that_it_is_over() {
    let mut app = under_way().await;
    for who in ["ana", "ben", "eve", "fay"] {
        mailed(&app, who, "Approve").await;
    }
    app.mailbox.set_down(true);
    let before = app.mailbox.all().len();
    // Its yes owes receipts and posts to the rehearsal; nothing of it can go out.
    let link = app.asked_beneath("eve").unwrap();
    assert_eq!(app.press(&link, &link.code, "approve", "").await.status(), StatusCode::SEE_OTHER);
    app.spike(6).await;
    let broken = async {
        loop {
            let Answer::Done(listed) = asked(&app, RehearsalRequest::List).await else { panic!("it is not listed") };
            if listed.iter().any(|line| line.contains("Broken off")) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, broken).await.expect("it is broken off");
    app.mailbox.set_down(false);
    minutes_go_by(&app, 6);
    let last = |letter: &Captured| letter.letter.subject.contains("The rehearsal is over");
    let over = async {
        while app.mailbox.all().iter().filter(|letter| last(letter)).count() < TEAM.len() {
            // It looks again some seconds after live mail went out.
            app.clock.set(app.clock.now() + jiff::SignedDuration::from_secs(11));
            app.settle().await;
        }
    };
    tokio::time::timeout(PATIENCE, over).await.expect("everybody hears that it is over");
    let came: Vec<String> = app.mailbox.all().iter().skip(before).map(|letter| letter.letter.subject.clone()).collect();
    let rehearsed = came.iter().position(|subject| subject.starts_with("[EXERCISE]")).unwrap();
    let alert = came.iter().position(|subject| subject.contains("Is this real?")).unwrap();
    assert!(alert < rehearsed, "{came:#?}");
    for subject in came.iter().filter(|subject| subject.starts_with("[EXERCISE]")) {
        assert!(subject.contains("The rehearsal is over, a real incident is open"), "{came:#?}");
    }
    app.settle().await;
}
