//! The sets of hostile strings, read from their folders.

use std::fs;
use std::path::Path;

use serde_json::Value;

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The big list of naughty strings.
pub(super) fn blns(hostile: &Path) -> Vec<String> {
    let list = json(&hostile.join("blns/blns.json"));
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// Thousands of lines, each a script or a tag that would run somewhere.
pub(super) fn xss(hostile: &Path) -> Vec<String> {
    let bytes = fs::read(hostile.join("xss-payload-list/Intruder/xss-payload-list.txt")).unwrap();
    String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect()
}

/// Texts that a template engine would carry out.
pub(super) fn template_injection(hostile: &Path) -> Vec<String> {
    let files = super::files_below(&hostile.join("generated/template-injection"), ".txt");
    files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

/// Invisible, turned and look-alike characters. Two entries are bytes in hexadecimal, which are no text at all.
pub(super) fn unicode(hostile: &Path) -> Vec<String> {
    let table = json(&hostile.join("generated/unicode.json"));
    table.as_object().unwrap().values().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// A sample of every set, for doors where each input costs more: the small sets whole, every nth of the large one.
pub(crate) fn sample(hostile: &Path, every: usize) -> Vec<String> {
    let mut all = [blns(hostile), template_injection(hostile), unicode(hostile)].concat();
    all.extend(xss(hostile).into_iter().step_by(every));
    all
}
