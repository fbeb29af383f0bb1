//! P3: feeds parsed and mapped to mentions against other readers on the same documents; and what an unchanged body costs.

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;

use holdline::feed::rss::{Read, body_hash, read};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::machine::has;
use super::table::{Goal, Table};
use super::turns::{as_f64, by_turns, rate};

const ROUNDS: usize = 5;
const FEEDS: usize = 200;
pub(crate) const ENTRIES: usize = 50;
/// Feedparser reads no more than this in reasonable time.
const FEEDS_FOR_PYTHON: usize = 30;
/// Words of one entry's text; an entry then takes about 1,400 bytes.
const WORDS: usize = 170;
const VOCABULARY: &[&str] = &[
    "hospital",
    "ward",
    "closed",
    "after",
    "records",
    "patients",
    "were",
    "told",
    "by",
    "the",
    "county",
    "council",
    "on",
    "Monday",
    "nurses",
    "said",
    "that",
    "emergency",
    "room",
    "again",
    "review",
    "in",
    "a",
    "statement",
    "water",
    "of",
];

const PYTHON: &str = "
import sys, time, glob, feedparser
files = [open(f, 'rb').read() for f in sorted(glob.glob(sys.argv[1] + '/*.xml'))[:int(sys.argv[2])]]
begin = time.process_time()
entries = sum(len(feedparser.parse(f)['entries']) for f in files)
print(entries / (time.process_time() - begin))
";
const GO: &str = r#"package main

import ("bytes"; "fmt"; "os"; "path/filepath"; "syscall"; "github.com/mmcdole/gofeed")

func cpu() float64 {
	var used syscall.Rusage
	syscall.Getrusage(0, &used)
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e9
}

func main() {
	names, _ := filepath.Glob(os.Args[1] + "/*.xml")
	var files [][]byte
	for _, name := range names { body, _ := os.ReadFile(name); files = append(files, body) }
	entries, begin := 0, cpu()
	for _, body := range files {
		feed, err := gofeed.NewParser().Parse(bytes.NewReader(body))
		if err != nil { panic(err) }
		entries += len(feed.Items)
	}
	fmt.Println(float64(entries) / (cpu() - begin))
}
"#;

/// How the text of an entry is written.
#[derive(Clone, Copy)]
pub(crate) enum Prose {
    Plain,
    Html,
}

pub(crate) fn measure(table: &mut Table) {
    for (prose, what) in [(Prose::Plain, "plain text"), (Prose::Html, "HTML")] {
        let documents: Vec<Vec<u8>> = (0..FEEDS).map(|number| document(number, ENTRIES, prose)).collect();
        let mut ours = || documents.iter().for_each(|body| drop(black_box(Read::of(read(body, None, None).unwrap()))));
        let mut bare = || {
            let parser = feed_rs::parser::Builder::new().sanitize_content(false).build();
            for body in &documents {
                drop(black_box(parser.parse(body.as_slice()).unwrap()));
            }
        };
        let mut cleaning = || {
            for body in &documents {
                drop(black_box(feed_rs::parser::parse(body.as_slice()).unwrap()));
            }
        };
        let mut hashing = || {
            for body in &documents {
                black_box(body_hash(body));
            }
        };
        let took = by_turns(ROUNDS, &mut [&mut ours, &mut bare, &mut cleaning, &mut hashing]);
        let speed: Vec<f64> = took.iter().map(|took| rate(FEEDS * ENTRIES, took.cpu)).collect();
        let line = format!("{what}: entries to mentions");
        table.against(&line, "entries/s", speed[0], ("feed-rs, no cleaning", speed[1]), Goal::Ratio(0.7));
        table.against(&line, "entries/s", speed[0], ("feed-rs as it comes", speed[2]), Goal::Shown);
        let hash = took[3].cpu.as_secs_f64() * 1e6 / as_f64(FEEDS);
        let read = took[0].cpu.as_secs_f64() * 1e6 / as_f64(FEEDS);
        table.against(
            format!("{what}: an unchanged body"),
            "us",
            hash,
            ("a changed one", read),
            Goal::RatioAtMost(0.5),
        );
        let folder = tempfile::tempdir().unwrap();
        for (number, body) in documents.iter().enumerate() {
            fs::write(folder.path().join(format!("{number:03}.xml")), body).unwrap();
        }
        against_go(table, what, speed[0], folder.path());
        against_python(table, what, speed[0], folder.path());
    }
}

fn against_go(table: &mut Table, what: &str, ours: f64, folder: &Path) {
    if !has("go") {
        return table
            .not_run("P3 against gofeed: Debian's golang-go and golang-github-mmcdole-gofeed-dev are not here");
    }
    let program = folder.join("gofeed.go");
    fs::write(&program, GO).unwrap();
    let mut command = Command::new("go");
    command.arg("run").arg(&program).arg(folder).env("GO111MODULE", "off").env("GOPATH", "/usr/share/gocode");
    match figure(&mut command) {
        Some(theirs) => {
            let line = format!("{what}: entries to mentions");
            table.against(line, "entries/s", ours, ("gofeed", theirs), Goal::Ratio(4.0));
        }
        None => table.not_run("P3 against gofeed: it did not build or run; is golang-github-mmcdole-gofeed-dev here?"),
    }
}

fn against_python(table: &mut Table, what: &str, ours: f64, folder: &Path) {
    let feeds = FEEDS_FOR_PYTHON.to_string();
    match figure(Command::new("python3").args(["-c", PYTHON]).arg(folder).arg(feeds)) {
        Some(theirs) => {
            let line = format!("{what}: entries to mentions");
            table.against(line, "entries/s", ours, ("feedparser", theirs), Goal::Ratio(40.0));
        }
        None => table.not_run("P3 against feedparser: python3 with the package feedparser is not here"),
    }
}

/// The one number that a program prints.
fn figure(command: &mut Command) -> Option<f64> {
    let output = command.output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// A feed of the usual kind, half of them RSS and half Atom, always the same for the same number.
pub(crate) fn document(number: usize, entries: usize, prose: Prose) -> Vec<u8> {
    let mut rng = StdRng::seed_from_u64(number as u64);
    let is_rss = number.is_multiple_of(2);
    let mut text = if is_rss {
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>News</title>".to_owned()
    } else {
        "<?xml version=\"1.0\"?><feed xmlns=\"http://www.w3.org/2005/Atom\"><title>News</title>".to_owned()
    };
    for entry in 0..entries {
        let mut words = Vec::new();
        for place in 0..WORDS {
            let word = VOCABULARY[rng.random_range(0..VOCABULARY.len())];
            words.push(match (prose, place % 20) {
                (Prose::Html, 0) => format!("&lt;p&gt;{word}"),
                (Prose::Html, 7) => format!("&lt;a href=&quot;https://n.example/{place}&quot;&gt;{word}&lt;/a&gt;"),
                (Prose::Html, 13) => format!("{word} &amp;amp;"),
                (Prose::Html | Prose::Plain, _) => word.to_owned(),
            });
        }
        let (link, words) = (format!("https://n{number}.example/{entry}"), words.join(" "));
        if is_rss {
            write!(
                text,
                "<item><guid>{link}</guid><title>Story {entry} of {number}</title><link>{link}</link>\
                 <pubDate>Sun, 22 Nov 2026 14:05:09 GMT</pubDate><description>{words}</description></item>"
            )
        } else {
            write!(
                text,
                "<entry><id>{link}</id><title>Story {entry} of {number}</title><link href=\"{link}\"/>\
                 <updated>2026-11-22T14:05:09Z</updated><summary type=\"html\">{words}</summary></entry>"
            )
        }
        .unwrap();
    }
    text.push_str(if is_rss { "</channel></rss>" } else { "</feed>" });
    text.into_bytes()
}
