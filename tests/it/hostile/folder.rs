//! A configuration folder with one hostile file in it, looked at as `holdline check` looks at it.

use std::fs;
use std::path::Path;

use holdline::config::{Look, Need, Problem, Weight, load, report};
use tempfile::TempDir;

use super::Meter;
use crate::test_app::hospital_folder;

pub(super) struct Folder {
    root: TempDir,
    /// The file that hostile text is put into, by its path within the folder.
    file: &'static str,
    /// What stood there before.
    before: Option<Vec<u8>>,
}

impl Folder {
    pub(super) fn with(file: &'static str) -> Self {
        let root = hospital_folder();
        let before = fs::read(root.path().join(file)).ok();
        Self { root, file, before }
    }

    pub(super) fn path(&self) -> &Path {
        self.root.path()
    }

    /// The problems of the folder, all clear, with these bytes in the file; none where it loads.
    pub(super) fn check(&self, meter: &mut Meter, name: &str, bytes: &[u8]) -> Vec<Problem> {
        fs::write(self.path().join(self.file), bytes).unwrap();
        let problems = meter.run(name, || match load(self.path(), Need::Check) {
            Ok(loaded) => loaded.warnings,
            Err(problems) => {
                assert!(problems.iter().any(|problem| problem.weight == Weight::Refused), "{name}");
                problems
            }
        });
        clear(name, &problems);
        problems
    }

    /// Those that refuse the hostile file.
    pub(super) fn refused<'a>(&self, problems: &'a [Problem]) -> Vec<&'a Problem> {
        let here = |problem: &&Problem| problem.file() == self.file && problem.weight == Weight::Refused;
        problems.iter().filter(here).collect()
    }

    /// The folder loads again once the file is what it was.
    pub(super) fn mended(self) {
        let path = self.path().join(self.file);
        match &self.before {
            Some(bytes) => fs::write(path, bytes).unwrap(),
            None => fs::remove_file(path).unwrap(),
        }
        assert!(load(self.path(), Need::Check).is_ok());
    }
}

/// Each has a place and words, and is one line that a terminal can show; so is the drawing of them all.
fn clear(name: &str, problems: &[Problem]) {
    for problem in problems {
        assert!(problem.line() > 0 && problem.column() > 0 && !problem.file().is_empty(), "{name}: {problem}");
        assert!(!problem.message.trim().is_empty() && !problem.help.trim().is_empty(), "{name}: {problem}");
        let line = problem.to_string();
        assert!(!line.chars().any(char::is_control), "{name}: {line:?}");
    }
    let mut drawn = String::new();
    report(problems, Look::Drawn, &mut drawn).unwrap();
    // Colours are ours; nothing else that moves a cursor or a title is.
    let plain = drawn.replace("\u{1b}[", "");
    let odd = plain.chars().find(|c| c.is_control() && *c != '\n');
    assert!(odd.is_none(), "{name}: {odd:?} in {drawn:?}");
}
