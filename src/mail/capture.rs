//! The built-in mailbox: keeps what would have been sent. Used by demo, rehearsal and tests.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use tokio::{sync::watch, time};

use super::{
    circular::{self, Circular},
    letter::{self, Letter, LetterError},
    sent::{MailReason, Sent},
};

/// Most letters kept; beyond it the oldest are dropped.
pub const MAILBOX_LETTERS_MAX: usize = 2_000;
/// Most bytes of MIME kept; beyond it the oldest are dropped.
pub const MAILBOX_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A letter as it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// Counts from 1 and never changes, also when older letters are dropped.
    pub number: u64,
    pub letter: Letter,
    /// The bytes that would have gone out.
    pub mime: Vec<u8>,
    pub at: Timestamp,
}

/// A mailbox for every address. Clones share what it holds.
#[derive(Clone)]
pub struct Mailbox {
    shared: Arc<Shared>,
}

struct Shared {
    from: lettre::message::Mailbox,
    shelf: Mutex<Shelf>,
    /// The number of the last letter; wakes those who wait.
    last: watch::Sender<u64>,
    /// A rehearsal's mail server may fail.
    down: AtomicBool,
}

#[derive(Default)]
struct Shelf {
    letters: VecDeque<Arc<Captured>>,
    ids: BTreeSet<String>,
    bytes: usize,
    last: u64,
}

impl Mailbox {
    /// `from` as settings write it: `Name <name@example.org>`.
    pub fn new(from: &str) -> Result<Self, LetterError> {
        let shared = Shared {
            from: letter::sender(from)?,
            shelf: Mutex::default(),
            last: watch::Sender::new(0),
            down: AtomicBool::new(false),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// From now on every letter is put off, or taken again: a mail server that fails can be rehearsed.
    pub fn set_down(&self, down: bool) {
        self.shared.down.store(down, Ordering::Relaxed);
    }

    /// Keeps a letter. One that came before, by Message-ID, is accepted and not kept twice.
    pub fn send(&self, letter: &Letter, at: Timestamp) -> Sent {
        if self.shared.down.load(Ordering::Relaxed) {
            return Sent::Later { why: MailReason::Unreachable };
        }
        let mime = match letter::build(letter, &self.shared.from, at) {
            Ok(message) => message.formatted(),
            Err(error) => {
                return Sent::Never { why: MailReason::BadLetter, said: error.to_string() };
            }
        };
        let last = self.shelf().put(letter, mime, at);
        self.shared.last.send_replace(last);
        kept()
    }

    /// Keeps a letter to a list as one letter to each of its addresses.
    pub fn send_circular(&self, circular: &Circular, at: Timestamp) -> Sent {
        if let Err(error) = circular::build(circular, &self.shared.from, at) {
            return Sent::Never { why: MailReason::BadLetter, said: error.to_string() };
        }
        let sent =
            circular::as_letters(circular).iter().map(|letter| self.send(letter, at)).find(|sent| !is_kept(sent));
        sent.unwrap_or_else(kept)
    }

    /// Every letter kept, oldest first.
    pub fn all(&self) -> Vec<Arc<Captured>> {
        self.shelf().letters.iter().cloned().collect()
    }

    /// The letters to one address, oldest first; upper and lower case are the same.
    pub fn to(&self, address: &str) -> Vec<Arc<Captured>> {
        let theirs = |kept: &&Arc<Captured>| kept.letter.to.eq_ignore_ascii_case(address);
        self.shelf().letters.iter().filter(theirs).cloned().collect()
    }

    /// The letter of this number, unless it was dropped.
    pub fn get(&self, number: u64) -> Option<Arc<Captured>> {
        self.shelf().letters.iter().find(|kept| kept.number == number).cloned()
    }

    /// The oldest letter kept that `wanted` holds for, waiting for one to arrive for at most `patience`.
    pub async fn wait_for(&self, wanted: impl Fn(&Captured) -> bool, patience: Duration) -> Option<Arc<Captured>> {
        // Subscribed before the first look, so that nothing arrives unseen between look and wait.
        let mut last = self.shared.last.subscribe();
        let arrival = async {
            loop {
                let found = self.shelf().letters.iter().find(|kept| wanted(kept)).cloned();
                if found.is_some() || last.changed().await.is_err() {
                    return found;
                }
            }
        };
        time::timeout(patience, arrival).await.ok().flatten()
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shared.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn kept() -> Sent {
    Sent::Accepted { response: "250 kept in the built-in mailbox".to_owned() }
}

fn is_kept(sent: &Sent) -> bool {
    matches!(sent, Sent::Accepted { .. })
}

impl Shelf {
    /// Returns the number of the last letter.
    fn put(&mut self, letter: &Letter, mime: Vec<u8>, at: Timestamp) -> u64 {
        if !self.ids.insert(letter.message_id.clone()) {
            return self.last;
        }
        self.last += 1;
        self.bytes += mime.len();
        self.letters.push_back(Arc::new(Captured { number: self.last, letter: letter.clone(), mime, at }));
        while self.letters.len() > MAILBOX_LETTERS_MAX || self.bytes > MAILBOX_BYTES_MAX {
            let Some(oldest) = self.letters.pop_front() else { break };
            self.bytes -= oldest.mime.len();
            self.ids.remove(&oldest.letter.message_id);
        }
        self.last
    }
}
