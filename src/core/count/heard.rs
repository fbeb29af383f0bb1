//! Distinct voices: when each was last heard and how many people it reaches.

use std::collections::BTreeMap;

use super::{MinuteNumber, VOICES_MAX};

#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    voices: BTreeMap<u64, Voice>,
    /// Those heard in a minute and in none after it. Their sum over a window that ends now is its distinct voices.
    minutes: BTreeMap<MinuteNumber, LastHeard>,
}

#[derive(Clone, Copy, Debug)]
struct Voice {
    last: MinuteNumber,
    /// The most that a feed said of it.
    reach: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LastHeard {
    pub(super) voices: u32,
    pub(super) reach: u64,
}

impl Heard {
    pub(super) fn hear(&mut self, voice: u64, reach: u32, at: MinuteNumber) {
        let before = self.voices.get(&voice).copied();
        match before {
            Some(before) => {
                let minute = self.minutes.entry(before.last).or_default();
                minute.voices = minute.voices.saturating_sub(1);
                minute.reach = minute.reach.saturating_sub(u64::from(before.reach));
            }
            None if self.voices.len() >= VOICES_MAX && !self.forget_oldest(at) => return,
            None => {}
        }
        let known = before.unwrap_or(Voice { last: at, reach });
        let now = Voice { last: known.last.max(at), reach: known.reach.max(reach) };
        self.voices.insert(voice, now);
        let minute = self.minutes.entry(now.last).or_default();
        minute.voices += 1;
        minute.reach += u64::from(now.reach);
    }

    /// Distinct voices heard from `since` to `now`, and whom they reach together.
    pub(super) fn within(&self, since: MinuteNumber, now: MinuteNumber) -> LastHeard {
        if since > now {
            return LastHeard::default();
        }
        self.minutes.range(since..=now).fold(LastHeard::default(), |sum, (_, minute)| LastHeard {
            voices: sum.voices.saturating_add(minute.voices),
            reach: sum.reach.saturating_add(minute.reach),
        })
    }

    /// Forgets minutes, and with them the voices that were heard in none after.
    pub(super) fn forget_before(&mut self, first: MinuteNumber) {
        let mut voices_gone = false;
        while let Some(oldest) = self.minutes.first_entry().filter(|oldest| *oldest.key() < first) {
            voices_gone |= oldest.remove().voices > 0;
        }
        if voices_gone {
            self.voices.retain(|_, voice| voice.last >= first);
        }
    }

    /// Makes room for a quarter of all, or for what was heard before `at`; false where there is nothing older.
    fn forget_oldest(&mut self, at: MinuteNumber) -> bool {
        let (mut room, mut since) = (0, None);
        for (minute, heard) in &self.minutes {
            if *minute >= at || room >= VOICES_MAX / 4 {
                since = Some(*minute);
                break;
            }
            room += usize::try_from(heard.voices).unwrap_or(VOICES_MAX);
        }
        if room > 0 {
            self.forget_before(since.unwrap_or(at));
        }
        room > 0
    }
}
