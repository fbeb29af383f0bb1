//! Whether the folder's files changed: by their names, sizes, times and places on the disk, without reading them.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

/// The most files that are looked at; more are never read either.
const FILES_MAX: usize = 10_000;
const DEPTH_MAX: usize = 10;

/// Two that are the same are of files that nobody changed in between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp([u8; 32]);

/// The stamp of the folder's YAML files and templates; secrets and stores are none of it.
pub fn stamp(folder: &Path) -> Stamp {
    let mut lines = Vec::new();
    collect(folder, DEPTH_MAX, &mut lines);
    lines.sort();
    Stamp(Sha256::digest(lines.join("\n")).into())
}

fn collect(folder: &Path, depth: usize, lines: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let path = entry.path();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && depth > 0 {
            collect(&path, depth - 1, lines);
        }
        let is_ours = path.extension().is_some_and(|ending| ["yaml", "yml", "hbs"].iter().any(|ours| ending == *ours));
        if is_folder || !is_ours || lines.len() >= FILES_MAX {
            continue;
        }
        // A link's target counts, not the link.
        let known = fs::metadata(&path).map(|known| (known.len(), known.mtime(), known.mtime_nsec(), known.ino()));
        lines.push(format!("{} {:?}", path.display(), known.ok()));
    }
}
