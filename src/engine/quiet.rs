//! Silences: made by people, events of the installation like the kill switch, and folded from them at a start.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::work::Work;
use super::{Engine, RecordError};
use crate::core::name::{PersonId, WatchName};
use crate::core::period::Period;
use crate::core::quiet::{BreakThrough, Held, SILENCES_MAX, Scope, Silence, SilenceError};
use crate::store::{INSTALLATION, InstallationEffect, InstallationEvent, StoreError, StoredEvent};

/// What keeps watches quiet by events, and what of them is held back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuietNow {
    /// By number. One whose time has run out may still be here.
    pub silences: BTreeMap<u32, Silence>,
    pub held: BTreeMap<WatchName, Held>,
}

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SilenceAsked {
    /// Every watch where none is named.
    pub watch: Option<WatchName>,
    pub lasting: Period,
    pub reason: String,
    pub by: PersonId,
    pub break_through: BreakThrough,
}

impl QuietNow {
    /// What is quiet after this row of the log.
    pub(super) fn after(mut self, row: &StoredEvent) -> Result<Self, StoreError> {
        let entry = row.entry()?;
        if entry.incident != INSTALLATION {
            return Ok(self);
        }
        let at = Timestamp::from_millisecond(entry.at).map_err(|error| StoreError::Unreadable(error.to_string()))?;
        match row.installation_event()? {
            Some(InstallationEvent::SilenceBegun { silence }) => drop(self.silences.insert(entry.number, silence)),
            Some(InstallationEvent::SilenceEnded { silence, .. }) => drop(self.silences.remove(&silence)),
            Some(InstallationEvent::HeldBack { watch, by, until, severity, count, window, .. }) => {
                let before = self.held.get(&watch);
                let held = Held {
                    by,
                    since: before.map_or(at, |held| held.since),
                    latest: at,
                    until,
                    severity: before.map_or(severity, |held| held.severity.max(severity)),
                    window,
                    count: before.map_or(count, |held| held.count.max(count)),
                    times: before.map_or(1, |held| held.times + 1),
                    above: true,
                };
                self.held.insert(watch, held);
            }
            Some(InstallationEvent::HeldOver { watch, .. }) => drop(self.held.remove(&watch)),
            Some(
                InstallationEvent::Started { .. }
                | InstallationEvent::SignInAsked { .. }
                | InstallationEvent::SignedIn { .. }
                | InstallationEvent::SignedOut { .. }
                | InstallationEvent::HeadSigned { .. }
                | InstallationEvent::PostingStopped { .. }
                | InstallationEvent::PostingResumed { .. }
                | InstallationEvent::KeyChanged { .. }
                | InstallationEvent::Erased { .. }
                | InstallationEvent::Restored { .. }
                | InstallationEvent::FeedWentBlind { .. }
                | InstallationEvent::FolderTaken { .. }
                | InstallationEvent::FolderRefused { .. }
                | InstallationEvent::FeedHeardAgain { .. }
                | InstallationEvent::HoldPlaced { .. }
                | InstallationEvent::HoldLifted { .. }
                | InstallationEvent::Rehearsal { .. },
            )
            | None => {}
        }
        Ok(self)
    }
}

impl Work<'_, '_> {
    /// Keeps a watch quiet from now on; gives the silence's number.
    pub fn silence(&mut self, asked: &SilenceAsked) -> Result<u32, RecordError> {
        let SilenceAsked { watch, lasting, reason, by, break_through } = asked;
        self.must_be_somebody(by)?;
        let scope = match watch {
            None => Scope::All,
            Some(watch) if self.state.counting.find(watch).is_some() => Scope::Watches([watch.clone()].into()),
            Some(watch) => return Err(SilenceError::NoSuchWatch(watch.to_string()).into()),
        };
        let silence = Silence::new(scope, *lasting, reason, by.clone(), *break_through, self.now)?;
        if self.silences().count() >= SILENCES_MAX {
            return Err(SilenceError::TooMany.into());
        }
        let number = self.installation(&InstallationEvent::SilenceBegun { silence: silence.clone() })?;
        if let Some(at) = silence.reminder() {
            let effect = InstallationEffect::RemindSilence { silence: number, person: by.clone() };
            self.owe_installation_at(number, 0, &effect, at)?;
        }
        let now = self.now;
        self.state.change_quiet(|quiet| {
            quiet.silences.retain(|_, silence| now < silence.until);
            quiet.silences.insert(number, silence);
        });
        Ok(number)
    }

    /// Ends a silence before its time. What it held back is delivered with the next full minute.
    pub fn end_silence(&mut self, number: u32, by: &PersonId) -> Result<(), RecordError> {
        self.must_be_somebody(by)?;
        if self.silences().all(|(known, _)| known != number) {
            return Err(SilenceError::NotInForce.into());
        }
        self.installation(&InstallationEvent::SilenceEnded { silence: number, by: by.clone() })?;
        let now = self.now;
        self.state.change_quiet(|quiet| {
            quiet.silences.remove(&number);
            quiet.held.values_mut().for_each(|held| held.until = now);
        });
        Ok(())
    }

    /// The organisation's, for times in answers.
    pub fn zone(&self) -> TimeZone {
        self.standing.organisation.zone()
    }

    /// Those in force, by number.
    pub fn silences(&self) -> impl Iterator<Item = (u32, &Silence)> {
        let now = self.now;
        let silences = self.state.quiet.silences.iter().filter(move |(_, silence)| silence.is_in_force(now));
        silences.map(|(number, silence)| (*number, silence))
    }

    /// Somebody who can be asked about it and reminded of it.
    fn must_be_somebody(&self, by: &PersonId) -> Result<(), SilenceError> {
        match self.standing.roster.person(by) {
            Some(person) if !person.shared => Ok(()),
            Some(_) | None => Err(SilenceError::Nobody(by.to_string())),
        }
    }
}

impl Engine {
    pub async fn silence(&self, asked: SilenceAsked) -> Result<u32, RecordError> {
        self.call(move |work| work.silence(&asked)).await
    }

    pub async fn end_silence(&self, number: u32, by: PersonId) -> Result<(), RecordError> {
        self.call(move |work| work.end_silence(number, &by)).await
    }
}
