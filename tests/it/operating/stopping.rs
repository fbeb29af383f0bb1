//! Stopping: within seconds, with everything that was answered on disk, and what was under way followed up at the next start.

use std::collections::BTreeSet;
use std::os::unix::net::UnixDatagram;
use std::time::Instant;

use reqwest::StatusCode;
use rusqlite::Connection;
use rustix::process::Signal;

use super::post::{Manner, PostOffice, reached_at};
use super::running::{PATIENCE, Running, deliver, mail_by};
use crate::test_app::hospital_folder;

/// A stop that has to break something off still takes no longer than this; real time, on a busy machine.
const STOPS_WITHIN: std::time::Duration = std::time::Duration::from_secs(20);

/// Delivers one mention after the other until nobody takes any more. Says which were answered with 200.
async fn keep_delivering(base: String, first: tokio::sync::oneshot::Sender<()>) -> BTreeSet<String> {
    let (mut taken, mut first) = (BTreeSet::new(), Some(first));
    for number in 0.. {
        let id = format!("quiet{number}");
        let line = serde_json::json!({ "id": id, "text": format!("nothing much {number}") }).to_string();
        match deliver(&base, &[line]).await {
            Ok(answer) if answer.status() == StatusCode::OK => taken.insert(id),
            Ok(_) | Err(_) => break,
        };
        if let Some(first) = first.take() {
            first.send(()).unwrap();
        }
    }
    taken
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_the_middle_of_everything_loses_nothing() {
    let folder = hospital_folder();
    let mut office = PostOffice::open(Manner::Silent).await;
    mail_by(folder.path(), &office.settings);
    let mut running = Running::start(folder.path(), |_| {});
    let (first, begun) = tokio::sync::oneshot::channel();
    let delivering = tokio::spawn(keep_delivering(running.base.clone(), first));
    let sign_in = reqwest::Client::new().post(running.url("/sign-in")).form(&[("email", "ana@riverside.example")]);
    assert_eq!(sign_in.send().await.unwrap().status(), StatusCode::OK);
    let under_way = office.letter(|letter| Some(letter.id.clone())).await;
    begun.await.unwrap();
    let begun = Instant::now();
    running.signal(Signal::TERM);
    running.until("some mails and posts were broken off");
    let (status, log, _) = running.end();
    assert!(status.success() && begun.elapsed() < STOPS_WITHIN, "{status} after {:?}: {log:#?}", begun.elapsed());
    assert!(log.iter().any(|line| line.contains("Holdline has stopped")));
    let taken = delivering.await.unwrap();
    let db = Connection::open(folder.path().join("holdline.db")).unwrap();
    let stored: BTreeSet<String> = {
        let mut statement = db.prepare("select foreign_id from mentions").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    assert!(
        !taken.is_empty() && taken.is_subset(&stored),
        "{:?} were answered and are not there",
        taken.difference(&stored)
    );
    // The letter's lease is over by the time it is looked at again: the clock of another start is not waited for here.
    db.execute("update outbox set claimed_until = 0 where outcome is null", []).unwrap();
    drop(db);
    let running = Running::start(folder.path(), |_| {});
    let again = office.letter(|letter| Some(letter.id.clone())).await;
    assert_eq!(again, under_way, "the same letter goes out again under the same name");
    drop(running);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_holdline_stops_at_once() {
    let folder = hospital_folder();
    mail_by(folder.path(), &reached_at(1));
    let running = Running::start(folder.path(), |_| {});
    // Somebody who connects to the socket beside the store and says nothing holds nothing up.
    let _silent = std::os::unix::net::UnixStream::connect(folder.path().join("holdline.sock")).unwrap();
    let begun = Instant::now();
    running.signal(Signal::TERM);
    let (status, log, _) = running.end();
    assert!(status.success() && begun.elapsed() < STOPS_WITHIN / 2, "{status} after {:?}: {log:#?}", begun.elapsed());
}

/// What the service manager is told, until it is told `words`.
async fn told(manager: &tokio::net::UnixDatagram, words: &str) -> Vec<String> {
    let mut all = Vec::new();
    let wait = async {
        loop {
            let mut bytes = [0; 512];
            let length = manager.recv(&mut bytes).await.unwrap();
            all.push(String::from_utf8(bytes[..length].to_vec()).unwrap());
            if all.last().is_some_and(|said| said.contains(words)) {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("it is not told {words}"));
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_manager_hears_how_it_goes() {
    let folder = hospital_folder();
    mail_by(folder.path(), &reached_at(1));
    let socket = folder.path().join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_nonblocking(true).unwrap();
    let manager = tokio::net::UnixDatagram::from_std(manager).unwrap();
    let running = Running::start(folder.path(), |command| {
        command.env("NOTIFY_SOCKET", &socket).env("WATCHDOG_USEC", "300000").env_remove("WATCHDOG_PID");
    });
    assert_eq!(told(&manager, "READY=1").await.len(), 1, "ready is the first thing that it says");
    told(&manager, "WATCHDOG=1").await;
    told(&manager, "WATCHDOG=1").await;
    running.signal(Signal::HUP);
    told(&manager, "RELOADING=1").await;
    told(&manager, "READY=1").await;
    running.signal(Signal::TERM);
    told(&manager, "STOPPING=1").await;
    let (status, log, _) = running.end();
    assert!(status.success(), "{log:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watchdog_of_another_process_is_not_answered() {
    let folder = hospital_folder();
    mail_by(folder.path(), &reached_at(1));
    let socket = folder.path().join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_nonblocking(true).unwrap();
    let manager = tokio::net::UnixDatagram::from_std(manager).unwrap();
    let running = Running::start(folder.path(), |command| {
        command.env("NOTIFY_SOCKET", &socket).env("WATCHDOG_USEC", "300000").env("WATCHDOG_PID", "1");
    });
    told(&manager, "READY=1").await;
    running.signal(Signal::TERM);
    let said = told(&manager, "STOPPING=1").await;
    assert!(!said.iter().any(|said| said.contains("WATCHDOG=1")), "{said:?}");
    drop(running.end());
}
