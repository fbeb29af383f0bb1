//! The stories that a watch knows, and who told each of them first where.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::sketch::Sketch;
use crate::core::count::{HORIZON, MinuteNumber, Said, minutes_in};
use crate::core::incident::Evidence;

/// Stories remembered per watch; beyond them those told longest ago are forgotten.
pub const STORIES_MAX: usize = 2_048;
/// Sources of one story that are told apart. Whoever tells it at further ones counts with the first teller of all.
pub const PLACES_MAX: usize = 256;
/// Stories under one key that are looked at: the oldest of them.
const ALIKE_MAX: usize = 8;

/// A story by the order in which stories were first told to this watch.
pub(super) type StoryNumber = u64;

#[derive(Clone, Debug, Default)]
pub(in crate::core) struct Stories {
    known: BTreeMap<StoryNumber, Known>,
    /// Under each key of a sketch the stories that have it.
    index: BTreeSet<(u64, StoryNumber)>,
    next: StoryNumber,
}

#[derive(Clone, Debug)]
pub(super) struct Known {
    sketch: Option<Arc<Sketch>>,
    last: MinuteNumber,
    pub(super) first: (MinuteNumber, Evidence),
    /// The mention that reaches most, and how many.
    pub(super) shown: (u32, MinuteNumber, Evidence),
    /// Who told it first at each source.
    tellers: BTreeMap<Arc<str>, u64>,
    teller: u64,
}

/// What telling a story came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::core) struct Told {
    pub(in crate::core) story: StoryNumber,
    /// The voice that this telling counts with for `from:`: whoever told the story first at this source.
    pub(in crate::core) counts_with: u64,
}

impl Stories {
    pub(in crate::core) fn tell(&mut self, said: &Said, at: MinuteNumber, evidence: &Evidence) -> Told {
        let number = match said.sketch.as_ref().and_then(|sketch| self.find(sketch, at)) {
            Some(number) => number,
            None => self.begin(said, at, evidence),
        };
        let Some(known) = self.known.get_mut(&number) else {
            return Told { story: number, counts_with: said.voice };
        };
        Told { story: number, counts_with: known.tell(said, at, evidence) }
    }

    pub(super) fn get(&self, number: StoryNumber) -> Option<&Known> {
        self.known.get(&number)
    }

    /// The story that this is a copy of: of those alike the one it resembles most, and of as many the oldest.
    fn find(&self, sketch: &Sketch, at: MinuteNumber) -> Option<StoryNumber> {
        let mut best: Option<(usize, StoryNumber)> = None;
        let mut seen = BTreeSet::new();
        for key in sketch.keys() {
            let under = self.index.range((key, 0)..=(key, StoryNumber::MAX)).take(ALIKE_MAX);
            for &(_, number) in under {
                let Some(known) = self.known.get(&number).filter(|known| seen.insert(number) && !known.is_over(at))
                else {
                    continue;
                };
                let Some(other) = &known.sketch else { continue };
                if other.is_same(sketch) {
                    return Some(number);
                }
                let alike = other.resemblance(sketch);
                if other.is_copy_of(sketch)
                    && best.is_none_or(|(most, oldest)| alike > most || (alike == most && number < oldest))
                {
                    best = Some((alike, number));
                }
            }
        }
        best.map(|(_, number)| number)
    }

    fn begin(&mut self, said: &Said, at: MinuteNumber, evidence: &Evidence) -> StoryNumber {
        if self.known.len() >= STORIES_MAX {
            self.forget_a_quarter();
        }
        let number = self.next;
        self.next += 1;
        let keys = said.sketch.iter().flat_map(|sketch| sketch.keys());
        self.index.extend(keys.map(|key| (key, number)));
        let known = Known {
            sketch: said.sketch.clone(),
            last: at,
            first: (at, evidence.clone()),
            shown: (said.reach, at, evidence.clone()),
            tellers: BTreeMap::new(),
            teller: said.voice,
        };
        self.known.insert(number, known);
        number
    }

    fn forget_a_quarter(&mut self) {
        let mut oldest: Vec<(MinuteNumber, StoryNumber)> =
            self.known.iter().map(|(number, known)| (known.last, *number)).collect();
        oldest.sort_unstable();
        for (_, number) in oldest.into_iter().take(STORIES_MAX / 4) {
            let Some(known) = self.known.remove(&number) else { continue };
            for key in known.sketch.iter().flat_map(|sketch| sketch.keys()) {
                self.index.remove(&(key, number));
            }
        }
    }
}

impl Known {
    fn is_over(&self, at: MinuteNumber) -> bool {
        // A file may tell the newest first.
        (at - self.last).abs() > minutes_in(HORIZON)
    }

    fn tell(&mut self, said: &Said, at: MinuteNumber, evidence: &Evidence) -> u64 {
        self.last = self.last.max(at);
        if (at, evidence) < (self.first.0, &self.first.1) {
            self.first = (at, evidence.clone());
        }
        let (reach, since, shown) = &self.shown;
        if said.reach > *reach || (said.reach == *reach && (at, evidence) < (*since, shown)) {
            self.shown = (said.reach, at, evidence.clone());
        }
        if self.sketch.as_ref().is_none_or(|sketch| sketch.is_said_by_chance()) {
            return said.voice;
        }
        if let Some(teller) = self.tellers.get(&said.source) {
            return *teller;
        }
        if self.tellers.len() >= PLACES_MAX {
            return self.teller;
        }
        self.tellers.insert(Arc::clone(&said.source), said.voice);
        said.voice
    }
}
