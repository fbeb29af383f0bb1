//! What the compiler refuses: each file of `tests/fixtures/types` is compiled against the library, and all but one must fail
//! for the reason that stands in its first line.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// The library as it was built for this very test, the latest where several lie there.
fn library() -> PathBuf {
    let built = env::current_exe().unwrap();
    let age = |path: &PathBuf| fs::metadata(path).and_then(|about| about.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    let files = fs::read_dir(built.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
    let named = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("libholdline-") && name.ends_with(".rlib")
    };
    files.filter(named).max_by_key(age).expect("the library lies beside its tests")
}

/// What the compiler says of a program, nothing where it takes it.
fn compile(program: &Path, into: &Path) -> Option<String> {
    let library = library();
    let output = Command::new(env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned()))
        .args(["--edition", "2024", "--crate-type", "lib", "--emit", "metadata", "--out-dir"])
        .arg(into)
        .arg("-L")
        .arg(format!("dependency={}", library.parent().unwrap().display()))
        .arg("--extern")
        .arg(format!("holdline={}", library.display()))
        .arg(program)
        .output()
        .unwrap();
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn the_compiler_refuses_a_rehearsal_with_a_live_channel() {
    if Command::new("rustc").arg("--version").output().is_err() {
        eprintln!("not run: no rustc here to ask");
        return;
    }
    let into = tempfile::tempdir().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/types");
    let mut refused = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let said = compile(&path, into.path());
        match text.lines().next().unwrap().strip_prefix("//! refused: ") {
            None => assert_eq!(said, None, "{}", path.display()),
            Some(why) => {
                let said = said.unwrap_or_else(|| panic!("{} compiles", path.display()));
                assert!(said.contains(why), "{}: {said}", path.display());
                refused += 1;
            }
        }
    }
    assert_eq!(refused, 5, "each of the files is asked about");
}
