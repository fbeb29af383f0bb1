//! C1: `holdline check` over the whole shipped library, from a cold start of the program to its last line.

use std::fs;
use std::path::Path;
use std::process::Command;

use holdline::config::DEFAULT;

use super::folder::on_disk;
use super::table::{Goal, Table};
use super::turns::by_turns;

const ROUNDS: usize = 20;
/// What it is held to, in milliseconds.
const MILLISECONDS: f64 = 200.0;

pub(crate) fn measure(table: &mut Table) {
    let (folder, root) = (on_disk(), Path::new(env!("CARGO_MANIFEST_DIR")));
    copy(&root.join("playbooks"), &folder.path().join("playbooks"));
    copy(&root.join("templates/statements"), &folder.path().join("templates/statements"));
    fs::write(folder.path().join("holdline.yaml"), DEFAULT).unwrap();
    fs::write(folder.path().join("audit-key"), "an audit key of the benchmarks, which is long enough").unwrap();
    let mut check = || {
        let output = Command::new(env!("CARGO_BIN_EXE_holdline")).arg("check").arg(folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let median = by_turns(ROUNDS, &mut [&mut check])[0].wall.as_secs_f64() * 1_000.0;
    table.alone("`holdline check`, the whole library", "ms", median, Goal::AtMost(MILLISECONDS));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
