//! What is printed: log lines and the output of `try query`, with blns, xss-payload-list, template-injection and
//! unicode.json in them. One line each, and nothing that a terminal would act on.

use std::fs;
use std::io::{self, Write};
use std::process::Command;
use std::sync::{Arc, Mutex};

use holdline::cli::log::Lines;
use holdline::core::statement::hidden_character;

use super::{Meter, hostile, payloads};

/// Every nth of the largest set is logged here.
const EVERY: usize = 20;

#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_event_is_one_line_whatever_it_says() {
    let Some(folder) = hostile() else { return };
    let mut meter = Meter::of("a sample of every set in the log");
    for text in payloads::sample(&folder, EVERY) {
        let paper = Paper::default();
        let writer = paper.clone();
        let subscriber = tracing_subscriber::fmt().with_writer(move || Lines(writer.clone())).with_ansi(false).finish();
        tracing::subscriber::with_default(subscriber, || {
            meter.run(&text, || {
                paper.0.lock().unwrap().clear();
                tracing::warn!(said = %text, why = ?text, plain = text, "{text}");
            });
        });
        let printed = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
        let line = printed.strip_suffix('\n').unwrap_or_else(|| panic!("{text:?}: {printed:?}"));
        assert!(!line.contains('\n') && hidden_character(line).is_none(), "{text:?}: {line:?}");
    }
    meter.end();
}

#[test]
fn try_query_prints_nothing_that_a_terminal_would_act_on() {
    let Some(folder) = hostile() else { return };
    let home = tempfile::tempdir().unwrap();
    let all = payloads::sample(&folder, 1);
    let plain: String = all.iter().map(|text| text.replace('\n', " ") + "\n").collect();
    fs::write(home.path().join("a.txt"), plain).unwrap();
    let lines: String = all
        .iter()
        .map(|text| serde_json::json!({ "id": text, "text": text, "author": text }).to_string() + "\n")
        .collect();
    fs::write(home.path().join("a.jsonl"), lines + "{\"\u{1b}[2J\": 1}\n\u{1b}]0;x\u{7}\n").unwrap();
    for (query, file) in
        [("alert OR a* OR NOT zzz OR from:x", "a.txt"), ("script OR on* OR ab", "a.jsonl"), ("\u{1b}[2J (", "a.txt")]
    {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdline"));
        let output = command.args(["try", "query", query, file]).current_dir(home.path()).output().unwrap();
        assert!(output.status.code().is_some(), "it was ended by a signal");
        for text in [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()) {
            for line in text.lines() {
                assert!(hidden_character(line).is_none(), "{query}: {line:?}");
            }
        }
    }
}
