//! What is kept of folders: open incidents post by the channels they opened with, also after a restart.

use std::fs;

use holdline::store::Reader;
use rusqlite::Connection;

use crate::test_app::{Link, TestApp};

const BOARD: &str = "path: staff-board.jsonl";

/// An incident whose staff statement is asked about.
async fn incident(app: &mut TestApp) {
    app.spike(6).await;
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/verify", &[("verdict", "real")]).await;
    ana.does("/incident/1/claim", &[]).await;
    app.settle().await;
}

/// Opens another incident, and gives what was mailed to fay of its staff statement.
async fn open_another(app: &TestApp) -> Link {
    let ana = app.sign_in("ana").await;
    ana.does("/open", &[("playbook", "data-breach"), ("reason", "another one")]).await;
    app.settle().await;
    app.asked("fay").unwrap()
}

async fn approves(app: &TestApp, link: &Link) {
    assert_eq!(app.press(link, &link.code, "approve", "").await.status(), 303);
    app.settle().await;
}

fn edit(app: &TestApp, old: &str, new: &str) {
    let path = app.file("holdline.yaml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(old), "no `{old}` in the folder");
    fs::write(path, text.replacen(old, new, 1)).unwrap();
}

async fn take_up(app: &TestApp) {
    app.app().look_at_folder().await;
    app.settle().await;
    assert_eq!(app.app().folder_state().borrow().refused, None);
}

fn stands(app: &TestApp, name: &str) -> bool {
    app.file(name).exists()
}

fn kept(app: &TestApp) -> u32 {
    let db = Connection::open(app.store()).unwrap();
    db.query_row("select count(*) from folders", [], |row| row.get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_incident_posts_where_it_opened_to_post_over_changes_and_restarts() {
    let mut app = TestApp::start().await;
    incident(&mut app).await;
    let of_the_first = app.asked("eve").unwrap();
    app.minutes_go_by(1).await;
    edit(&app, BOARD, "path: second.jsonl");
    take_up(&app).await;
    app.minutes_go_by(1).await;
    let of_the_second = open_another(&app).await;
    app.minutes_go_by(1).await;
    edit(&app, "path: second.jsonl", "path: third.jsonl");
    app.restart().await;
    assert_eq!(kept(&app), 3, "one of each open incident, and that of now");
    approves(&app, &of_the_first).await;
    assert!(stands(&app, "staff-board.jsonl") && !stands(&app, "second.jsonl") && !stands(&app, "third.jsonl"));
    approves(&app, &of_the_second).await;
    assert!(
        stands(&app, "second.jsonl") && !stands(&app, "third.jsonl"),
        "the second incident opened with the second folder"
    );
    let of_the_third = open_another(&app).await;
    app.restart().await;
    approves(&app, &of_the_third).await;
    assert!(stands(&app, "third.jsonl"), "and the third with that of now");
    let lines = |name: &str| fs::read_to_string(app.file(name)).unwrap().lines().count();
    assert_eq!([lines("staff-board.jsonl"), lines("second.jsonl"), lines("third.jsonl")], [1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_no_open_incident_began_with_is_forgotten() {
    let mut app = TestApp::start().await;
    for (old, new) in
        [("staff-board.jsonl", "second.jsonl"), ("second.jsonl", "third.jsonl"), ("third.jsonl", "fourth.jsonl")]
    {
        edit(&app, old, new);
        app.minutes_go_by(1).await;
        take_up(&app).await;
    }
    assert_eq!(kept(&app), 1);
    app.restart().await;
    assert_eq!(kept(&app), 1, "a start with the same folder takes none");
    let taken = |app: &TestApp| Reader::new(&app.store()).last_folder().unwrap().map(|kept| kept.hash());
    let before = taken(&app);
    app.restart().await;
    assert_eq!(taken(&app), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_and_is_another_by_now_is_no_channel() {
    let mut app = TestApp::start().await;
    incident(&mut app).await;
    let asked = app.asked("eve").unwrap();
    app.stop().await;
    edit(&app, BOARD, "path: elsewhere.jsonl");
    let db = Connection::open(app.store()).unwrap();
    let changed =
        db.execute("update folders set files = replace(files, 'staff-board.jsonl', 'evil.jsonl')", []).unwrap();
    assert_eq!(changed, 1);
    drop(db);
    app.run().await;
    approves(&app, &asked).await;
    for name in ["evil.jsonl", "elsewhere.jsonl", "staff-board.jsonl"] {
        assert!(!app.file(name).exists(), "{name}");
    }
    let page = app.sign_in("ana").await.text("/incident/1").await;
    assert!(page.contains("no live channel of this name is configured"), "{page}");
}
