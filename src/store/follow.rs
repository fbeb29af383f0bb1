//! Following a written chain, entry by entry: what does not follow is told and stepped over, so that every problem is found.

use super::broken::{Broken, Place, Problem};
use super::chain::{Chain, Entry, Head};
use super::installation::InstallationEvent;
use super::keys::{Key, Keys, fingerprint};
use super::reader::StoredEvent;

/// A stretch that could not be checked, for want of the key that it was written under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unchecked {
    pub first: u64,
    pub last: u64,
    /// Of the key that is wanted.
    pub fingerprint: String,
}

/// A stretch under one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Era {
    pub(super) first: u64,
    pub(super) public_key: String,
}

/// How the next entry can be checked.
enum Under<'k> {
    Key(&'k Key),
    /// Under a key that is not at hand.
    Unknown(String),
}

pub(super) struct Follower<'k> {
    keys: &'k Keys,
    under: Under<'k>,
    /// The MAC of the entry before, as it is stored.
    before: Vec<u8>,
    /// The MAC that the entry before should have had; another one only where that entry was broken.
    meant: Option<Vec<u8>>,
    /// The entry before is missing.
    lost: bool,
    /// A change of the key may lie in a gap that was told of already.
    after_gap: bool,
    next: u64,
    pub(super) verified: u64,
    pub(super) eras: Vec<Era>,
    pub(super) unchecked: Vec<Unchecked>,
}

impl<'k> Follower<'k> {
    /// `first` is the record's first entry; `oldest` the public key that the first change of the key names as the old one.
    pub(super) fn new(keys: &'k Keys, first: Option<&StoredEvent>, oldest: Option<String>) -> Self {
        let fits = |key: &&Key| first.is_some_and(|row| key.is_mac(&row.mac, &key.start(), &row.header));
        let under = match (keys.all().find(fits), oldest) {
            (Some(key), _) => Under::Key(key),
            (None, Some(oldest)) => keys.with_public(&oldest).map_or(Under::Unknown(oldest), Under::Key),
            (None, None) => Under::Key(keys.current()),
        };
        let public_key = match &under {
            Under::Key(key) => key.public(),
            Under::Unknown(public_key) => public_key.clone(),
        };
        let before = match &under {
            Under::Key(key) => key.start(),
            Under::Unknown(_) => Vec::new(),
        };
        Self {
            keys,
            under,
            before,
            meant: None,
            lost: false,
            after_gap: false,
            next: 1,
            verified: 0,
            eras: vec![Era { first: 1, public_key }],
            unchecked: Vec::new(),
        }
    }

    /// Takes the next row. Gives its entry where it can be relied on as far as the keys at hand reach.
    pub(super) fn follow(&mut self, row: &StoredEvent, problems: &mut Vec<Problem>) -> Option<Entry> {
        self.reach(row.seq, problems);
        // Before the first entry stands what only its key makes.
        let before = (!self.lost && row.seq > 1).then(|| Head { seq: row.seq - 1, mac: self.before.clone() });
        let entry = row.entry().ok();
        let place = entry.as_ref().map(Place::from);
        let follows = self.check_mac(row, place.as_ref(), problems);
        let Some(entry) = entry else {
            problems.push(Broken::Unreadable(row.seq).into());
            return None;
        };
        if !follows {
            return None;
        }
        let mut sound = true;
        let mut tell = |broken| {
            sound = false;
            problems.push(Problem::at(broken, place.clone()));
        };
        if entry.seq != row.seq {
            tell(Broken::Moved { seq: row.seq, was: entry.seq });
        }
        if (entry.incident, entry.number) != (row.incident, row.number) {
            tell(Broken::Filed(row.seq));
        }
        match (&row.salt, &row.body) {
            (Some(salt), Some(body)) if Chain::body_hash(salt, body.as_bytes()) == entry.body => {}
            (None, None) => {}
            (Some(_) | None, Some(_) | None) => tell(Broken::Body(row.seq)),
        }
        if !sound {
            return None;
        }
        if entry.kind == InstallationEvent::KEY_CHANGED && !self.change_key(row, before.as_ref()) {
            problems.push(Problem::at(Broken::KeyChange(row.seq), place));
            return None;
        }
        Some(entry)
    }

    /// Steps over a row that cannot be read: what comes after it cannot be held against it.
    pub(super) fn step_over(&mut self, seq: u64, problems: &mut Vec<Problem>) {
        self.reach(seq, problems);
        self.lost = true;
    }

    fn reach(&mut self, seq: u64, problems: &mut Vec<Problem>) {
        if seq != self.next {
            problems.push(Broken::Missing { first: self.next, last: seq - 1 }.into());
            self.lost = true;
        }
        self.next = seq + 1;
    }

    /// Whether the row follows what is before it, as far as that can be told.
    fn check_mac(&mut self, row: &StoredEvent, place: Option<&Place>, problems: &mut Vec<Problem>) -> bool {
        let before = std::mem::replace(&mut self.before, row.mac.clone());
        let meant = self.meant.take();
        let key = match &self.under {
            Under::Unknown(public_key) => {
                let name = fingerprint(public_key);
                self.leave_unchecked(row.seq, name);
                self.lost = false;
                return true;
            }
            Under::Key(key) => *key,
        };
        if std::mem::take(&mut self.lost) {
            self.after_gap = true;
            return true;
        }
        let fits = |key: &Key| {
            let follows = |before: &Vec<u8>| key.is_mac(&row.mac, before, &row.header);
            follows(&before) || meant.as_ref().is_some_and(follows)
        };
        let gap = std::mem::take(&mut self.after_gap);
        if fits(key) {
            self.verified += 1;
            return true;
        }
        if let Some(other) = self.keys.all().find(|key| fits(key)) {
            self.under = Under::Key(other);
            self.eras.push(Era { first: row.seq, public_key: other.public() });
            self.verified += 1;
            if !gap {
                problems.push(Problem::at(Broken::OtherKey(row.seq), place.cloned()));
            }
            return true;
        }
        self.meant = Some(key.mac(&before, &row.header));
        let broken = match place {
            Some(place) if place.seq != row.seq => Broken::Moved { seq: row.seq, was: place.seq },
            Some(_) | None => Broken::Changed(row.seq),
        };
        problems.push(Problem::at(broken, place.cloned()));
        false
    }

    fn leave_unchecked(&mut self, seq: u64, fingerprint: String) {
        match self.unchecked.last_mut().filter(|stretch| stretch.fingerprint == fingerprint) {
            Some(stretch) => stretch.last = seq,
            None => self.unchecked.push(Unchecked { first: seq, last: seq, fingerprint }),
        }
    }

    /// Goes on under the key that an entry names. False where the two keys did not sign the change here.
    fn change_key(&mut self, row: &StoredEvent, before: Option<&Head>) -> bool {
        let Ok(Some(InstallationEvent::KeyChanged { change })) = row.installation_event() else { return false };
        let from_here = match &self.under {
            Under::Key(key) => key.public() == change.old_public_key,
            Under::Unknown(public_key) => *public_key == change.old_public_key,
        };
        if !from_here || before.is_some_and(|before| !change.verifies(before)) {
            return false;
        }
        let public_key = change.new_public_key;
        self.eras.push(Era { first: row.seq + 1, public_key: public_key.clone() });
        self.under = self.keys.with_public(&public_key).map_or(Under::Unknown(public_key), Under::Key);
        true
    }

    /// The last entry, as stored.
    pub(super) fn end(&self) -> Head {
        Head { seq: self.next - 1, mac: self.before.clone() }
    }

    /// The key that the next entry is written under; its fingerprint where the key is not at hand.
    pub(super) fn key(&self) -> Result<&'k Key, String> {
        match &self.under {
            Under::Key(key) => Ok(key),
            Under::Unknown(public_key) => Err(fingerprint(public_key)),
        }
    }
}
