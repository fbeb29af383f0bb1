//! Counts by the minute, and the sums of the windows that a watch looks at, kept up to date mention by mention.

use std::collections::VecDeque;
use std::ops::Range;

use super::{MinuteNumber, minutes_in};
use crate::core::period::Period;
use crate::core::tone::Tone;

#[derive(Clone, Debug, Default)]
pub struct Minutes {
    /// The minute of the first of `each`, which have no gaps.
    first: MinuteNumber,
    each: VecDeque<Minute>,
    /// Of all of them, so that a window that holds most of them need not be added up.
    total: u64,
    /// Windows that end with `until`. What is counted in that minute is in none of their sums, so that a mention of now costs
    /// one addition however many windows there are.
    windows: Vec<Window>,
    until: MinuteNumber,
}

#[derive(Clone, Copy, Debug, Default)]
struct Minute {
    count: u32,
    toned: u32,
    negative: u32,
}

/// A length in minutes and what lies in it.
#[derive(Clone, Copy, Debug)]
struct Window {
    length: i64,
    sum: u32,
}

impl Minutes {
    /// These windows are asked for again and again.
    pub fn look_at(&mut self, windows: impl IntoIterator<Item = Period>) {
        let mut lengths: Vec<i64> = windows.into_iter().map(minutes_in).collect();
        lengths.sort_unstable();
        lengths.dedup();
        let sum = |length| Window { length, sum: self.before(length, self.until) };
        self.windows = lengths.into_iter().map(sum).collect();
    }

    /// Windows end with this minute from now on.
    pub fn come_to(&mut self, now: MinuteNumber) {
        if now == self.until {
            return;
        }
        for place in 0..self.windows.len() {
            let Window { length, sum } = self.windows[place];
            let sum = if (self.until..self.until.saturating_add(length)).contains(&now) {
                let came = self.sum(self.until, now - 1);
                let went = self.sum(self.until + 1 - length, now - length);
                narrow((u64::from(sum) + came).saturating_sub(went))
            } else {
                self.before(length, now)
            };
            self.windows[place].sum = sum;
        }
        self.until = now;
    }

    pub fn add(&mut self, at: MinuteNumber, tone: Option<Tone>) {
        if self.place(at).is_none_or(|place| place >= self.each.len()) {
            self.reach(at);
        }
        let Some(minute) = self.place(at).and_then(|place| self.each.get_mut(place)) else { return };
        minute.count = minute.count.saturating_add(1);
        if let Some(tone) = tone {
            minute.toned += 1;
            minute.negative += u32::from(tone == Tone::Negative);
        }
        self.total += 1;
        let back = self.until - at;
        if back != 0 {
            for window in &mut self.windows {
                window.sum = window.sum.saturating_add(u32::from(back > 0 && back < window.length));
            }
        }
    }

    /// Mentions in the window that ends with the minute `now`.
    pub fn count(&self, window: Period, now: MinuteNumber) -> u32 {
        let length = minutes_in(window);
        let kept = self.windows.iter().find(|kept| now == self.until && kept.length == length);
        kept.map_or_else(|| self.added_up(length, now), |kept| kept.sum.saturating_add(self.at(now)))
    }

    /// How many mentions of the window have a known tone, and how many of those are negative.
    pub(super) fn tone(&self, window: Period, now: MinuteNumber) -> (u32, u32) {
        let inside = self.each.range(self.places(now + 1 - minutes_in(window), now));
        inside.fold((0, 0), |(toned, negative), minute| (toned + minute.toned, negative + minute.negative))
    }

    /// What was counted in a minute.
    pub(super) fn at(&self, minute: MinuteNumber) -> u32 {
        self.place(minute).and_then(|place| self.each.get(place)).map_or(0, |found| found.count)
    }

    /// Says whether anything was there to be forgotten.
    pub(super) fn forget_before(&mut self, oldest: MinuteNumber) -> bool {
        if self.first >= oldest {
            return false;
        }
        while self.first < oldest
            && let Some(gone) = self.each.pop_front()
        {
            self.first += 1;
            self.total = self.total.saturating_sub(u64::from(gone.count));
        }
        true
    }

    /// Mentions in so many minutes that end with `now`, without those of `now`.
    fn before(&self, length: i64, now: MinuteNumber) -> u32 {
        narrow(self.sum(now + 1 - length, now - 1))
    }

    fn added_up(&self, length: i64, now: MinuteNumber) -> u32 {
        let inside = self.places(now + 1 - length, now);
        let sum = |places: Range<usize>| -> u64 { self.each.range(places).map(|minute| u64::from(minute.count)).sum() };
        let count = if inside.len() * 2 <= self.each.len() {
            sum(inside)
        } else {
            self.total - sum(0..inside.start) - sum(inside.end..self.each.len())
        };
        narrow(count)
    }

    fn sum(&self, first: MinuteNumber, last: MinuteNumber) -> u64 {
        self.each.range(self.places(first, last)).map(|minute| u64::from(minute.count)).sum()
    }

    /// The places of these minutes.
    fn places(&self, first: MinuteNumber, last: MinuteNumber) -> Range<usize> {
        let place = |minute: MinuteNumber| {
            usize::try_from((minute - self.first).max(0)).unwrap_or(usize::MAX).min(self.each.len())
        };
        let end = place(last + 1);
        place(first).min(end)..end
    }

    fn place(&self, minute: MinuteNumber) -> Option<usize> {
        usize::try_from(minute - self.first).ok()
    }

    /// Makes `each` long enough, at either end, to hold `at`.
    fn reach(&mut self, at: MinuteNumber) {
        if self.each.is_empty() {
            self.first = at;
        }
        while at < self.first {
            self.each.push_front(Minute::default());
            self.first -= 1;
        }
        if let Some(place) = self.place(at)
            && place >= self.each.len()
        {
            self.each.resize(place + 1, Minute::default());
        }
    }
}

fn narrow(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
