//! How it goes with feeds. Those that are fetched have rows of their own; of the others it is held here, and written down
//! once a minute and whenever people are told. Mails about blind spots are few, however many feeds there are.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::work::Work;
use super::{Engine, RecordError, TakenIn};
use crate::core::health::{FAILING_MAX, Health, Notice};
use crate::core::mention::Mention;
use crate::core::name::FeedName;
use crate::core::schedule::Schedule;
use crate::feed::Cost;
use crate::store::{InstallationEffect, InstallationEvent};

/// How long a mail about a blind spot waits for others: an outage takes many feeds, each at its own next look.
pub const BLIND_GATHER: SignedDuration = SignedDuration::from_mins(5);
/// Between two mails about blind spots. Each names all there are by then.
pub const BLIND_MAILS_EVERY: SignedDuration = SignedDuration::from_hours(1);
/// Under which it is noted for when the latest of these mails is owed.
const BLIND_MAIL_NOTE: &str = "blind-mail";

/// How mentions of a feed get in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It is fetched next then; never again where it is gone for good.
    Fetched { due: Option<Timestamp> },
    /// We stay connected.
    Streamed,
    /// A file, which may have been read to its end.
    Read { is_over: bool },
    /// Others deliver to us.
    Delivered,
}

/// A feed and how it goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedHealth {
    pub way: Way,
    pub health: Health,
}

/// A feed that is not fetched, as it is held in memory.
#[derive(Clone, Debug)]
pub(super) struct Pulse {
    now: FeedHealth,
    /// Not written down yet.
    is_news: bool,
}

impl Work<'_, '_> {
    /// These feeds are listened to from now on, beside those that are fetched; others are forgotten.
    pub fn listen_to(&mut self, feeds: &BTreeMap<FeedName, Way>) -> Result<(), RecordError> {
        let mut known = self.batch.healths()?;
        let mut pulses = BTreeMap::new();
        for (name, way) in feeds {
            let held = self.state.pulses.remove(name).filter(|held| is_same_kind(held.now.way, *way));
            let noted = known.remove(name);
            let pulse = held.unwrap_or_else(|| {
                let health = noted.unwrap_or_else(|| Health::new(self.now));
                Pulse { now: FeedHealth { way: *way, health }, is_news: true }
            });
            pulses.insert(name.clone(), pulse);
        }
        for gone in known.keys() {
            self.batch.drop_health(gone)?;
        }
        self.state.pulses = pulses;
        Ok(())
    }

    /// A feed that is not fetched answers; `brought` is what was said there, where anything was.
    pub(super) fn note_heard(&mut self, feed: &FeedName, taken: TakenIn, brought: &[Mention], cost: Cost) {
        let now = self.now;
        let Some(pulse) = self.state.pulses.get_mut(feed) else { return };
        let health = &mut pulse.now.health;
        health.answer(now);
        health.spend(u64::from(cost.requests), cost.bytes);
        health.cost.mentions = health.cost.mentions.saturating_add(u64::try_from(taken.new).unwrap_or(u64::MAX));
        // What nobody asked for and nobody stores is heard all the same; what was brought before is nothing new.
        if brought.len() > taken.known {
            health.bring(brought.iter().filter_map(|mention| mention.published).max(), now);
        }
        pulse.is_news = true;
    }

    pub(super) fn note_failure(&mut self, feed: &FeedName, why: String) {
        if let Some(pulse) = self.state.pulses.get_mut(feed) {
            pulse.now.health.fail(why);
            pulse.is_news = true;
        }
    }

    /// Nothing will ever come any more, and nobody need be told.
    pub(super) fn note_over(&mut self, feed: &FeedName) {
        if let Some(pulse) = self.state.pulses.get_mut(feed) {
            pulse.now.way = Way::Read { is_over: true };
        }
    }

    /// Writes down how it goes with feeds that are not fetched, and tells of those that are blind spots.
    pub(super) fn look_after_feeds(&mut self) -> Result<(), RecordError> {
        let names: Vec<FeedName> = self.state.pulses.keys().cloned().collect();
        for name in names {
            let Some(before) = self.state.pulses.get(&name).cloned() else { continue };
            let mut health = before.now.health.clone();
            let found = match before.now.way {
                Way::Read { is_over: true } => None,
                Way::Read { .. } | Way::Streamed | Way::Delivered | Way::Fetched { .. } => {
                    health.blindness(self.now, FAILING_MAX)
                }
            };
            let notice = health.notice(found, self.now);
            if notice.is_none() && !before.is_news {
                continue;
            }
            self.batch.put_health(&name, &health, self.now)?;
            let why = health.why.clone();
            let now = FeedHealth { health, ..before.now };
            self.state.change_pulse(&name, Pulse { now, is_news: false });
            if let Some(notice) = notice {
                self.tell_of_feed(&name, why.as_deref(), notice)?;
            }
        }
        Ok(())
    }

    pub(super) fn tell_of_feed(
        &mut self,
        feed: &FeedName,
        why: Option<&str>,
        notice: Notice,
    ) -> Result<(), RecordError> {
        let feed = feed.clone();
        match notice {
            Notice::Clear => drop(self.installation(&InstallationEvent::FeedHeardAgain { feed })?),
            Notice::Blind(blind) => {
                let why = why.map(str::to_owned);
                let number = self.installation(&InstallationEvent::FeedWentBlind { feed, blind, why })?;
                self.owe_blind_mail(number)?;
            }
        }
        Ok(())
    }

    /// Owes the operator a mail, where none is owed that will name this blind spot too.
    fn owe_blind_mail(&mut self, number: u32) -> Result<(), RecordError> {
        let owed: Option<Timestamp> = self.batch.note(BLIND_MAIL_NOTE)?.and_then(|noted| noted.parse().ok());
        if owed.is_some_and(|owed| owed > self.now) {
            return Ok(());
        }
        let after = |at: Timestamp, wait| at.checked_add(wait).unwrap_or(Timestamp::MAX);
        let gathered = after(self.now, BLIND_GATHER);
        let at = owed.map_or(gathered, |owed| gathered.max(after(owed, BLIND_MAILS_EVERY)));
        self.batch.put_note(BLIND_MAIL_NOTE, &at.to_string(), self.now)?;
        let to = self.standing.operator.clone();
        self.owe_installation_at(number, 0, &InstallationEffect::TellBlind { to }, at)
    }
}

fn is_same_kind(one: Way, other: Way) -> bool {
    std::mem::discriminant(&one) == std::mem::discriminant(&other)
}

impl Engine {
    /// Stores what was delivered, all or nothing; `bytes` is how much came over the network.
    pub async fn take_delivery(
        &self,
        feed: &FeedName,
        mentions: Vec<Mention>,
        bytes: u64,
    ) -> Result<TakenIn, RecordError> {
        let feed = feed.clone();
        let work = move |work: &mut Work<'_, '_>| {
            let taken = work.take_in(&feed, &mentions)?;
            work.note_heard(&feed, taken, &mentions, Cost { requests: 1, bytes });
            Ok(taken)
        };
        self.call(work).await
    }

    /// Every feed that is listened to, and how it goes with it.
    pub async fn feeds(&self) -> Result<BTreeMap<FeedName, FeedHealth>, RecordError> {
        let pulses = self.call(|work| Ok(work.state.pulses.clone())).await?;
        let mut all: BTreeMap<FeedName, FeedHealth> =
            pulses.into_iter().map(|(name, pulse)| (name, pulse.now)).collect();
        let fetched = self.schedules()?.into_iter();
        all.extend(
            fetched
                .map(|(name, Schedule { due, health, .. })| (name, FeedHealth { way: Way::Fetched { due }, health })),
        );
        Ok(all)
    }

    /// Every feed that is fetched, with how its looks went.
    pub fn schedules(&self) -> Result<BTreeMap<FeedName, Schedule>, RecordError> {
        Ok(self.reader.schedules()?)
    }

    /// The feeds that nothing is heard of, where something should be.
    pub fn blind_feeds(&self) -> Result<BTreeMap<FeedName, Health>, RecordError> {
        Ok(self.reader.blind_feeds()?)
    }
}
