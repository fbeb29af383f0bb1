//! Gross regressions alone: what must not grow grows tenfold at most, whatever the build. Figures are `cargo bench`'s.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use holdline::config::{DEFAULT, Need, Problem, load};
use holdline::core::mention::Mention;
use holdline::core::name::FeedName;
use holdline::core::query::{Matcher, Query};
use holdline::engine::Recorder;
use jiff::Timestamp;

use crate::hospital;

/// Ten times what this build of ours and the libraries' ought to show.
const TENFOLD: u32 = 10;
const POSTS: usize = 300;
const ROUNDS: usize = 5;

/// CPU time of this thread, so that the machine's other work does not count.
fn cpu(mut work: impl FnMut()) -> Duration {
    let now = || {
        std::thread::yield_now();
        let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        Duration::from_nanos(text.split_whitespace().next().unwrap().parse().unwrap())
    };
    let round = || {
        let before = now();
        work();
        now().saturating_sub(before)
    };
    std::iter::repeat_with(round).take(ROUNDS).min().unwrap()
}

fn posts(round: usize) -> Vec<Mention> {
    let text =
        "Long queues at the station this morning, and nobody says why; trains to the north are late again. #queue";
    (0..POSTS)
        .map(|id| Mention {
            id: format!("{round}-{id}"),
            title: None,
            text: format!("{text} {id}"),
            author: Some(format!("voice{id}")),
            url: None,
            language: None,
            published: None,
            reach: None,
        })
        .collect()
}

fn terms(number: usize) -> Vec<String> {
    (0..number).map(|at| format!("quay{at}")).collect()
}

fn matcher(terms: &[String]) -> Matcher {
    Matcher::new(&terms.iter().map(|term| Query::parse(term).unwrap()).collect::<Vec<_>>()).unwrap()
}

#[test]
fn a_thousand_watches_that_do_not_match_cost_little_more_than_ten() {
    let posts = posts(0);
    let cost = |number| {
        let matcher = matcher(&terms(number));
        cpu(|| posts.iter().for_each(|post| drop(black_box(matcher.matches(post)))))
    };
    let (few, many) = (cost(10), cost(1_000));
    assert!(many <= few * TENFOLD, "{few:?} with ten, {many:?} with a thousand");
}

#[test]
fn matching_keeps_within_reach_of_a_bare_automaton() {
    /// Without optimisation our part is slower than the library's by about this.
    const UNOPTIMISED: u32 = 12;
    let (posts, terms) = (posts(0), terms(1_000));
    let matcher = matcher(&terms);
    let ours = cpu(|| posts.iter().for_each(|post| drop(black_box(matcher.matches(post)))));
    let mut bare = AhoCorasick::builder();
    let bare = bare.kind(Some(AhoCorasickKind::DFA)).ascii_case_insensitive(true).build(&terms).unwrap();
    let theirs = cpu(|| {
        for post in &posts {
            black_box(bare.find_overlapping_iter(&post.text).count());
        }
    });
    assert!(ours <= theirs * UNOPTIMISED * TENFOLD, "{ours:?}, and a bare automaton {theirs:?}");
}

/// The whole shipped library, and the reference as its main file.
fn library() -> tempfile::TempDir {
    let (folder, root) = (tempfile::tempdir().unwrap(), Path::new(env!("CARGO_MANIFEST_DIR")));
    let mut copies = vec![(root.join("playbooks"), folder.path().join("playbooks"))];
    copies.push((root.join("templates/statements"), folder.path().join("templates/statements")));
    while let Some((from, to)) = copies.pop() {
        fs::create_dir_all(&to).unwrap();
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            let target = to.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                copies.push((entry.path(), target));
            } else {
                fs::copy(entry.path(), target).unwrap();
            }
        }
    }
    // What some of the library's playbooks ask beside the usual roles; not all of it is written in Spanish.
    let roles = "roles:\n  incident-commander: [fay, eve]\n  incident-deputy: [eve, fay]\n";
    let main = DEFAULT.replacen("roles:\n", roles, 1).replacen("languages: [en, es]", "languages: [en]", 1);
    fs::write(folder.path().join("holdline.yaml"), main).unwrap();
    fs::write(folder.path().join("audit-key"), "an audit key of the tests, which is long enough").unwrap();
    folder
}

#[test]
fn the_whole_library_is_checked_at_once() {
    /// What it may take as it is released.
    const CHECK: Duration = Duration::from_millis(200);
    let folder = library();
    let told = |problems: Vec<Problem>| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let cost = cpu(|| drop(black_box(load(folder.path(), Need::Check).map_err(told).unwrap())));
    assert!(cost <= CHECK * TENFOLD, "{cost:?}");
}

#[test]
fn a_mention_costs_the_same_in_an_old_store() {
    const OLD_BATCHES: usize = 100;
    let folder = tempfile::tempdir().unwrap();
    let salts = Box::new(|salt: &mut [u8]| salt.fill(7));
    let now: Timestamp = "2026-11-22T14:00:00Z".parse().unwrap();
    let path = folder.path().join("holdline.db");
    let mut recorder =
        Recorder::open(&path, b"cost key", salts, hospital::standing(), hospital::watches(), now).unwrap();
    let mut round = 0;
    let mut take_in = || {
        round += 1;
        let posts = posts(round);
        recorder.commit_one(now, |work| work.take_in(&"listening".into(), &posts)).unwrap();
    };
    let young = cpu(&mut take_in);
    (0..OLD_BATCHES).for_each(|_| take_in());
    let old = cpu(&mut take_in);
    assert!(old <= young * TENFOLD, "{young:?} in a young store, {old:?} in an old one");
}

#[test]
fn an_outage_of_ten_thousand_feeds_costs_each_of_them_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let now: Timestamp = "2026-11-22T14:00:00Z".parse().unwrap();
    let cost = |failing: usize| {
        let salts = Box::new(|salt: &mut [u8]| salt.fill(7));
        let path = folder.path().join(format!("{failing}.db"));
        let mut recorder =
            Recorder::open(&path, b"cost key", salts, hospital::standing(), hospital::watches(), now).unwrap();
        let mut fail = |feeds: std::ops::Range<usize>| {
            let feeds = feeds.map(|number| FeedName::from(format!("feed-{number}")));
            recorder.commit_one(now, |work| feeds.clone().try_for_each(|feed| work.feed_fails(&feed))).unwrap();
        };
        fail(0..failing);
        let mut next = failing;
        cpu(|| {
            fail(next..next + 200);
            next += 200;
        })
    };
    let (few, many) = (cost(10), cost(10_000));
    assert!(many <= few * TENFOLD, "{few:?} beside ten that fail, {many:?} beside ten thousand");
}

#[test]
fn a_month_of_minutes_is_tested_within_its_share_of_a_year() {
    /// What a year may take, and the month's share of it.
    const YEAR: Duration = Duration::from_secs(2);
    const MONTHS: u32 = 12;
    /// Without optimisation our part is slower by about this.
    const UNOPTIMISED: u32 = 12;
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in holdline::config::sample() {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::write(folder.path().join("audit-key"), "an audit key of the tests, which is long enough").unwrap();
    let start: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    let row = |minute: i64| format!("{},{}\n", start + jiff::SignedDuration::from_mins(minute), minute % 7 / 6);
    let rows: String = (0..365 * 120).map(row).collect();
    fs::write(folder.path().join("month.csv"), format!("timestamp,value\n{rows}")).unwrap();
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_holdline"));
    let arguments = ["backtest", "breach", "--history", "month.csv", "--json"];
    let output = program.args(arguments).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let took = children_cpu();
    assert!(took <= YEAR / MONTHS * UNOPTIMISED * TENFOLD, "{took:?}");
}

/// User and system time of this process's ended children, as the kernel counts it in hundredths of a second.
fn children_cpu() -> Duration {
    let text = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[13..15].iter().map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(10 * ticks)
}
