//! The fuzzer's targets on the stable compiler: every input of their corpora, the hostile sets that they read, and
//! thousands of mutations, always the same ones. `cargo fuzz run TARGET` in this repository goes on from there.

#[path = "../../fuzz/targets.rs"]
#[expect(unreachable_pub, reason = "it is a crate of its own for the fuzzer")]
mod targets;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::hostile::{self, Meter};
use targets::TARGETS;

/// Mutations of a target that costs little.
const MUTATIONS: u32 = 3_000;
/// Mutations of a target that looks at a whole folder.
const FOLDER_MUTATIONS: u32 = 60;
/// The longest input, in bytes.
const INPUT_BYTES_MAX: usize = 8 * 1024;
/// The targets that read a file of a folder.
const OF_FOLDERS: &[&str] = &["installation", "playbook"];

/// Which target drives each file that parses what people or strangers write.
const PARSERS: &[(&str, &str)] = &[
    ("src/channel/bluesky.rs", "installation"),
    ("src/channel/by_hand.rs", "installation"),
    ("src/channel/email_list.rs", "installation"),
    ("src/channel/file.rs", "installation"),
    ("src/channel/mastodon.rs", "installation"),
    ("src/channel/newsroom.rs", "installation"),
    ("src/channel/webhook.rs", "installation"),
    ("src/config/yaml.rs", "playbook"),
    ("src/core/condition.rs", "condition"),
    ("src/core/detect/false_alarms.rs", "spike"),
    ("src/core/detect/fewer_than.rs", "spike"),
    ("src/core/detect/more_than.rs", "spike"),
    ("src/core/detect/times.rs", "spike"),
    ("src/core/period.rs", "period"),
    ("src/core/playbook/fact.rs", "fact"),
    ("src/core/query/ast.rs", "query"),
    ("src/core/query/parse.rs", "query"),
    ("src/core/quiet/mod.rs", "quiet"),
    ("src/core/shown/quote.rs", "quote"),
    ("src/core/shown/visible.rs", "visible"),
    ("src/core/statement/clock.rs", "clock"),
    ("src/core/statement/edit.rs", "edit"),
    ("src/core/statement/length.rs", "length"),
    ("src/core/statement/links.rs", "links"),
    ("src/core/statement/package.rs", "package"),
    ("src/core/statement/template/mod.rs", "template"),
    ("src/core/watch.rs", "spike"),
    ("src/engine/links.rs", "token"),
    ("src/feed/bluesky.rs", "installation"),
    ("src/feed/bluesky/event.rs", "bluesky"),
    ("src/feed/file.rs", "installation"),
    ("src/feed/file/cursor.rs", "cursor"),
    ("src/feed/file/replay.rs", "speed"),
    ("src/feed/file/rows.rs", "csv"),
    ("src/feed/form/json.rs", "json"),
    ("src/feed/rss.rs", "feed"),
    ("src/feed/mastodon.rs", "installation"),
    ("src/feed/mastodon/place.rs", "mastodon"),
    ("src/feed/mastodon/status.rs", "mastodon"),
    ("src/feed/webhook.rs", "webhook_gate"),
    ("src/feed/webhook/body.rs", "webhook_body"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(root().join("fuzz/corpus").join(target)).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "the corpus of {target} is empty");
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// A generator of numbers that are the same on every machine (splitmix64, public domain).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound.max(1) as u64).unwrap()
    }

    fn stretch(&mut self, bytes: &[u8]) -> std::ops::Range<usize> {
        let from = self.below(bytes.len() + 1);
        let length = self.below((bytes.len() - from + 1).min(64));
        from..from + length
    }

    /// One change: a bit, a byte, a stretch gone, doubled or moved, a piece of another input, something odd put in.
    fn change(&mut self, bytes: &mut Vec<u8>, others: &[Vec<u8>]) {
        const ODD: &[&str] = &[
            "\n",
            "\0",
            "\u{202e}",
            "\u{200d}",
            "e\u{301}",
            "\u{feff}",
            "\u{e0041}",
            "\r\n",
            "\u{1b}[2J",
            "\"",
            "{{",
            "}}",
            "((((",
            "))))",
            "99999999999999999999",
            "-1",
            "0",
            "https://",
            "://",
            "@",
            "#",
            "*",
            "&a",
            "*a",
            "<<: ",
            "[[[[",
            ": ",
            "病院",
            "İ",
            "ß",
            "\t",
            "\\",
            "AND ",
            "NOT ",
            " NEAR/3 ",
            "0x",
            "1e9",
            "\u{10ffff}",
            "..",
            "\u{2028}",
        ];
        let stretch = self.stretch(bytes);
        match self.below(8) {
            0 if !bytes.is_empty() => {
                let at = self.below(bytes.len());
                bytes[at] ^= 1 << self.below(8);
            }
            1 if !bytes.is_empty() => {
                let at = self.below(bytes.len());
                bytes[at] = u8::try_from(self.below(256)).unwrap();
            }
            2 => drop(bytes.drain(stretch)),
            3 => {
                let again = bytes[stretch.clone()].repeat(1 + self.below(20));
                bytes.splice(stretch.end..stretch.end, again);
            }
            4 => {
                let other = &others[self.below(others.len())];
                let piece = other[self.stretch(other)].to_vec();
                bytes.splice(stretch, piece);
            }
            5 => bytes.truncate(stretch.start),
            _ => {
                let odd = ODD[self.below(ODD.len())].as_bytes();
                bytes.splice(stretch.start..stretch.start, odd.iter().copied());
            }
        }
        bytes.truncate(INPUT_BYTES_MAX);
    }
}

/// Runs one input; what it was is said where it fails.
fn drive(meter: &mut Meter, (name, run): targets::Target, input: &[u8]) {
    let shown = String::from_utf8_lossy(input);
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| meter.run(&shown, || run(input))));
    assert!(outcome.is_ok(), "{name}: {}", input.escape_ascii());
}

fn replay(name: &'static str) {
    let target = *TARGETS.iter().find(|(target, _)| *target == name).unwrap();
    let of_folder = OF_FOLDERS.contains(&name);
    let inputs = corpus(name);
    let mut meter = Meter::of(name);
    for input in inputs.iter().map(Vec::as_slice).chain([&b""[..]]) {
        drive(&mut meter, target, input);
    }
    if !of_folder && let Some(folder) = hostile::hostile() {
        let fits = |text: &String| text.len() <= INPUT_BYTES_MAX;
        for text in hostile::payloads::sample(&folder, 20).into_iter().filter(fits) {
            drive(&mut meter, target, text.as_bytes());
        }
    }
    let mut numbers = Numbers(0x686f_6c64_6c69_6e65);
    for _ in 0..if of_folder { FOLDER_MUTATIONS } else { MUTATIONS } {
        let mut input = inputs[numbers.below(inputs.len())].clone();
        for _ in 0..=numbers.below(6) {
            numbers.change(&mut input, &inputs);
        }
        drive(&mut meter, target, &input);
    }
    meter.end();
}

macro_rules! replayed {
    ($($name:ident)+) => {
        /// The names of the tests below, to compare with the targets.
        const REPLAYED: &[&str] = &[$(stringify!($name)),+];
        mod targets_hold {
            $(
                #[test]
                fn $name() {
                    super::replay(stringify!($name));
                }
            )+
        }
    };
}

replayed! {
    bluesky clock condition csv cursor edit fact feed installation json length links mastodon package period playbook query quiet
    quote speed spike template token visible webhook_body webhook_gate
}

#[test]
fn every_parser_has_a_target_and_every_target_a_corpus_a_binary_and_a_test() {
    let targets: BTreeSet<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(targets.len(), TARGETS.len());
    let names = |folder: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(root().join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect()
    };
    let owned: BTreeSet<String> = targets.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(names("fuzz/corpus"), owned);
    assert_eq!(names("fuzz/fuzz_targets"), owned);
    assert_eq!(REPLAYED.iter().copied().collect::<BTreeSet<_>>(), targets);
    let manifest = fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
    let driving: BTreeMap<&str, &str> = PARSERS.iter().copied().collect();
    for target in &targets {
        assert!(manifest.contains(&format!("name = \"{target}\"")), "{target} has no binary");
        assert!(driving.values().any(|driven| driven == target), "{target} drives no parser");
    }
    for (file, target) in &driving {
        assert!(root().join(file).is_file() && targets.contains(target), "{file}: {target}");
    }
    let parse = ["fn parse", "("].concat();
    for file in hostile::files_below(&root().join("src"), ".rs") {
        let name = file.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        let parses = fs::read_to_string(&file).unwrap().contains(&parse);
        let known = driving.contains_key(name.as_str());
        assert!(!parses || known, "{name} parses, and no target drives it");
    }
}

#[test]
fn the_same_numbers_make_the_same_mutations() {
    let made = || {
        let (mut numbers, others) = (Numbers(1), corpus("query"));
        let mut input = others[0].clone();
        (0..50).for_each(|_| numbers.change(&mut input, &others));
        input
    };
    assert_eq!(made(), made());
}
