//! Heads that were mailed: read from the saved mail or its text, and held against the record.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use mail_parser::MessageParser;

use super::moment;
use crate::store::{Audit, Keys, SignedHead, StoredEvent, fingerprint};

/// The largest mail that is read, in bytes.
const MAIL_BYTES_MAX: u64 = 1024 * 1024;

/// What a head says, in the order of the mail.
const LABELS: [&str; 5] = ["entry:", "time:", "chain:", "signature:", "public key:"];

/// One head, where it came from, and what stands in its place in the record.
struct Mailed {
    from: String,
    head: SignedHead,
    found: Option<String>,
}

pub(super) struct Heads(Vec<Mailed>);

/// What one head says about the record.
pub(super) enum Finding {
    Holds(String),
    Broken(String),
    /// The head is none, or none of this record.
    Useless(String),
}

impl Heads {
    /// Reads every file, the oldest head first.
    pub(super) fn read(files: &[PathBuf]) -> Result<Self, String> {
        let mut heads = Vec::new();
        for file in files {
            heads.push(Mailed { from: file.display().to_string(), head: read(file)?, found: None });
        }
        heads.sort_by_key(|mailed| mailed.head.seq);
        Ok(Self(heads))
    }

    pub(super) fn see(&mut self, entry: &StoredEvent) {
        for mailed in self.0.iter_mut().filter(|mailed| mailed.head.seq == entry.seq) {
            mailed.found = Some(hex::encode(&entry.mac));
        }
    }

    /// What each head says; where one does not fit, since when the record cannot be relied on.
    pub(super) fn compare(&self, audit: &Audit, keys: &Keys) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut holds: Option<&SignedHead> = None;
        for Mailed { from, head, found } in &self.0 {
            let (seq, at) = (head.seq, moment(head.at));
            let since = match holds {
                Some(earlier) => {
                    format!(
                        "The last mailed head that still fits is that of entry {}, {}.",
                        earlier.seq,
                        moment(earlier.at)
                    )
                }
                None => "No earlier head was given that still fits.".to_owned(),
            };
            findings.push(if !head.verifies() {
                Finding::Useless(format!(
                    "the head in {from} does not bear its own signature: it was changed, or not copied whole"
                ))
            } else if !keys.has(&head.public_key) && audit.public_key_after(seq) != Some(&head.public_key) {
                Finding::Useless(format!(
                    "the head in {from} is signed with the key {}, which is none of this record\'s keys",
                    fingerprint(&head.public_key)
                ))
            } else if seq > audit.head.seq {
                let end = audit.ends_at.map(|at| format!(" of {}", moment(at))).unwrap_or_default();
                Finding::Broken(format!(
                    "the end of the record was cut off. The head mailed on {at} ({from}) was entry {seq}; the record \
                     ends at entry {}{end}. Everything that happened after that is missing. {since}",
                    audit.head.seq
                ))
            } else if seq > 0 && found.as_ref() != Some(&head.mac) {
                Finding::Broken(format!(
                    "the record was written anew. Entry {seq} is not the one whose head was mailed on {at} ({from}), so \
                     what stands there and before it is not what happened. {since}"
                ))
            } else {
                holds = Some(head);
                Finding::Holds(format!("The head mailed on {at} is in it: entry {seq} ({from})."))
            });
        }
        findings
    }
}

fn read(file: &Path) -> Result<SignedHead, String> {
    let refuse = |why: &str| format!("{}: {why}", file.display());
    let mut bytes = Vec::new();
    let opened = File::open(file).and_then(|file| file.take(MAIL_BYTES_MAX + 1).read_to_end(&mut bytes));
    opened.map_err(|error| refuse(&format!("cannot be read: {error}")))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAIL_BYTES_MAX {
        return Err(refuse("is too large for a mail with a head"));
    }
    let plain = String::from_utf8_lossy(&bytes);
    let letter = MessageParser::default().parse(&bytes).and_then(|mail| Some(mail.body_text(0)?.into_owned()));
    let head = letter.as_deref().and_then(head_in).or_else(|| head_in(&plain));
    head.ok_or_else(|| {
        refuse("holds no head; save the mail `Holdline audit head` whole, or its text from `entry:` to the public key")
    })
}

/// The head that a letter's text holds, however a mail program quoted or wrapped it.
fn head_in(text: &str) -> Option<SignedHead> {
    let mut values: [String; LABELS.len()] = Default::default();
    let mut at = None;
    for line in text.lines() {
        let line = line.trim_start_matches(['>', ' ', '\t']).trim_end();
        match LABELS.iter().position(|label| line.to_ascii_lowercase().starts_with(label)) {
            Some(label) => {
                line[LABELS[label].len()..].trim().clone_into(&mut values[label]);
                at = Some(label);
            }
            None if line.is_empty() => at = at.filter(|label| values[*label].is_empty()),
            None => {
                if let Some(label) = at {
                    values[label].push_str(line.trim());
                }
            }
        }
    }
    let [entry, time, chain, signature, public_key] = values;
    let time = time.rsplit_once('(')?.1.trim_end_matches(')').trim().parse::<Timestamp>().ok()?;
    let word = |text: String| text.split_whitespace().collect::<String>().to_ascii_lowercase();
    Some(SignedHead {
        seq: entry.trim().parse().ok()?,
        mac: word(chain),
        at: time.as_millisecond(),
        signature: word(signature),
        public_key: word(public_key),
    })
}
