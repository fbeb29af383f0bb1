//! `holdline rehearse --with-team`: the people's own mailboxes, links and codes, inside the running daemon and apart from
//! everything live.

use std::fs;
use std::time::Duration;

use holdline::config::{Need, Problem, REHEARSALS_MAX, load};
use holdline::control::{Answer, RehearsalRequest, Request, ask, socket_of};
use holdline::core::period::Period;
use holdline::core::rehearsal::{ANNOUNCED_MAX, Recurring, RecurringError};
use holdline::mail::Captured;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;

use super::terminal::sample_folder;
use crate::test_app::TestApp;

const STAMP: &str = "EXERCISE - NOT REAL";
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

pub(super) async fn asked(app: &TestApp, request: RehearsalRequest) -> Answer {
    ask(&socket_of(&app.store()), &Request::Rehearsal(request)).await.unwrap()
}

pub(super) fn begin(playbook: &str) -> RehearsalRequest {
    RehearsalRequest::Begin { playbook: playbook.into(), by: None, after: None }
}

pub(super) async fn mailed(app: &TestApp, to: &str, subject: &str) -> Captured {
    let address = format!("{to}@riverside.example");
    let found = |letter: &Captured| letter.letter.to == address && letter.letter.subject.contains(subject);
    let letter = app.mailbox.wait_for(found, PATIENCE).await;
    let subjects = || app.mailbox.to(&address).iter().map(|kept| kept.letter.subject.clone()).collect::<Vec<_>>();
    (*letter.unwrap_or_else(|| panic!("{to} has no mail {subject}: {:#?}", subjects()))).clone()
}

/// Moves the clock for live and rehearsal alike.
pub(super) fn minutes_go_by(app: &TestApp, minutes: i64) {
    app.clock.set(app.clock.now() + SignedDuration::from_mins(minutes));
}

/// A rehearsal whose staff statement waits for a yes.
pub(super) async fn under_way() -> TestApp {
    let app = TestApp::start().await;
    let Answer::Done(said) = asked(&app, begin("data-breach")).await else { panic!("it was refused") };
    assert!(said[0].contains("It begins at 22 November, 09:10 EST; Ana Ruiz opens it."), "{said:?}");
    mailed(&app, "fay", "[EXERCISE] Rehearsal at 22 November, 09:10 EST").await;
    minutes_go_by(&app, 10);
    mailed(&app, "eve", "Approve").await;
    let task = mailed(&app, "ana", "Task by").await.letter;
    for said in [&task.text, &task.html] {
        assert!(said.contains("This is an exercise: do nothing that others could notice."), "{said}");
    }
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_announced_goes_to_the_real_people_and_stays_apart_from_what_is_live() {
    let app = under_way().await;
    let letter = mailed(&app, "eve", "Approve").await.letter;
    assert!(letter.subject.starts_with("[EXERCISE] ") && letter.text.contains(STAMP) && letter.html.contains(STAMP));
    let link = app.asked_beneath("eve").expect("its link leads beneath the live site");
    assert!(link.path.starts_with("/rehearsal/a/"), "{}", link.path);
    let page = app.text(&link.path).await;
    assert!(page.contains(STAMP));
    for lead in ["href=\"/", "action=\"/", "src=\"/"] {
        let led = page.matches(&format!("{lead}rehearsal/")).count();
        assert_eq!(page.matches(lead).count(), led, "{lead} leads out of the rehearsal: {page}");
    }
    // The live site knows neither its links nor its incident, and its newsroom shows nothing of it.
    let live = link.path.trim_start_matches("/rehearsal");
    assert_eq!(app.get(live).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(app.incidents(), 0);
    let answered = app.press(&link, &link.code, "approve", "").await;
    assert_eq!(answered.status(), StatusCode::SEE_OTHER);
    assert_eq!(answered.headers()["location"], link.path.as_str(), "an answer leads back to where it was given");
    let staged = |letter: &Captured| letter.letter.text.contains("rehearsal:staff-board/");
    let told = app.mailbox.wait_for(staged, PATIENCE).await.expect("nobody was told that it is posted");
    assert!(told.letter.text.contains("would be public on staff-board"), "{}", told.letter.text);
    assert!(letter.text.contains("in earnest Holdline would post exactly this text"), "{}", letter.text);
    for letter in app.mailbox.all() {
        for words in ["is public on", "Holdline posts exactly"] {
            assert!(!letter.letter.text.contains(words), "{}", letter.letter.text);
        }
    }
    assert!(!app.file("staff-board.jsonl").exists(), "the live channel was called");
    assert!(!app.text("/newsroom").await.contains("EXERCISE"));
    assert_eq!(app.get("/rehearsal/newsroom").await.status(), StatusCode::SEE_OTHER, "nobody outside sees it");
    for letter in app.mailbox.all() {
        assert!(letter.letter.subject.starts_with("[EXERCISE] "), "{}", letter.letter.subject);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_the_rehearsal_is_none_live_and_the_other_way_round() {
    let app = under_way().await;
    let ana = app.sign_in("ana").await;
    assert_eq!(ana.get("/").await.status(), StatusCode::OK);
    assert_eq!(ana.get("/rehearsal/").await.status(), StatusCode::SEE_OTHER, "she signed in live alone");
    let ben = app.visitor();
    assert!(ben.post("/rehearsal/sign-in", &[("email", "ben@riverside.example")]).await.status().is_success());
    let letter = mailed(&app, "ben", "[EXERCISE] Sign in").await;
    let link = app.link_in(&letter, "/rehearsal/sign-in/").unwrap();
    let entered = ben.post(&link.path, &[("code", &link.code)]).await;
    assert_eq!(entered.headers()["location"], "/rehearsal/");
    assert!(ben.text("/rehearsal/").await.contains(STAMP));
    assert_eq!(ben.get("/").await.status(), StatusCode::SEE_OTHER, "he signed in to the rehearsal alone");
    // His address changes: the rehearsal goes on by the one that it knows, and nothing live does.
    let folder = fs::read_to_string(app.file("holdline.yaml")).unwrap();
    fs::write(app.file("holdline.yaml"), folder.replace("ben@riverside.example", "ben@riverside.test")).unwrap();
    app.app().look_at_folder().await;
    let refused = ben.get("/rehearsal/").await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert!(refused.text().await.unwrap().contains("href=\"/rehearsal/incident/1\""));
    assert!(ben.text("/rehearsal/incident/1").await.contains("Ben Okafor"));
    app.visitor().post("/sign-in", &[("email", "ben@riverside.example")]).await;
    app.settle().await;
    assert_eq!(app.letters("ben", "Sign in").len(), 1, "the one of the rehearsal");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_incident_ends_it_with_a_mail_that_says_so() {
    let mut app = under_way().await;
    let link = app.asked_beneath("eve").unwrap();
    app.spike(6).await;
    let over = mailed(&app, "eve", "The rehearsal is over").await.letter;
    assert!(over.subject.starts_with("[EXERCISE] "));
    assert!(over.text.contains("the live incident 1, Patient data breach, is open"), "{}", over.text);
    let pressed = app.press(&link, &link.code, "approve", "").await;
    assert!(pressed.status().is_client_error(), "{}", pressed.status());
    let live = app.letters("ana", "Is this real?");
    assert!(live.iter().any(|letter| !letter.letter.subject.contains("EXERCISE")), "the live alert came too");
    // While it is open no other begins.
    let Answer::Refused(why) = asked(&app, begin("data-breach")).await else { panic!("a second one began") };
    assert!(why.contains("incident 1 is open"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_announced_is_called_off_by_a_live_incident_and_by_hand() {
    let mut app = TestApp::start().await;
    let Answer::Done(_) = asked(&app, begin("data-breach")).await else { panic!("it was refused") };
    let Answer::Refused(why) = asked(&app, begin("data-breach")).await else { panic!("a second one began") };
    assert!(why.contains("`holdline rehearse --stop`"), "{why}");
    let Answer::Done(said) = asked(&app, RehearsalRequest::Stop { reason: "we moved it".to_owned() }).await else {
        panic!("it was not ended")
    };
    assert_eq!(said, ["The rehearsal is over; everybody is told."]);
    assert!(mailed(&app, "dev", "Rehearsal called off").await.letter.text.contains("we moved it"));
    let Answer::Done(_) = asked(&app, begin("data-breach")).await else { panic!("it was refused") };
    app.spike(6).await;
    let off = |letter: &Captured| letter.letter.text.contains("the live incident 1");
    assert!(app.mailbox.wait_for(off, PATIENCE).await.is_some(), "nobody was told why");
    for (request, why) in [
        (begin("data-breech"), "incident 1 is open"),
        (RehearsalRequest::Begin { playbook: "data-breach".into(), by: Some("zoe".into()), after: None }, "is open"),
    ] {
        let Answer::Refused(said) = asked(&app, request).await else { panic!("it began") };
        assert!(said.contains(why), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn results_are_listed_and_who_never_answered_is_found_out() {
    let app = under_way().await;
    let link = app.asked_beneath("eve").unwrap();
    assert_eq!(app.press(&link, &link.code, "approve", "").await.status(), StatusCode::SEE_OTHER);
    // Nobody else does anything, and it ends by itself.
    minutes_go_by(&app, 6 * 60);
    let score = mailed(&app, "eve", "How the rehearsal went").await.letter;
    assert!(score.subject.starts_with("[EXERCISE] "), "{}", score.subject);
    // The live record's head is signed and mailed meanwhile.
    let head = |letter: &Captured| letter.letter.subject.starts_with("Holdline audit head");
    assert!(app.mailbox.wait_for(head, PATIENCE).await.is_some());
    app.settle().await;
    let Answer::Done(listed) = asked(&app, RehearsalRequest::List).await else { panic!("it is not listed") };
    let text = listed.join("\n");
    assert!(text.contains("1. 2026-11-22 09:10  Patient data breach"), "{text}");
    for words in ["First statement after    ", "Slowest link ", "Approvals missed", "Called on, never heard   "] {
        assert!(text.contains(words) && score.text.contains(words.trim_end()), "{words}: {text}\n{}", score.text);
    }
    let absent = listed.iter().find(|line| line.contains("never heard")).unwrap();
    assert!(absent.contains("Chi Nwosu") && !absent.contains("Eve Gray"), "{absent}");
    assert!(absent.contains("Ana Ruiz"), "the clock opened it in her name, and she did nothing: {absent}");
    minutes_go_by(&app, 5);
    app.settle().await;
    assert_eq!(app.letters("eve", "How the rehearsal went").len(), 1, "a score is told once");
    // The live desk has a page of them, apart from what is live.
    let ana = app.sign_in("ana").await;
    let (page, report, live) =
        (ana.text("/rehearsals").await, ana.text("/rehearsals/1").await, ana.text("/reports").await);
    for words in [STAMP, "1: Patient data breach", "Slowest link", "Approvals missed", "Chi Nwosu", "/rehearsals/1"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(report.contains(STAMP) && report.contains("Called on and never heard: "), "{report}");
    assert!(live.contains("There is none yet.") && live.contains("href=\"/rehearsals\""), "{live}");
    assert_eq!(ana.get("/rehearsals/2").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_goes_on_after_a_restart_with_the_same_links() {
    let mut app = under_way().await;
    let link = app.asked_beneath("eve").unwrap();
    app.restart().await;
    let found = async {
        while app.get(&link.path).await.status() != StatusCode::OK {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, found).await.expect("its link is known again");
}

fn every(begins: &str) -> Result<Recurring, RecurringError> {
    let zone = TimeZone::get("America/New_York").unwrap();
    let at: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    Recurring::new("weekly", "data-breach".into(), None, Period::minutes(60), begins, zone, at)
}

#[test]
fn one_that_comes_again_keeps_the_walls_clock_across_daylight_saving() {
    let tuesdays = every("0 10 * * 2").unwrap();
    let mut at: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let mut hours = std::collections::BTreeSet::new();
    for _ in 0..60 {
        at = tuesdays.next(at).unwrap();
        let wall = at.to_zoned(TimeZone::get("America/New_York").unwrap());
        assert_eq!((wall.hour(), wall.minute(), wall.weekday()), (10, 0, jiff::civil::Weekday::Tuesday), "{wall}");
        hours.insert(at.to_zoned(TimeZone::UTC).hour());
    }
    assert_eq!(hours.into_iter().collect::<Vec<_>>(), [14, 15], "ten o'clock is two hours of the world's");
    // A time that the change of clocks leaves out, or brings twice, comes once that day.
    for (begins, day) in [("30 2 * * *", "2026-03-08"), ("30 1 * * *", "2026-11-01")] {
        let daily = every(begins).unwrap();
        let midnight: Timestamp = format!("{day}T00:00:00-05:00").parse().unwrap();
        let mut times = Vec::new();
        let mut at = midnight - SignedDuration::from_hours(2);
        while let Some(next) = daily.next(at).filter(|next| *next < midnight + SignedDuration::from_hours(26)) {
            times.push(next);
            at = next;
        }
        let that_day =
            times.iter().filter(|at| at.to_zoned(TimeZone::get("America/New_York").unwrap()).date().to_string() == day);
        assert_eq!(that_day.count(), 1, "{begins} on {day}: {times:?}");
    }
}

#[test]
fn what_never_comes_or_is_announced_too_early_is_refused() {
    assert_eq!(every("0 10 30 2 *").unwrap_err(), RecurringError::Never("0 10 30 2 *".to_owned()));
    assert!(matches!(every("at ten").unwrap_err(), RecurringError::Begins(_)));
    let zone = TimeZone::UTC;
    let with = |announce| {
        Recurring::new("n", "p".into(), None, announce, "0 10 * * 2", zone.clone(), Timestamp::UNIX_EPOCH).map(|_| ())
    };
    assert_eq!(with(ANNOUNCED_MAX), Ok(()));
    assert_eq!(with(Period::seconds(ANNOUNCED_MAX.as_seconds() + 1)), Err(RecurringError::TooEarly));
}

#[test]
fn a_mistake_in_a_recurring_rehearsal_is_named_with_its_place() {
    let folder = sample_folder();
    let main = folder.path().join("holdline.yaml");
    let text = fs::read_to_string(&main).unwrap();
    let with = |rehearsals: &str| {
        fs::write(&main, format!("{text}\nrehearsals:\n{rehearsals}")).unwrap();
        let said = |problems: Vec<Problem>| problems.iter().map(ToString::to_string).collect::<Vec<_>>();
        load(folder.path(), Need::Rehearsal).map(|loaded| loaded.config.rehearsals.len()).map_err(said)
    };
    assert_eq!(with("  quarter: { playbook: data-breach, from: \"0 10 5 */3 *\", by: ana, announce: 1d }\n"), Ok(1));
    for (wrong, why) in [
        ("{ playbook: data-breech, from: \"0 10 * * 2\" }", "did you mean `data-breach`?"),
        ("{ playbook: data-breach, from: \"0 10 * * 2\", by: pressroom }", "there is no person called `pressroom`"),
        ("{ playbook: data-breach, from: \"soon\" }", "write minute, hour, day, month and weekday"),
        ("{ playbook: data-breach, from: \"0 10 * * 2\", announce: 15d }", "nobody remembers it so long"),
        ("{ playbook: data-breach, from: \"0 10 * * 2\", timezone: Mars/North }", "there is no time zone"),
        ("{ playbook: data-breach }", "has no `from`"),
    ] {
        let said = with(&format!("  quarter: {wrong}\n")).unwrap_err();
        assert!(said.iter().any(|said| said.starts_with("holdline.yaml:") && said.contains(why)), "{why}: {said:?}");
    }
    let many = |number: usize| {
        let one = |nth: usize| format!("  r{nth}: {{ playbook: data-breach, from: \"0 10 * * 2\" }}\n");
        (0..number).map(one).collect::<Vec<_>>().concat()
    };
    assert_eq!(with(&many(REHEARSALS_MAX)), Ok(REHEARSALS_MAX));
    assert!(with(&many(REHEARSALS_MAX + 1)).unwrap_err()[0].contains("`rehearsals` has more than 50 entries"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_comes_again_is_announced_and_begins_by_itself() {
    let mut app = TestApp::start().await;
    let main = app.file("holdline.yaml");
    let text = fs::read_to_string(&main).unwrap();
    // 22 November 2026 is a Sunday; the tests begin at nine in the morning there.
    let weekly = "\nrehearsals:\n  weekly: { playbook: data-breach, from: \"0 12 * * 0\", announce: 2h, by: ben }\n";
    fs::write(&main, text + weekly).unwrap();
    app.restart().await;
    minutes_go_by(&app, 59);
    app.settle().await;
    assert!(app.letters("dev", "Rehearsal").is_empty(), "it is three hours off");
    minutes_go_by(&app, 2);
    let announced = mailed(&app, "dev", "[EXERCISE] Rehearsal at 22 November, 12:00 EST").await;
    assert!(announced.letter.text.contains("Ben Okafor opens it."), "{}", announced.letter.text);
    minutes_go_by(&app, 120);
    mailed(&app, "eve", "Approve").await;
    assert_eq!(app.letters("dev", "Rehearsal at").len(), 1, "it is announced once");
}
