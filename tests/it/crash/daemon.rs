//! `kill -9` of the whole program: between mail and settlement, poll and commit, intent and outcome, inside a group of jobs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use holdline::config::SAMPLE_KEY_FILE;
use holdline::crash::Point;
use holdline::store::Reader;
use rusqlite::Connection;
use tempfile::TempDir;

use super::child::{Child, End, Part, passed};
use super::daemon_child::{EXPORT, LETTERS, MENTIONS, public};
use super::points::{OF_THE_DAEMON, are_there};
use super::verdict::Tally;
use super::{sink, world};
use crate::test_app::hospital_folder;

/// Lines in the file that is polled.
const EXPORTED: usize = 3;
/// A mail under way when the process died may come once more, under the same name.
const UNDER_WAY_MAX: usize = 16;
/// Passes of a point that come in every run.
const PASSES_MAX: usize = 200;

fn folder() -> TempDir {
    let folder = hospital_folder();
    let path = folder.path().join("holdline.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let with_export = format!("feeds:\n  export: {{ file: {{ path: {EXPORT}, follow: true }} }}");
    fs::write(path, text.replacen("feeds:", &with_export, 1)).unwrap();
    let lines: Vec<_> = (0..EXPORTED).map(|nth| format!("{{\"id\":\"e{nth}\",\"text\":\"quiet talk\"}}\n")).collect();
    fs::write(folder.path().join(EXPORT), lines.concat()).unwrap();
    folder
}

fn run(folder: &Path, dies_at: Option<(Point, usize)>) -> End {
    Child { part: Part::Daemon, folder, dies_at, retries: false, under: vec![] }.run()
}

fn count(db: &Connection, sql: &str) -> usize {
    let count: i64 = db.query_row(sql, [], |row| row.get(0)).unwrap();
    usize::try_from(count).unwrap()
}

/// Events of each kind that people were told about must be in the record, and no more than one beyond them.
fn is_all_there(folder: &Path) {
    let copy = super::reference::folder();
    for file in world::store_files(folder) {
        if file.exists() {
            fs::copy(&file, copy.path().join(file.file_name().unwrap())).unwrap();
        }
    }
    let said = fs::read_to_string(world::log(folder)).unwrap();
    let told = |line: &str| said.lines().filter(|found| found.starts_with(line)).count();
    let store = world::store(copy.path());
    let db = Connection::open(&store).unwrap();
    if db.prepare("select 1 from events").is_err() {
        assert_eq!(told("took ") + told("did "), 0);
        return;
    }
    let taken: BTreeSet<_> = said.lines().filter_map(|line| line.strip_prefix("took ")).collect();
    for id in taken {
        let sql = format!("select count(*) from mentions where feed = 'listening' and foreign_id = '{id}'");
        assert_eq!(count(&db, &sql), 1, "{id}");
    }
    let kind = |kind: &str| {
        count(&db, &format!("select count(*) from events where json_extract(header, '$.kind') = '{kind}'"))
    };
    for (line, event) in [
        ("did /incident/1/verify", "verified"),
        ("did /incident/1/claim", "claimed"),
        ("did /incident/1/fact", "fact_confirmed"),
        ("did /a", "decision_taken"),
        ("did /incident/1/statement/holding/posted", "posted_by_hand"),
        ("signed-in", "signed_in"),
        ("did /sign-out", "signed_out"),
    ] {
        let (told, found) = (told(line), kind(event));
        // Each death may have cut off one answer.
        let deaths = told_deaths(&said);
        assert!((told..=told + deaths).contains(&found), "{line}: {told} told, {found} recorded");
    }
    drop(db);
    let key = fs::read(folder.join(SAMPLE_KEY_FILE)).unwrap();
    Reader::new(&store).verify(&key, |_| {}).unwrap();
}

fn told_deaths(said: &str) -> usize {
    said.lines().filter(|line| line.starts_with("died")).count()
}

/// Every mail that is settled as sent was taken by the mail server, under one name.
fn every_mail_went_out(folder: &Path, deaths: usize) {
    let db = Connection::open(world::store(folder)).unwrap();
    let sql = "select incident || '.' || number || '.' || place from outbox where outcome = 'sent'";
    let mut statement = db.prepare(sql).unwrap();
    let sent: BTreeSet<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let letters = sink::arrived(&folder.join(LETTERS));
    let mut by_id: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for letter in &letters {
        let effect = letter.id.split('.').take(3).collect::<Vec<_>>().join(".");
        by_id.entry(effect).or_default().insert(letter.to.clone());
    }
    for effect in &sent {
        assert!(by_id.contains_key(effect), "the mail {effect} is settled and never came");
    }
    assert!(by_id.values().all(|to| to.len() == 1), "one name, several people: {by_id:?}");
    assert!(letters.len() <= by_id.len() + deaths * UNDER_WAY_MAX, "{} letters, {} names", letters.len(), by_id.len());
}

/// Dies at each of `deaths`, one process after another, and then comes to the end.
fn survives(deaths: &[(Point, usize)]) {
    let folder = folder();
    for &death in deaths {
        assert_eq!(run(folder.path(), Some(death)), End::Killed, "{death:?}");
        let died = fs::read_to_string(world::log(folder.path())).unwrap() + "died\n";
        fs::write(world::log(folder.path()), died).unwrap();
        is_all_there(folder.path());
    }
    ends_well(&folder, deaths.len());
}

fn ends_well(folder: &TempDir, deaths: usize) {
    assert_eq!(run(folder.path(), None), End::Finished);
    is_all_there(folder.path());
    every_mail_went_out(folder.path(), deaths);
    assert_eq!(public(folder.path()), 1, "the staff's board has it once");
    let db = Connection::open(world::store(folder.path())).unwrap();
    assert_eq!(count(&db, "select count(*) from mentions"), MENTIONS + EXPORTED);
    let counted = "select sum(count) from counts where watch = 'breach'";
    assert_eq!(count(&db, counted), MENTIONS, "each mention counts once");
    assert_eq!(count(&db, "select count(distinct incident) from events where incident > 0"), 1);
}

/// How often a point is passed differs from run to run, most where the loops only look; its last passes may not come.
fn passes(point: Point, times: usize) -> BTreeSet<usize> {
    let times = times.min(PASSES_MAX);
    let tried = if OF_THE_DAEMON.contains(&point) { vec![1, times / 2, times * 3 / 4] } else { vec![times / 2] };
    tried.into_iter().map(|nth| nth.max(1)).filter(|_| times > 0).collect()
}

#[test]
fn a_death_of_the_whole_program_at_any_point_loses_nothing_and_doubles_nothing() {
    if !are_there() {
        return;
    }
    let folder = folder();
    ends_well(&folder, 0);
    let mut tally = Tally::default();
    let mut never = Vec::new();
    let passed = passed(folder.path());
    for &point in Point::ALL {
        let times = passed[&point];
        if times == 0 {
            never.push(point);
        }
        for nth in passes(point, times) {
            tally.try_one(|| format!("the program dies at {} ({nth})", point.name()), || survives(&[(point, nth)]));
        }
    }
    // A look-up comes only after an outcome was lost.
    never.retain(|point| OF_THE_DAEMON.contains(point));
    assert_eq!(never, [Point::LookingUp, Point::LookedUp], "points that the program never passes");
    for lost in [Point::PostIntended, Point::FileWritten, Point::PostCalled] {
        for looking in [Point::LookingUp, Point::LookedUp] {
            let label = || format!("the program dies at {} and then at {}", lost.name(), looking.name());
            tally.try_one(label, || survives(&[(lost, 1), (looking, 1)]));
        }
    }
    tally.close("kill -9 of the whole program at crash points");
}
