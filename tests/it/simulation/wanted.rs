//! What must have happened in every run, so that the simulation cannot silently go idle.

use super::coverage::Coverage;

const WANTED: &[&str] = &["event: opened"];

pub(super) fn check(coverage: &Coverage) {
    let missing: Vec<_> = WANTED.iter().filter(|what| coverage.of(what) == 0).collect();
    assert!(missing.is_empty(), "these never happened: {missing:?}");
}
