//! The file feed: JSONTestSuite, blns, xss-payload-list, template-injection and unicode.json as lines of JSON and rows of
//! CSV, each between two valid neighbours, which are taken.

use std::fs;
use std::path::Path;

use holdline::feed::file::{FileFeed, FileSettings};
use jiff::Timestamp;
use serde_json::json;

use super::{Meter, files_below, hostile, payloads};

/// Inputs of one file.
const CHUNK: usize = 200;

/// The mentions' texts and the refusals of a whole file.
fn read(meter: &mut Meter, path: &Path, bytes: &[u8]) -> (Vec<String>, Vec<String>) {
    fs::write(path, bytes).unwrap();
    let settings = FileSettings { path: path.to_owned(), replay: None, follow: Some(true) };
    let feed = FileFeed::new(&settings).unwrap();
    let (mut texts, mut refused, mut cursor) = (Vec::new(), Vec::new(), None);
    loop {
        let look = meter.run("a look at a file", || feed.look(cursor.as_deref(), Timestamp::UNIX_EPOCH)).unwrap();
        texts.extend(look.batch.mentions.into_iter().map(|mention| mention.text));
        refused.extend(look.batch.refused);
        if cursor == look.batch.cursor {
            return (texts, refused);
        }
        cursor = look.batch.cursor;
    }
}

fn clear(refused: &[String]) {
    for refusal in refused {
        assert!(refusal.len() < 1024 && !refusal.chars().any(char::is_control), "{refusal:?}");
    }
}

fn strings(folder: &Path) -> Vec<String> {
    payloads::sample(folder, 1)
}

#[test]
fn every_string_is_a_line_of_json() {
    let Some(folder) = hostile() else { return };
    let mut meter = Meter::of("every set of strings as lines of JSON in a file");
    let home = tempfile::tempdir().unwrap();
    for some in strings(&folder).chunks(CHUNK) {
        let lines: Vec<String> = some.iter().map(|text| json!({ "text": text, "title": "t" }).to_string()).collect();
        let valid = r#"{"text":"a neighbour"}"#;
        let file = lines.join(&format!("\n{valid}\n")) + "\n";
        let (texts, refused) = read(&mut meter, &home.path().join("a.jsonl"), file.as_bytes());
        clear(&refused);
        assert_eq!(texts.iter().filter(|text| *text == "a neighbour").count(), some.len() - 1);
        assert_eq!(texts.len() + refused.len(), 2 * some.len() - 1);
        for text in some.iter().filter(|text| !text.contains('\0') && !text.trim().is_empty() && text.len() < 65_536) {
            assert!(texts.contains(text), "{text:.200?}");
        }
    }
    meter.end();
}

#[test]
fn every_string_is_a_row_of_csv() {
    let Some(folder) = hostile() else { return };
    let mut meter = Meter::of("every set of strings as rows of CSV in a file");
    let home = tempfile::tempdir().unwrap();
    for some in strings(&folder).chunks(CHUNK) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["text", "title"]).unwrap();
        for text in some {
            writer.write_record([text.as_str(), "t"]).unwrap();
            writer.write_record(["a neighbour", ""]).unwrap();
        }
        let file = writer.into_inner().unwrap();
        let (texts, refused) = read(&mut meter, &home.path().join("a.csv"), &file);
        clear(&refused);
        assert_eq!(texts.iter().filter(|text| *text == "a neighbour").count(), some.len(), "{refused:?}");
        for text in some.iter().filter(|text| !text.contains('\0') && !text.trim().is_empty() && text.len() < 65_536) {
            assert!(texts.contains(text), "{text:.200?}");
        }
    }
    meter.end();
}

/// Each file as it is, in the middle of a file that is followed: it may be many lines, and none is a mention.
#[test]
fn whatever_is_no_mention_is_passed_over_and_its_neighbours_are_taken() {
    let Some(folder) = hostile() else { return };
    let mut meter = Meter::of("JSONTestSuite as lines of a file");
    let home = tempfile::tempdir().unwrap();
    for file in files_below(&folder.join("JSONTestSuite"), ".json") {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let lines =
            [b"{\"text\":\"before\"}\n".as_slice(), &fs::read(&file).unwrap(), b"\n{\"text\":\"after\"}\n"].concat();
        let (texts, refused) = read(&mut meter, &home.path().join("a.jsonl"), &lines);
        clear(&refused);
        // One of them is an object with a title, which is all that a line of a file needs.
        let titled = usize::from(name == "y_object_string_unicode.json");
        assert_eq!(
            (texts[0].as_str(), texts[1 + titled].as_str(), texts.len()),
            ("before", "after", 2 + titled),
            "{name}"
        );
        let rows = [b"text\nbefore\n".as_slice(), &fs::read(&file).unwrap(), b"\nafter\n"].concat();
        let (texts, refused) = read(&mut meter, &home.path().join("a.csv"), &rows);
        clear(&refused);
        assert_eq!(texts.first().map(String::as_str), Some("before"), "{name}");
    }
    meter.end();
}
