//! Words that are approved ahead and held, driven over HTTP and by mail: on whose word they go out, and when they lapse.

use holdline::control::{Answer, IncidentRequest, Request, ask, socket_of};
use holdline::core::incident::{Event, Hold, StatementPhase};

use crate::test_app::{Link, TestApp, Visitor};

const SAY: &str = "/incident/1/statement/reopened/say-now";

/// The hospital with one more statement of this name, `how` it is held once the privacy officer has approved it.
async fn with(name: &str, how: &str) -> (TestApp, Visitor) {
    let mut app = TestApp::start().await;
    let book = app.file("playbooks/data-breach.yaml");
    let text = std::fs::read_to_string(&book).unwrap();
    let step = format!(
        "  - statement:\n      id: {name}\n      use: hold\n      audience: public\n      \
         template: data-breach/{name}\n      channels: [website]\n      needs: [help_line]\n      {how}\n      \
         lapses: 4h\n      approval: [ {{ any_of: [privacy-officer] }} ]\n"
    );
    std::fs::write(&book, text.replace("stand_down:", &format!("{step}\nstand_down:"))).unwrap();
    for (language, words) in
        [("en", "It is over. Call {{facts.help_line}}."), ("es", "Ha terminado: {{facts.help_line}}.")]
    {
        let name = format!("templates/statements/data-breach/{name}.long.{language}.hbs");
        std::fs::write(app.file(&name), words).unwrap();
    }
    app.restart().await;
    app.spike(6).await;
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/verify", &[("verdict", "real")]).await;
    ana.does("/incident/1/claim", &[]).await;
    ana.does("/incident/1/fact/help_line", &[("value", "+1 555 010 0100"), ("press", "confirm")]).await;
    app.settle().await;
    (app, ana)
}

async fn with_words_for_the_end() -> (TestApp, Visitor) {
    with("reopened", "on_word_of: [comms-lead]").await
}

fn digest(app: &TestApp) -> String {
    app.incident(1).statements["reopened"].current().unwrap().digest.to_string()
}

async fn newsroom_has_it(app: &TestApp) -> bool {
    app.text("/newsroom").await.contains("/newsroom/1/reopened")
}

/// Chi reads both languages.
async fn approve(app: &TestApp) {
    let letter = app.letters("chi", "reopened statement (v").pop().expect("Chi is asked");
    assert!(letter.letter.text.contains("posts nothing"), "{}", letter.letter.text);
    app.approve("chi").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn held_words_wait_over_a_restart_for_the_word_of_somebody_who_may_give_it() {
    let (mut app, ana) = with_words_for_the_end().await;
    assert!(!ana.text("/incident/1").await.contains("Say it now"), "nothing is approved yet");
    approve(&app).await;
    assert_eq!(app.letters("ana", "Held ready, reopened statement").len(), 1);
    assert!(!newsroom_has_it(&app).await, "nothing posts it by itself");
    app.restart().await;
    let ana = ana.back_at(&app);
    let page = ana.text("/incident/1").await;
    assert!(page.contains("Say it now") && page.contains("held ready"), "{page}");
    let right = digest(&app);
    let eve = app.sign_in("eve").await;
    assert_ne!(eve.post(SAY, &[("digest", &right)]).await.status(), 303, "it is not an executive's word");
    assert_ne!(ana.post(SAY, &[("digest", &"0".repeat(64))]).await.status(), 303, "other words than those shown");
    assert_ne!(app.visitor().post(SAY, &[("digest", &right)]).await.status(), 200, "nobody signed in");
    assert!(!newsroom_has_it(&app).await);
    // Two people press at once: it goes out once.
    let ben = app.sign_in("ben").await;
    let form = [("digest", right.as_str())];
    let (one, other) = tokio::join!(ana.post(SAY, &form), ben.post(SAY, &form));
    let taken = [one, other].iter().filter(|answer| answer.status() == 303).count();
    app.settle().await;
    assert_eq!(taken, 1);
    assert!(newsroom_has_it(&app).await);
    assert!(app.text("/newsroom/1/reopened").await.contains("It is over. Call +1 555 010 0100."));
    assert!(ana.text("/incident/1").await.contains("gave the word for reopened"), "the record tells whose word it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn held_words_lapse_and_are_asked_about_afresh() {
    let (app, ana) = with_words_for_the_end().await;
    approve(&app).await;
    let old = app.asked("chi").unwrap();
    let lapses = app.incident(1).held_until(&"reopened".into());
    let what = "The reopened statement lapses, where nobody gives the word for it";
    let lines = app.app().engine.calendar().lines;
    let line = lines.iter().find(|line| line.what == what).unwrap_or_else(|| panic!("{lines:#?}"));
    assert_eq!(
        (Some(line.at), line.who.as_str(), line.part.as_str()),
        (lapses, "Ana Ruiz (comms-lead)", "statement-reopened")
    );
    assert!(ana.text("/").await.contains(what), "the desk has it");
    let deadlines = Request::Incident(IncidentRequest::Deadlines);
    let Answer::Done(said) = ask(&socket_of(&app.store()), &deadlines).await.unwrap() else { panic!("refused") };
    assert!(said.concat().contains(what), "{said:#?}");
    app.minutes_go_by(240).await;
    assert!(app.app().engine.calendar().lines.iter().all(|line| line.what != what), "it lapsed");
    assert_eq!(app.letters("ben", "Lapsed, reopened statement").len(), 1);
    let phase = app.incident(1).statements["reopened"].phase.clone();
    assert!(matches!(phase, StatementPhase::Drafting(Hold::Lapsed)), "{phase:?}");
    // Her session ended meanwhile.
    let ana = app.sign_in("ana").await;
    let right = digest(&app);
    assert_ne!(ana.post(SAY, &[("digest", &right)]).await.status(), 303);
    assert!(ana.text("/incident/1").await.contains("nobody gave the word in time"));
    ana.does("/incident/1/statement/reopened/ask", &[("reason", "It is nearly over")]).await;
    app.settle().await;
    assert_eq!(app.press(&old, &old.code, "approve", "").await.status(), 409, "the old request decides nothing");
    app.approve("chi").await;
    ana.does(SAY, &[("digest", &right)]).await;
    app.settle().await;
    assert!(newsroom_has_it(&app).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_after_the_time_but_before_its_row_sends_nothing() {
    let (app, _) = with_words_for_the_end().await;
    approve(&app).await;
    let until = app.incident(1).held_until(&"reopened".into()).unwrap();
    let statement = app.incident(1).statements["reopened"].current().unwrap().digest;
    app.clock.set(until);
    let word = Event::SaidNow { statement: "reopened".into(), digest: statement, by: "ana".into() };
    assert!(app.app().engine.record(1, word).await.is_err());
    app.minutes_go_by(0).await;
    assert!(!newsroom_has_it(&app).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_answers_one_executive_lets_out_the_line_that_was_approved_ahead() {
    let (mut app, ana) = with("line", "instead_of: holding").await;
    app.approve("chi").await;
    assert_eq!(app.letters("ana", "Held ready, line statement").len(), 1);
    let page = ana.text("/incident/1").await;
    assert!(page.contains("where nobody answers for the holding statement") && !page.contains("Say it now"), "{page}");
    let chi = app.sign_in("chi").await;
    chi.does("/incident/1/fact/discovered_at", &[("value", "2026-11-22 08:40"), ("press", "confirm")]).await;
    app.settle().await;
    app.approve("ana").await;
    // Nobody answers about the holding statement: neither those who are asked nor those asked in their place.
    app.minutes_go_by(7).await;
    assert!(app.letters("fay", "line statement").is_empty(), "the ladder has not ended");
    app.minutes_go_by(7).await;
    app.restart().await;
    let letter = app.letters("fay", "line statement (v1)").pop().expect("Fay is offered the line");
    let text = &letter.letter.text;
    assert!(text.contains("Nobody answers for the holding statement. This line was approved ahead"), "{text}");
    assert!(text.contains("Yours is the last yes that is needed"), "{text}");
    assert!(!app.text("/newsroom").await.contains("/newsroom/1/line"), "nothing posts itself");
    let email = letter.letter.text.split("Open http").nth(1).unwrap();
    let path = format!("/a/{}", email.split("/a/").nth(1).unwrap().split_whitespace().next().unwrap());
    let code = text.split("Type this code there: ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let link = Link { path, code };
    let answered = app.press(&link, &link.code, "approve", "").await;
    assert_eq!(answered.status(), 303, "{}", answered.text().await.unwrap());
    app.settle().await;
    assert!(app.text("/newsroom/1/line").await.contains("It is over. Call +1 555 010 0100."));
    assert!(!app.text("/newsroom").await.contains("/newsroom/1/holding"));
}
