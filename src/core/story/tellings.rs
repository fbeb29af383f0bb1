//! The latest mentions of a watch as far as they are told apart, and what those of a window add up to.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;

use super::known::{Known, Stories, StoryNumber};
use crate::core::count::MinuteNumber;
use crate::core::incident::{EVIDENCE_MAX, SHARES_MAX, Share, Story, Talk};
use crate::core::language::Language;

/// Mentions per watch that stories, sources and languages are told of. Of more in a window, the latest are.
pub const TELLINGS_MAX: usize = 8_192;

/// One mention.
#[derive(Clone, Debug)]
pub(in crate::core) struct Telling {
    pub(in crate::core) story: StoryNumber,
    pub(in crate::core) voice: u64,
    pub(in crate::core) source: Arc<str>,
    pub(in crate::core) language: Option<Language>,
}

#[derive(Clone, Debug, Default)]
pub(in crate::core) struct Tellings {
    /// Oldest first by the minutes they count in.
    latest: VecDeque<(MinuteNumber, Telling)>,
}

impl Tellings {
    pub(in crate::core) fn add(&mut self, at: MinuteNumber, telling: Telling) {
        let place = self.latest.partition_point(|(minute, _)| *minute <= at);
        self.latest.insert(place, (at, telling));
        if self.latest.len() > TELLINGS_MAX {
            self.latest.pop_front();
        }
    }

    pub(in crate::core) fn forget_before(&mut self, oldest: MinuteNumber) {
        while self.latest.front().is_some_and(|(minute, _)| *minute < oldest) {
            self.latest.pop_front();
        }
    }

    /// What was told from `since` to `now`. Voices, reach and tone are left to whoever counts them.
    pub(in crate::core) fn talk(&self, stories: &Stories, since: MinuteNumber, now: MinuteNumber) -> Talk {
        let mut told: BTreeMap<StoryNumber, (u32, BTreeSet<u64>)> = BTreeMap::new();
        let mut sources: BTreeMap<&str, u32> = BTreeMap::new();
        let mut languages: BTreeMap<&str, u32> = BTreeMap::new();
        let mut mentions = 0;
        let begin = self.latest.partition_point(|(minute, _)| *minute < since);
        for (_, telling) in self.latest.range(begin..).take_while(|(minute, _)| *minute <= now) {
            mentions += 1;
            let (count, voices) = told.entry(telling.story).or_default();
            *count += 1;
            voices.insert(telling.voice);
            *sources.entry(&telling.source).or_default() += 1;
            if let Some(language) = &telling.language {
                *languages.entry(language.as_str()).or_default() += 1;
            }
        }
        Talk {
            mentions,
            stories: u32::try_from(told.len()).unwrap_or(u32::MAX),
            sources: u32::try_from(sources.len()).unwrap_or(u32::MAX),
            largest_sources: largest(&sources),
            languages: largest(&languages),
            largest: largest_stories(stories, &told),
            ..Talk::default()
        }
    }
}

fn largest(counted: &BTreeMap<&str, u32>) -> Vec<Share> {
    let mut shares: Vec<(&str, u32)> = counted.iter().map(|(name, mentions)| (*name, *mentions)).collect();
    shares.sort_by_key(|(name, mentions)| (std::cmp::Reverse(*mentions), *name));
    let named = shares.into_iter().take(SHARES_MAX);
    named.map(|(name, mentions)| Share { name: name.to_owned(), mentions }).collect()
}

fn largest_stories(stories: &Stories, told: &BTreeMap<StoryNumber, (u32, BTreeSet<u64>)>) -> Vec<Story> {
    let found = told.iter().filter_map(|(number, told)| Some((*number, stories.get(*number)?, told)));
    let mut known: Vec<_> = found.collect();
    known.sort_by_key(|(number, known, (mentions, _))| std::cmp::Reverse((*mentions, known.shown.0, *number)));
    let story = |(_, known, (mentions, voices)): (StoryNumber, &Known, &(u32, BTreeSet<u64>))| Story {
        mentions: *mentions,
        voices: u32::try_from(voices.len()).unwrap_or(u32::MAX),
        shown: known.shown.2.clone(),
        first: known.first.1.clone(),
        first_at: Timestamp::from_second(known.first.0.saturating_mul(60)).unwrap_or(Timestamp::MIN),
    };
    known.into_iter().take(EVIDENCE_MAX).map(story).collect()
}
