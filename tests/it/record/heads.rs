//! Mailed heads: what an insider with the real key can do to the file is found with the mail that was kept elsewhere.

use std::fs;
use std::path::Path;
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use holdline::mail::Captured;
use holdline::store::{InstallationEvent, Writer};
use jiff::SignedDuration;

use super::{KEY, change, now, salts, says};
use crate::test_app::TestApp;

/// Lets the time for a head come, and saves its mail as a mail program would: whole, and as copied text.
async fn mailed(app: &TestApp, name: &str) -> u64 {
    let already = app.mailbox.all().last().map_or(0, |letter| letter.number);
    app.clock.set(app.clock.now() + SignedDuration::from_hours(6));
    let wanted = |letter: &Captured| letter.letter.to == "it@riverside.example" && letter.number > already;
    app.mailbox.wait_for(wanted, Duration::from_secs(20)).await.expect("no head was mailed");
    app.settle().await;
    let letter = app.mailbox.to("it@riverside.example").last().cloned().unwrap();
    fs::write(app.file(&format!("{name}.eml")), &letter.mime).unwrap();
    let quoted: Vec<String> = letter.letter.text.lines().map(|line| format!("> {line}")).collect();
    fs::write(app.file(&format!("{name}.txt")), quoted.join("\r\n")).unwrap();
    letter.letter.text.split("entry:").nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap()
}

/// Cuts the record after this entry, as somebody with the audit key can: the head's row is made to fit.
fn cut_as_an_insider(store: &Path, after: u64) {
    let db = rusqlite::Connection::open(store).unwrap();
    let mac: Vec<u8> =
        db.query_row("select mac from events where seq = ?1", [after.cast_signed()], |row| row.get(0)).unwrap();
    let mut seal = Hmac::<sha2::Sha256>::new_from_slice(KEY).unwrap();
    seal.update(b"holdline head row 1");
    seal.update(&after.to_be_bytes());
    seal.update(&mac);
    let seal = seal.finalize().into_bytes().to_vec();
    db.execute("delete from events where seq > ?1", [after.cast_signed()]).unwrap();
    db.execute("update head set seq = ?1, seal = ?2", (after.cast_signed(), seal)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_by_somebody_with_the_key_shows_against_the_mail_and_since_when() {
    let mut app = TestApp::start().await;
    let folder = app.file("");
    app.spike(6).await;
    let first = mailed(&app, "first").await;
    app.spike(3).await;
    app.sign_in("ana").await;
    app.sign_in("ben").await;
    let second = mailed(&app, "second").await;
    assert!(first + 3 < second, "{first} {second}");
    for ending in ["eml", "txt"] {
        let (one, other) = (format!("first.{ending}"), format!("second.{ending}"));
        let text = says(&folder, &["audit", "verify", "--head", &other, "--head", &one], 0);
        assert!(text.contains(&format!("is in it: entry {first} (first.{ending})")), "{text}");
        assert!(text.contains(&format!("is in it: entry {second} (second.{ending})")), "{text}");
    }
    app.stop().await;
    cut_as_an_insider(&app.file("holdline.db"), second - 2);
    assert!(says(&folder, &["audit", "verify"], 0).contains("The record holds"), "from inside it does not show");
    let text = says(&folder, &["audit", "verify", "--head", "first.eml", "--head", "second.eml"], 1);
    assert!(text.contains("the end of the record was cut off"), "{text}");
    assert!(text.contains(&format!("was entry {second}; the record ends at entry {}", second - 2)), "{text}");
    assert!(
        text.contains(&format!("The last mailed head that still fits is that of entry {first}, 2026-11-22 20:0")),
        "{text}"
    );
}

#[test]
fn a_record_written_anew_with_the_key_is_not_the_one_that_was_mailed() {
    let folder = super::folder();
    let path = folder.path();
    let store = path.join("holdline.db");
    let write = |word: &str| {
        let _gone = fs::remove_file(&store);
        let mut writer = Writer::open(&store, KEY, salts(), |_| Ok(())).unwrap();
        for number in 0..6 {
            let version = if number < 3 { "the same".to_owned() } else { format!("{word} {number}") };
            let event = InstallationEvent::Started { version };
            writer.commit(|batch| batch.append_installation(&event, now()).map(drop)).unwrap();
        }
        writer.commit(|batch| Ok(batch.signed_head(now()))).unwrap()
    };
    let head = write("true");
    let text = format!(
        "entry:      {}\ntime:       03:00 UTC ({})\nchain:      {}\nsignature:  {}\npublic key: {}\n",
        head.seq,
        now(),
        head.mac,
        head.signature,
        head.public_key
    );
    fs::write(path.join("head.txt"), &text).unwrap();
    says(path, &["audit", "verify", "--head", "head.txt"], 0);
    write("false");
    says(path, &["audit", "verify"], 0);
    let refused = says(path, &["audit", "verify", "--head", "head.txt"], 1);
    assert!(refused.contains("the record was written anew. Entry 6 is not the one"), "{refused}");
    // A head that is not one, was changed, or is another installation's proves nothing, and says so.
    let says_of = |text: &str, sentence: &str| {
        fs::write(path.join("other.txt"), text).unwrap();
        let said = says(path, &["audit", "verify", "--head", "other.txt"], 2);
        assert!(said.contains(sentence), "{said}");
    };
    says_of("nothing of the kind", "holds no head");
    says_of(&text.replace("entry:      6", "entry:      5"), "does not bear its own signature");
    let mut other = holdline::store::Chain::new(b"the key of another installation");
    other.append("{}");
    let other = other.sign_head(now().as_millisecond());
    let text = text.replace(&head.mac, &other.mac).replace(&head.signature, &other.signature);
    let text = text.replace(&head.public_key, &other.public_key).replace("entry:      6", "entry:      1");
    says_of(&text, "which is none of this record's keys");
    says_of("", "holds no head");
}

#[test]
fn a_cut_before_a_new_key_shows_against_a_head_that_the_new_key_signed() {
    let folder = super::folder();
    let path = folder.path();
    let store = path.join("holdline.db");
    super::write_entries(&store, 3, 1);
    let old = fs::read(&store).unwrap();
    says(path, &["audit", "rotate-key"], 0);
    let key = fs::read_to_string(path.join("audit-key")).unwrap();
    let keys = holdline::store::Keys::new(key.trim_end().as_bytes()).with_previous(KEY);
    let mut writer = Writer::open(&store, keys, salts(), |_| Ok(())).unwrap();
    let head = writer.commit(|batch| Ok(batch.signed_head(now()))).unwrap();
    drop(writer);
    let text = format!(
        "entry: {}\ntime: 03:00 UTC ({})\nchain: {}\nsignature: {}\npublic key: {}\n",
        head.seq,
        now(),
        head.mac,
        head.signature,
        head.public_key
    );
    fs::write(path.join("head.txt"), text).unwrap();
    fs::write(path.join("old-key"), KEY).unwrap();
    let verify =
        ["audit", "verify", "--store", "holdline.db", "--key", "audit-key", "--key", "old-key", "--head", "head.txt"];
    says(path, &verify, 0);
    fs::write(&store, old).unwrap();
    assert!(says(path, &verify, 1).contains("the end of the record was cut off"));
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_of_before_a_new_key_stay_good() {
    let mut app = TestApp::start().await;
    let folder = app.file("");
    mailed(&app, "before").await;
    app.stop().await;
    let text = says(&folder, &["audit", "rotate-key"], 0);
    let name = text.split("{ file: ").nth(1).unwrap().split(" }").next().unwrap();
    let yaml = fs::read_to_string(app.file("holdline.yaml")).unwrap();
    let yaml = yaml.replace("audit: { key:", &format!("audit: {{ previous: [{{ file: {name} }}], key:"));
    fs::write(app.file("holdline.yaml"), yaml).unwrap();
    app.run().await;
    mailed(&app, "after").await;
    app.stop().await;
    says(&folder, &["audit", "verify", "--head", "before.eml", "--head", "after.eml"], 0);
    change(&app.file("holdline.db"), "delete from head");
    says(&folder, &["audit", "verify", "--head", "before.eml", "--head", "after.eml"], 1);
}
