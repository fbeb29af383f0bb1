//! `holdline backup`: a copy made under load holds everything acknowledged before it, and a store begun from a copy posts
//! nothing again by itself.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use holdline::channel::Found;
use holdline::core::incident::{Event, IncidentId, PostPhase, Settlement};
use holdline::core::mention::Mention;
use holdline::engine::{LookUpStep, NUMBERS_LEFT_OUT, PostJob};
use holdline::store::{Reader, Settled};
use jiff::SignedDuration;

use super::says;
use crate::hospital::{self, person};
use crate::press::Press;
use crate::test_app::TestApp;

fn mention(number: u64) -> Mention {
    Mention {
        id: format!("load{number}"),
        title: None,
        text: "nothing that a watch counts".to_owned(),
        author: None,
        url: None,
        language: None,
        published: None,
        reach: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_holds_whatever_was_acknowledged_before_it_began() {
    let mut app = TestApp::start().await;
    app.spike(6).await;
    let engine = app.app().engine.clone();
    let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let load = tokio::spawn({
        let (stop, acknowledged) = (Arc::clone(&stop), Arc::clone(&acknowledged));
        async move {
            let mut number = 0;
            while !stop.load(Ordering::SeqCst) {
                number += 1;
                engine.take_in(&"listening".into(), vec![mention(number)]).await.unwrap();
                // Decisions, too: each claims a task's fact anew and is an entry of the incident.
                let value = holdline::core::playbook::FactValue::Number(i64::try_from(number).unwrap());
                let fact = Event::FactConfirmed { fact: "records_affected".into(), value, by: person("chi") };
                engine.record(1, fact).await.unwrap();
                acknowledged.store(number, Ordering::SeqCst);
            }
        }
    });
    let mut held = Vec::new();
    for round in 0..3 {
        while acknowledged.load(Ordering::SeqCst) < 20 * (round + 1) {
            tokio::task::yield_now().await;
        }
        let before = acknowledged.load(Ordering::SeqCst);
        let (folder, name) = (app.file(""), format!("copy{round}.db"));
        let copied = name.clone();
        let text = tokio::task::spawn_blocking(move || says(&folder, &["backup", &copied], 0)).await.unwrap();
        assert!(text.contains("The copy's record holds: ") && text.contains(" bytes, "), "{text}");
        held.push((name, i64::try_from(before).unwrap()));
    }
    stop.store(true, Ordering::SeqCst);
    load.await.unwrap();
    app.settle().await;
    for (name, before) in held {
        let copy = app.file(&name);
        assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
        let db = rusqlite::Connection::open_with_flags(&copy, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert!(count("select count(*) from mentions where foreign_id like 'load%'") >= before);
        assert!(count("select count(*) from events where header like '%\"fact_confirmed\"%'") >= before);
        assert_eq!(count("select seq from head"), count("select max(seq) from events"), "one moment, not two");
        says(&app.file(""), &["audit", "verify", "--store", &name], 0);
    }
    let names: Vec<_> = fs::read_dir(app.file("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().contains("partial")), "{names:?}");
    let refused = says(&app.file(""), &["backup", "copy0.db"], 1);
    assert!(refused.contains("is there already; a backup is never written over"), "{refused}");
    assert!(says(&app.file(""), &["backup", "no/such/folder/copy.db"], 1).contains("cannot be written"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_store_shows_the_board_of_the_copy_and_verifies() {
    let mut app = TestApp::start().await;
    app.spike(6).await;
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/verify", &[("verdict", "real")]).await;
    ana.does("/incident/1/claim", &[]).await;
    app.settle().await;
    let (before, folder) = (app.incident(1), app.file(""));
    let link = app.asked("eve").unwrap();
    says(&folder, &["backup", "copy.db"], 0);
    ana.does("/incident/1/severity", &[("to", "critical"), ("reason", "lost with the disk")]).await;
    ana.does("/open", &[("playbook", "data-breach"), ("reason", "lost, too")]).await;
    app.settle().await;
    app.stop().await;
    for ending in ["", "-wal", "-shm"] {
        let _gone = fs::remove_file(app.file(&format!("holdline.db{ending}")));
    }
    fs::rename(app.file("copy.db"), app.file("holdline.db")).unwrap();
    says(&folder, &["audit", "verify"], 0);
    app.run().await;
    app.settle().await;
    let mut after = (*app.incident(1)).clone();
    assert!(after.stopped.take().is_some(), "a person says when posting goes on");
    after.events = before.events;
    assert_eq!(after, *before, "the board is that of the copy otherwise");
    let told = app.mailbox.to("it@riverside.example").last().cloned().unwrap();
    assert!(told.letter.subject.contains("Holdline was started from a backup of "), "{}", told.letter.subject);
    assert!(told.letter.text.contains("is not posted again by itself"), "{}", told.letter.text);
    assert_eq!(app.incidents(), 1);
    let ana = ana.back_at(&app);
    assert_ne!(ana.get("/incident/1").await.status(), reqwest::StatusCode::OK, "every session has ended");
    let text = says(&folder, &["audit", "verify"], 0);
    assert!(text.contains("The record holds") && text.contains("what happened in between is not in it"), "{text}");
    // A link of before the backup still answers: it is about the same bytes.
    let ana = app.sign_in("ana").await;
    let answered = app.press(&link, &link.code, "approve", "").await;
    assert_eq!(answered.status(), reqwest::StatusCode::SEE_OTHER);
    // A number that the lost store may have used is not used again.
    ana.does("/open", &[("playbook", "data-breach"), ("reason", "after it")]).await;
    app.settle().await;
    let numbers: Vec<IncidentId> = app.app().engine.board().incidents.keys().copied().collect();
    assert_eq!(numbers, [1, 1 + NUMBERS_LEFT_OUT + 1]);
}

/// Puts the copy in the store's place and starts on it.
fn restore(press: &mut Press, copy: &std::path::Path) {
    press.recorder = None;
    for ending in ["-wal", "-shm"] {
        let mut beside = press.path.clone().into_os_string();
        beside.push(ending);
        let _gone = fs::remove_file(beside);
    }
    fs::copy(copy, &press.path).unwrap();
    press.now += SignedDuration::from_mins(30);
    press.start(hospital::standing()).unwrap();
}

/// What of the outbox asks for a channel, and what comes of it: never a call.
fn calls(press: &mut Press) -> Vec<String> {
    let rows = press.does(|work| work.claim_outside(64)).unwrap();
    let mut keys = Vec::new();
    for row in rows {
        keys.push(row.key());
        if row.body.starts_with("{\"post\"") {
            assert!(!matches!(press.post("wire"), PostPhase::Owed { .. }), "it could be called");
        }
        press.does(|work| work.settle(&row, &Settled::Done("seen".to_owned()), None)).unwrap();
    }
    keys
}

#[test]
fn what_was_owed_to_a_channel_at_the_backup_is_never_posted_again_by_itself() {
    // Owed at the backup, and posted since by the store that was lost.
    let mut press = Press::approved();
    let copy = press.path.with_file_name("owed.db");
    assert!(matches!(press.post("wire"), PostPhase::Owed { .. }));
    Reader::new(&press.path).back_up(&copy, press.now).unwrap();
    restore(&mut press, &copy);
    let PostPhase::Unknown { why, .. } = press.post("wire") else { panic!("{:?}", press.post("wire")) };
    assert!(why.contains("restored from a backup of 2026-11-22T03:00:00Z"), "{why}");
    let keys = calls(&mut press);
    assert!(keys.iter().any(|key| key.contains(".r1")), "what is owed since has a key of its own: {keys:?}");
    assert!(keys.iter().any(|key| !key.contains('r')), "what was owed before keeps its own: {keys:?}");
    let there = Settlement::There { url: "https://wire.example/1".to_owned() };
    let settled =
        Event::PostSettled { statement: "holding".into(), channel: "wire".into(), by: person("ana"), found: there };
    press.record(settled).unwrap();
    assert!(matches!(press.post("wire"), PostPhase::Confirmed { .. }));
    // The second start of the same store is an ordinary one.
    let before = press.incident();
    press.start(hospital::standing()).unwrap();
    assert_eq!(press.incident(), before);
}

/// The wire's own posts do not show it.
fn look_in_vain(press: &mut Press) {
    let rows = press.does(|work| work.claim_outside(64)).unwrap();
    let row = rows.into_iter().find(|row| row.body.contains("\"look_up\"")).expect("a look-up is owed");
    let job = PostJob { incident: 1, statement: "holding".into(), channel: "wire".into(), attempt: 1 };
    assert!(matches!(press.does(|work| work.begin_look_up(&row, &job)).unwrap(), LookUpStep::Look(..)));
    press.does(|work| work.end_look_up(&row, &job, Found::Nothing)).unwrap();
}

#[test]
fn a_post_that_was_under_way_at_the_backup_is_doubted_too() {
    let mut press = Press::approved();
    let copy = press.path.with_file_name("intended.db");
    let intended = Event::PostIntended { statement: "holding".into(), channel: "wire".into(), attempt: 1 };
    press.record(intended).unwrap();
    Reader::new(&press.path).back_up(&copy, press.now).unwrap();
    restore(&mut press, &copy);
    assert!(matches!(press.post("wire"), PostPhase::Unknown { .. }), "{:?}", press.post("wire"));
    look_in_vain(&mut press);
    calls(&mut press);
    let not_there = Event::PostSettled {
        statement: "holding".into(),
        channel: "wire".into(),
        by: person("ana"),
        found: Settlement::NotThere,
    };
    press.now += SignedDuration::from_mins(5);
    press.record(not_there).unwrap();
    assert!(matches!(press.post("wire"), PostPhase::Owed { attempt: 2 }), "a person who looked lets it go out");
}
