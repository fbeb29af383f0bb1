//! P1: boolean queries against a bare automaton of the same terms, ripgrep, and a loop of one regex a term.

use std::fs;
use std::hint::black_box;
use std::process::Command;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use holdline::core::mention::Mention;
use holdline::core::query::{Matcher, Query};

use super::machine::{children_cpu, has};
use super::posts::{Kind, Words, queries};
use super::table::{Goal, Table};
use super::turns::{by_turns, rate, time};

const POSTS: usize = 300_000;
const ROUNDS: usize = 5;
/// A loop over a thousand regexes reads no more than this in reasonable time.
const POSTS_FOR_LOOPS: usize = 2_000;
const POSTS_FOR_PYTHON: usize = 100;
const TERMS: usize = 1_000;
const BARE: &str = "bare automaton";

/// One regex a term, as ElastAlert and its like do it.
const PYTHON: &str = "
import re, sys, time
posts = open(sys.argv[1]).read().split('\\n')[:int(sys.argv[3])]
terms = [re.compile(r'\\b' + re.escape(t) + r'\\b', re.I) for t in open(sys.argv[2]).read().split('\\n')]
begin = time.process_time()
hits = sum(1 for p in posts for t in terms if t.search(p))
print(time.process_time() - begin)
";

pub(crate) fn matcher(terms: &[String]) -> Matcher {
    let queries: Vec<Query> = queries(terms).iter().map(|query| Query::parse(query).unwrap()).collect();
    Matcher::new(&queries).unwrap()
}

pub(crate) fn measure(table: &mut Table) {
    let words = Words::new();
    let usual = words.posts(POSTS, Kind::Usual);
    for number in [10, 100, 1_000, 10_000] {
        let goal = if number == TERMS { Goal::Ratio(0.8) } else { Goal::Shown };
        against_bare(table, &format!("{number} terms"), &words.terms(number, false), &usual, goal);
    }
    let terms = words.terms(TERMS, false);
    against_ripgrep(table, &terms, &usual);
    against_loops(table, &terms, &usual);
    let tagged = words.terms(TERMS, true);
    against_bare(table, "1,000 terms, a quarter of them tags", &tagged, &usual, Goal::Ratio(0.8));
    for (kind, what) in [
        (Kind::Plain, "1,000 terms, posts of ASCII words alone"),
        (Kind::ManyTags, "1,000 terms, posts with four tags each"),
        (Kind::NotAscii, "1,000 terms, posts none of which is ASCII"),
    ] {
        against_bare(table, what, &terms, &words.posts(POSTS, kind), Goal::Ratio(0.8));
    }
    let posts = words.posts(POSTS, Kind::ManyTags);
    against_bare(table, "1,000 terms with tags, posts with four tags each", &tagged, &posts, Goal::Ratio(0.8));
}

fn against_bare(table: &mut Table, what: &str, terms: &[String], posts: &[Mention], goal: Goal) {
    let matcher = matcher(terms);
    let bare =
        AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).ascii_case_insensitive(true).build(terms).unwrap();
    let mut ours = || posts.iter().for_each(|post| drop(black_box(matcher.matches(post))));
    let mut theirs = || {
        for post in posts {
            black_box(bare.find_overlapping_iter(&post.text).count());
        }
    };
    let took = by_turns(ROUNDS, &mut [&mut ours, &mut theirs]);
    let rates: Vec<f64> = took.iter().map(|took| rate(posts.len(), took.cpu) / 1_000.0).collect();
    table.against(what, "k/s", rates[0], (BARE, rates[1]), goal);
}

fn against_ripgrep(table: &mut Table, terms: &[String], posts: &[Mention]) {
    if !has("rg") {
        return table.not_run("ripgrep is not installed (Debian: ripgrep)");
    }
    let folder = tempfile::tempdir().unwrap();
    let (texts, patterns) = written(&folder, terms, posts);
    let matcher = matcher(terms);
    let ours = time(|| posts.iter().for_each(|post| drop(black_box(matcher.matches(post)))));
    let before = children_cpu();
    let found = Command::new("rg").args(["-F", "-i", "-c", "-f", &patterns, &texts]).output().unwrap();
    assert!(found.status.success(), "{found:?}");
    let theirs = rate(posts.len(), children_cpu().saturating_sub(before)) / 1_000.0;
    let ours = rate(posts.len(), ours.cpu) / 1_000.0;
    table.against("1,000 terms", "k/s", ours, ("rg -F -i -c", theirs), Goal::Ratio(5.0));
}

fn against_loops(table: &mut Table, terms: &[String], posts: &[Mention]) {
    let matcher = matcher(terms);
    let ours = time(|| posts.iter().for_each(|post| drop(black_box(matcher.matches(post)))));
    let ours = rate(posts.len(), ours.cpu) / 1_000.0;
    let regexes: Vec<regex::Regex> =
        terms.iter().map(|term| regex::Regex::new(&format!(r"(?i)\b{}\b", regex::escape(term))).unwrap()).collect();
    let few = &posts[..POSTS_FOR_LOOPS];
    let looped = time(|| {
        for post in few {
            black_box(regexes.iter().filter(|regex| regex.is_match(&post.text)).count());
        }
    });
    let rust = rate(few.len(), looped.cpu) / 1_000.0;
    table.against("1,000 terms", "k/s", ours, ("a regex a term, Rust", rust), Goal::Shown);
    if !has("python3") {
        return table.not_run("a regex a term in Python (python3 is not installed)");
    }
    let folder = tempfile::tempdir().unwrap();
    let (texts, patterns) = written(&folder, terms, &posts[..POSTS_FOR_PYTHON]);
    let said = Command::new("python3")
        .args(["-c", PYTHON, &texts, &patterns, &POSTS_FOR_PYTHON.to_string()])
        .output()
        .unwrap();
    let seconds: f64 = String::from_utf8(said.stdout).unwrap().trim().parse().unwrap();
    let python = f64::from(u32::try_from(POSTS_FOR_PYTHON).unwrap()) / seconds / 1_000.0;
    table.against("1,000 terms", "k/s", ours, ("a regex a term, Python", python), Goal::Ratio(1_000.0));
}

/// Posts and terms as files, one a line.
fn written(folder: &tempfile::TempDir, terms: &[String], posts: &[Mention]) -> (String, String) {
    let texts = folder.path().join("posts.txt");
    let patterns = folder.path().join("terms.txt");
    fs::write(&texts, posts.iter().map(|post| post.text.as_str()).collect::<Vec<_>>().join("\n")).unwrap();
    fs::write(&patterns, terms.join("\n")).unwrap();
    (texts.to_string_lossy().into_owned(), patterns.to_string_lossy().into_owned())
}
