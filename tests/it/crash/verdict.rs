//! The verdict on what a broken-off story left: whatever was acknowledged is there, exactly once, and the story can be ended.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use holdline::core::incident::{IncidentPhase, PostPhase, StatementPhase};
use holdline::store::Reader;
use rusqlite::Connection;

use super::reference::{Reference, of_board, on_disk};
use super::world::{KEY, World, store};
use super::{people, posting};

/// Points that were tried, and those at which something was lost, doubled or stuck.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) tried: usize,
    bad: Vec<String>,
}

impl Tally {
    /// Tries one point; what panics in `verdict` is bad.
    pub(super) fn try_one(&mut self, label: impl Fn() -> String, verdict: impl FnOnce()) {
        self.tried += 1;
        if catch_unwind(AssertUnwindSafe(verdict)).is_err() {
            eprintln!("BAD: {}", label());
            self.bad.push(label());
        }
    }

    /// Prints the figures; nothing may be bad.
    pub(super) fn close(self, what: &str) {
        eprintln!("{what}: {} points, {} bad", self.tried, self.bad.len());
        assert!(self.tried > 0, "{what}: nothing was tried");
        assert!(self.bad.is_empty(), "{what}: {:#?}", self.bad);
    }
}

/// The store holds what was acknowledged, or that and the one job that was under way, and nothing else. Says which.
pub(super) fn what_is_there(reference: &Reference, folder: &Path) -> usize {
    let acknowledged = reference.acknowledged(folder);
    let disk = on_disk(folder);
    let may_be = acknowledged..=(acknowledged + 1).min(reference.states.len() - 1);
    let found = may_be.clone().find(|&nth| reference.states[nth].disk == disk);
    found.unwrap_or_else(|| {
        let known = reference.states.iter().position(|state| state.disk == disk);
        let expected = &reference.states[acknowledged].disk;
        let lines = disk.lines().filter(|line| !expected.lines().any(|known| known == *line)).take(5);
        let shown: Vec<_> = lines.map(|line| line.chars().take(300).collect::<String>()).collect();
        panic!("{acknowledged} acknowledged, so one of {may_be:?} should be on disk; it is {known:?}: {shown:#?}")
    })
}

/// A restart folds what is there to the same memory, and the people bring the story to its end.
pub(super) fn goes_on(reference: &Reference, folder: &Path, there: usize) {
    let mut world = World::new(folder, (reference.story.standing_then)());
    world.open();
    // A start that was broken off is done by this one.
    let expected = &reference.states[there.max(1)].board;
    assert_eq!(&of_board(&world.board()), expected, "a restart shows another board");
    ends_well(reference, &mut world);
}

fn ends_well(reference: &Reference, world: &mut World) {
    let mentions = (reference.story.mentions)();
    for batch in mentions.chunks(500) {
        // Whoever was not told that it was stored sends it again, and so does whoever was.
        world.work(|work| work.take_in(&"listening".into(), batch)).unwrap();
    }
    people::finish(world);
    let board = world.board();
    let mut texts = 0;
    for (id, entry) in board.incidents.iter() {
        let incident = &entry.incident;
        assert!(matches!(incident.phase, IncidentPhase::StoodDown { .. }), "incident {id}: {:?}", incident.phase);
        for (name, statement) in &incident.statements {
            let StatementPhase::Posted(posting) = &statement.phase else { panic!("{name}: {:?}", statement.phase) };
            let confirmed = posting.posts.values().all(|post| matches!(post, PostPhase::Confirmed { .. }));
            assert!(confirmed, "{name}: {:?}", posting.posts);
            texts += 1;
        }
    }
    let public = posting::public(world);
    let once = public.values().all(|&times| times == 1);
    assert!(once && public.len() == texts, "{texts} texts, and on the wire: {public:?}");
    let folder = world.folder.clone();
    world.close();
    in_the_tables(&store(&folder), mentions.len(), (reference.story.matching)(&mentions));
}

fn in_the_tables(store: &Path, mentions: usize, matching: usize) {
    Reader::new(store).verify(KEY, |_| {}).unwrap();
    let db = Connection::open(store).unwrap();
    let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let found = BTreeMap::from([
        ("mentions", count("select count(*) from mentions")),
        ("counted", count("select coalesce(sum(count), 0) from counts")),
        ("owed", count("select count(*) from outbox where outcome is null")),
    ]);
    let (mentions, matching) = (i64::try_from(mentions).unwrap(), i64::try_from(matching).unwrap());
    assert_eq!(found, BTreeMap::from([("mentions", mentions), ("counted", matching), ("owed", 0)]));
}
