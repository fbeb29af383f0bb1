//! Lessons: written down once it is over, by those who were there, and the owner of what follows gets a mail.

use reqwest::StatusCode;

use crate::test_app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_learned_is_written_down_after_the_end_and_its_owner_is_told() {
    let mut app = TestApp::start().await;
    app.spike(6).await;
    let ana = app.sign_in("ana").await;
    let keep = [("words", "the phone tree"), ("press", "keep")];
    let early = ana.post("/incident/1/lesson", &keep).await;
    assert_eq!(early.status(), StatusCode::CONFLICT);
    assert!(early.text().await.unwrap().contains("still running"));
    assert!(!ana.text("/incident/1").await.contains("What was learned"));
    ana.does("/incident/1/verify", &[("verdict", "false-alarm"), ("reason", "a film of that name")]).await;

    ana.does("/incident/1/lesson", &keep).await;
    let hostile = "<b>two</b> deputies";
    let follow = [("words", hostile), ("owner", "dev"), ("due", "2026-12-24"), ("press", "follow-up")];
    ana.does("/incident/1/lesson", &follow).await;
    app.settle().await;
    let mail = app.letters("dev", "For you to do until 24 December 2026");
    assert!(mail[0].letter.text.contains("wrote down what is to follow"), "{}", mail[0].letter.text);
    let page = ana.text("/incident/1").await;
    assert!(page.contains("the phone tree") && page.contains("until 24 December 2026"), "{page}");
    assert!(page.contains("&lt;b&gt;two&lt;/b&gt;") && !page.contains("<b>two"), "{page}");

    for (form, why) in [
        ([("words", " "), ("press", "keep"), ("due", "")], "between one and 1000 characters"),
        ([("words", "x"), ("press", "follow-up"), ("due", "soon")], "Say until which day"),
        ([("words", "x"), ("press", "shout"), ("due", "")], "Say whether to keep it"),
    ] {
        let refused = ana.post("/incident/1/lesson", &form).await;
        assert!(refused.status().is_client_error(), "{form:?}");
        assert!(refused.text().await.unwrap().contains(why), "{form:?}");
    }

    let dev = app.sign_in("dev").await;
    dev.does("/incident/1/lesson/1/done", &[("note", "Gil is it")]).await;
    assert_eq!(dev.post("/incident/1/lesson/1/done", &[]).await.status(), StatusCode::CONFLICT, "it is done");
    assert_eq!(dev.post("/incident/1/lesson/0/done", &[]).await.status(), StatusCode::CONFLICT, "nothing follows");
    app.restart().await;
    let dev = dev.back_at(&app);
    let page = dev.text("/incident/1").await;
    assert!(page.contains("Done, says Dev Patel on 22 November 2026: Gil is it"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lessons_are_bounded() {
    use holdline::core::incident::{Event, LESSON_CHARS_MAX, LESSONS_MAX, Lesson};
    let mut app = TestApp::start().await;
    app.spike(6).await;
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/verify", &[("verdict", "false-alarm"), ("reason", "a film")]).await;
    let record = |words: String| {
        app.app().engine.record(1, Event::LessonAdded { lesson: Lesson::Keep { words }, by: "ana".into() })
    };
    assert!(record("x".repeat(LESSON_CHARS_MAX + 1)).await.is_err(), "one too long");
    record("é".repeat(LESSON_CHARS_MAX)).await.unwrap();
    for number in 1..LESSONS_MAX {
        record(format!("lesson {number}")).await.unwrap();
    }
    let refused = record("one more".to_owned()).await.unwrap_err().to_string();
    assert!(refused.contains("99 lessons are written down"), "{refused}");
}
