//! The rest of a playbook's timeline, driven over HTTP and by mail: what comes again, what is said if asked, what people add.

use holdline::core::incident::{PromisePhase, StatementPhase};

use crate::test_app::{TestApp, Visitor};

/// An incident whose holding statement is public: Ana, who claimed it, and Chi, who confirms facts.
async fn holding_is_public(app: &mut TestApp) -> (Visitor, Visitor) {
    app.spike(6).await;
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/verify", &[("verdict", "real")]).await;
    ana.does("/incident/1/claim", &[]).await;
    ana.does("/incident/1/fact/help_line", &[("value", "+1 555 010 0100"), ("press", "confirm")]).await;
    let chi = app.sign_in("chi").await;
    chi.does("/incident/1/fact/discovered_at", &[("value", "2026-11-22 08:40"), ("press", "confirm")]).await;
    app.settle().await;
    for who in ["eve", "dev", "chi", "ben"] {
        app.approve(who).await;
    }
    assert!(app.text("/newsroom").await.contains("/newsroom/1/holding"));
    (ana, chi)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_is_kept_with_one_approval_where_nothing_is_new() {
    let mut app = TestApp::start().await;
    let (ana, _) = holding_is_public(&mut app).await;
    let promised = app.incident(1).statements["holding"].promise.clone().unwrap().by;
    assert_eq!(app.incident(1).statements["update"].due, Some(promised), "the first round keeps the promise");
    let page = ana.text("/incident/1").await;
    assert!(page.contains("Readers were promised the next word by"), "{page}");
    // Half an hour before the promised time nobody has said yet what happened.
    app.minutes_go_by(50).await;
    let letter = app.letters("ana", "update statement (v1)").pop().expect("the ready text is asked about");
    assert!(letter.letter.text.contains("No new information yet"), "{}", letter.letter.text);
    assert!(letter.letter.text.contains("The public was promised a word by"), "{}", letter.letter.text);
    assert!(app.letters("chi", "update statement").is_empty(), "one stage, and not Chi's");
    app.approve("ana").await;
    let page = app.text("/newsroom/1/update").await;
    assert!(page.contains("No new information yet") && page.contains("Aún no hay novedades"), "{page}");
    let incident = app.incident(1);
    let kept = &incident.statements["holding"].promise.as_ref().unwrap().phase;
    assert!(matches!(kept, PromisePhase::Kept { with, .. } if with.as_str() == "update"), "{kept:?}");
    assert_eq!(incident.statements["update-2"].phase, StatementPhase::Waiting);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_promise_is_told_to_the_duty_officer_and_then_to_everybody() {
    let mut app = TestApp::start().await;
    holding_is_public(&mut app).await;
    let promised = app.incident(1).statements["holding"].promise.clone().unwrap().by;
    let left = promised.duration_since(app.clock.now()).as_secs() / 60;
    app.minutes_go_by(left + 1).await;
    assert_eq!(app.letters("ana", "Promise to the public missed").len(), 1);
    assert!(app.letters("fay", "Promise to the public missed").is_empty());
    app.minutes_go_by(5).await;
    assert_eq!(app.letters("fay", "Promise to the public missed").len(), 1);
    let page = app.sign_in("ana").await.text("/incident/1").await;
    assert!(page.contains("Say the next word: the holding statement promised it"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_goes_the_whole_way_once_there_is_news() {
    let mut app = TestApp::start().await;
    let (ana, chi) = holding_is_public(&mut app).await;
    let page = ana.text("/incident/1").await;
    assert!(page.contains("Say that there is nothing new yet"), "{page}");
    ana.does("/incident/1/statement/update/says", &[("says", "nothing-new")]).await;
    app.settle().await;
    let old = app.asked("ana").unwrap();
    let news = [("value", "A copied file holds names."), ("press", "confirm")];
    chi.does("/incident/1/fact/what_happened", &news).await;
    app.settle().await;
    assert_eq!(app.press(&old, &old.code, "approve", "").await.status(), reqwest::StatusCode::CONFLICT);
    // Chi wrote the fact, so her deputy is asked about it.
    for who in ["cora", "ana", "dev"] {
        app.approve(who).await;
    }
    assert!(app.text("/newsroom/1/update").await.contains("A copied file holds names."));
}

/// The hospital with one more statement, which is said if somebody asks.
async fn with_words_for_callers() -> TestApp {
    let mut app = TestApp::start().await;
    let book = app.file("playbooks/data-breach.yaml");
    let text = std::fs::read_to_string(&book).unwrap();
    let step = "  - statement:\n      id: phones\n      use: if_asked\n      tell: [legal]\n      audience: callers\n      \
                template: data-breach/phones\n      needs: [help_line]\n      approval: [ { any_of: [comms-lead] } ]\n";
    std::fs::write(&book, text.replace("stand_down:", &format!("{step}\nstand_down:"))).unwrap();
    for (language, words) in [("en", "Please call {{facts.help_line}}."), ("es", "Llame al {{facts.help_line}}.")] {
        let name = format!("templates/statements/data-breach/phones.long.{language}.hbs");
        std::fs::write(app.file(&name), words).unwrap();
    }
    app.restart().await;
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn words_for_callers_are_approved_never_posted_and_each_use_is_written_down() {
    let mut app = with_words_for_callers().await;
    app.spike(6).await;
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/verify", &[("verdict", "real")]).await;
    ana.does("/incident/1/claim", &[]).await;
    ana.does("/incident/1/fact/help_line", &[("value", "+1 555 010 0100"), ("press", "confirm")]).await;
    app.settle().await;
    assert!(!ana.text("/").await.contains("Please call"), "nothing is approved yet");
    let letter = app.letters("ana", "phones statement (v1)").pop().unwrap();
    assert!(letter.letter.text.contains("nobody posts it"), "{}", letter.letter.text);
    app.approve("ana").await;
    assert_eq!(app.letters("dev", "Say this if asked").len(), 1);
    let desk = app.sign_in("eve").await;
    let page = desk.text("/").await;
    assert!(page.contains("Please call +1 555 010 0100.") && page.contains("I said these words"), "{page}");
    let digest = app.incident(1).statements["phones"].current().unwrap().digest.to_string();
    let said = [("digest", digest.as_str()), ("to", "a reporter <b>of</b> the Herald")];
    desk.does("/incident/1/statement/phones/used", &said).await;
    let page = ana.text("/incident/1").await;
    assert!(page.contains("Eve Gray said it to a reporter &lt;b&gt;of&lt;/b&gt; the Herald"), "{page}");
    assert!(!app.text("/newsroom").await.contains("phones"), "it is posted nowhere");
    // Another number: the words are void, and who was told of them hears it.
    ana.does("/incident/1/fact/help_line", &[("value", "+1 555 010 0199"), ("press", "confirm")]).await;
    app.settle().await;
    assert_eq!(app.letters("dev", "Say it no more").len(), 1);
    assert_ne!(desk.post("/incident/1/statement/phones/used", &said).await.status(), reqwest::StatusCode::SEE_OTHER);
    assert!(!desk.text("/").await.contains("I said these words"));
}

#[tokio::test(flavor = "multi_thread")]
async fn people_add_tasks_leave_steps_out_and_say_who_told_the_story_first() {
    let mut app = TestApp::start().await;
    app.spike(6).await;
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/verify", &[("verdict", "real")]).await;
    ana.does("/incident/1/claim", &[]).await;
    let task = [("todo", "Call the <insurer>"), ("who", "dev"), ("due", "2026-11-22 11:00")];
    ana.does("/incident/1/add-task", &task).await;
    app.settle().await;
    let letter = app.letters("dev", "Task by 11:00 EST: Call the <insurer>").pop().expect("Dev is asked");
    assert!(letter.letter.text.contains("for Dev Patel"), "{}", letter.letter.text);
    let page = ana.text("/incident/1").await;
    assert!(page.contains("Call the &lt;insurer&gt;"), "{page}");
    app.minutes_go_by(121).await;
    assert_eq!(app.letters("dev", "Overdue").len(), 1);
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/task/added-1", &[("note", "")]).await;
    ana.does("/incident/1/begin", &[("step", "regulators")]).await;
    ana.does("/incident/1/skip", &[("step", "staff"), ("reason", "told in person")]).await;
    ana.does("/incident/1/story", &[("teller", "media")]).await;
    app.settle().await;
    assert!(!app.letters("chi", "Task: Decide whether").is_empty(), "it began before its four hours");
    let page = ana.text("/incident/1").await;
    assert!(page.contains("Ana Ruiz left it out at") && page.contains("told in person"), "{page}");
    assert!(page.contains("The media"), "{page}");
    // What waited for the staff to be told goes on.
    assert!(!matches!(app.incident(1).statements["holding"].phase, StatementPhase::Waiting));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_the_watches_says_why_an_alarm_was_false() {
    let mut app = TestApp::start().await;
    app.spike(6).await;
    let ana = app.sign_in("ana").await;
    let why = [("verdict", "false-alarm"), ("reason", "a film of that name")];
    ana.does("/incident/1/verify", &why).await;
    let page = ana.text("/watches").await;
    assert!(page.contains("Incident 1 at") && page.contains("a film of that name"), "{page}");
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hand_over_is_accepted_by_name_and_told_to_everybody_where_it_is_not() {
    let mut app = TestApp::start().await;
    app.spike(6).await;
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/verify", &[("verdict", "real")]).await;
    ana.does("/incident/1/claim", &[]).await;
    ana.does("/incident/1/hand-over", &[("to", "ben"), ("note", "The ministry calls at noon.")]).await;
    app.settle().await;
    let letter = app.letters("ben", "hands over to you").pop().expect("Ben is asked");
    assert!(letter.letter.text.contains("The ministry calls at noon."), "{}", letter.letter.text);
    assert_eq!(app.incident(1).duty, Some("ana".into()), "it stays where it is until it is accepted");
    app.minutes_go_by(11).await;
    assert_eq!(app.letters("eve", "Nobody accepted the hand-over").len(), 1);
    let ben = app.sign_in("ben").await;
    assert!(ben.text("/incident/1").await.contains("I accept it"));
    ben.does("/incident/1/accept", &[]).await;
    app.settle().await;
    assert_eq!(app.incident(1).duty, Some("ben".into()));
    assert_eq!(app.letters("ana", "Ben Okafor has it now").len(), 1);
}
