//! Rehearsals with the team, in a record of their own: planned and announced, begun, called off, and told how they went.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::error::RecordError;
use super::work::Work;
use crate::core::incident::{Event, IncidentId};
use crate::core::name::{PersonId, PlaybookName};
use crate::store::{InstallationEffect, InstallationEvent, RehearsalNews, StoreError};

/// How late one may begin: who was told of ten does not wait until noon.
pub const LATE_MAX: SignedDuration = SignedDuration::from_mins(15);

const PLANNED: &str = "rehearsal:planned";

/// A rehearsal that is announced and has not begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedRehearsal {
    pub playbook: PlaybookName,
    pub by: PersonId,
    pub at: Timestamp,
    /// The entry of `rehearsals:` that asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The note that the score of this rehearsal was told.
fn scored(id: IncidentId) -> String {
    format!("rehearsal:scored:{id}")
}

impl Work<'_, '_> {
    /// Announces a rehearsal to everybody who holds a role, once for each time of an entry.
    pub fn plan_rehearsal(&mut self, planned: &PlannedRehearsal) -> Result<bool, RecordError> {
        if let Some(name) = &planned.name {
            let note = format!("rehearsal:announced:{name}");
            if self.batch.note(&note)?.is_some_and(|noted| noted == planned.at.to_string()) {
                return Ok(false);
            }
            self.batch.put_note(&note, &planned.at.to_string(), self.now())?;
        }
        let title = self.title_of(&planned.playbook)?;
        let body = serde_json::to_string(planned).map_err(StoreError::from)?;
        self.batch.put_note(PLANNED, &body, self.now())?;
        self.tell_the_team(&RehearsalNews::Announced { title, at: planned.at, by: planned.by.clone() })?;
        Ok(true)
    }

    pub fn planned_rehearsal(&mut self) -> Result<Option<PlannedRehearsal>, RecordError> {
        let noted = self.batch.note(PLANNED)?.filter(|noted| !noted.is_empty());
        Ok(noted.and_then(|noted| serde_json::from_str(&noted).ok()))
    }

    /// Begins what is planned once its time has come; what is too late by then does not take place.
    pub fn begin_planned(&mut self) -> Result<Option<IncidentId>, RecordError> {
        let Some(planned) = self.planned_rehearsal()?.filter(|planned| planned.at <= self.now()) else {
            return Ok(None);
        };
        if self.now().duration_since(planned.at) > LATE_MAX {
            self.call_off("Holdline did not run when it should have begun")?;
            return Ok(None);
        }
        self.batch.drop_note(PLANNED)?;
        self.open(&planned.playbook, &planned.by, "a rehearsal with the team").map(Some)
    }

    /// Ends what runs and drops what is planned. Says whether there was anything.
    pub fn call_off(&mut self, why: &str) -> Result<bool, RecordError> {
        let running: Vec<IncidentId> = self.state.running.iter().copied().collect();
        let mut found = !running.is_empty();
        for id in running {
            self.record_if_wanted(id, Event::BrokenOff { why: why.to_owned() })?;
        }
        if let Some(planned) = self.planned_rehearsal()? {
            self.batch.drop_note(PLANNED)?;
            let title = self.title_of(&planned.playbook)?;
            self.tell_the_team(&RehearsalNews::CalledOff { title, why: why.to_owned() })?;
            found = true;
        }
        Ok(found)
    }

    /// Rehearsals that are over and whose score nobody was told yet.
    pub fn rehearsals_to_score(&mut self) -> Result<Vec<IncidentId>, RecordError> {
        let over = self.state.incidents.iter().filter(|(_, entry)| !entry.incident.is_running());
        let over: Vec<IncidentId> = over.map(|(id, _)| *id).collect();
        let mut unscored = Vec::new();
        for id in over {
            if self.batch.note(&scored(id))?.is_none() {
                unscored.push(id);
            }
        }
        Ok(unscored)
    }

    /// Tells whoever had a hand in it, and whoever had the duty, how it went; once.
    pub fn tell_score(&mut self, id: IncidentId, to: &BTreeSet<PersonId>, lines: &[String]) -> Result<(), RecordError> {
        let note = scored(id);
        if self.batch.note(&note)?.is_some() {
            return Ok(());
        }
        self.batch.put_note(&note, "told", self.now())?;
        let title = self.entry(id)?.incident.title.clone();
        let news = RehearsalNews::Scored { title, incident: id, lines: lines.to_vec() };
        self.tell(&news, to)
    }

    fn title_of(&self, playbook: &PlaybookName) -> Result<String, RecordError> {
        let rules = self.standing.rules.get(playbook).ok_or(RecordError::NoSuchPlaybook)?;
        Ok(rules.playbook.title.clone())
    }

    fn tell_the_team(&mut self, news: &RehearsalNews) -> Result<(), RecordError> {
        let roster = &self.standing.roster;
        let holders: BTreeSet<PersonId> = roster.roles.values().flatten().cloned().collect();
        self.tell(news, &holders)
    }

    fn tell(&mut self, news: &RehearsalNews, to: &BTreeSet<PersonId>) -> Result<(), RecordError> {
        let number = self.installation(&InstallationEvent::Rehearsal { news: news.clone() })?;
        for (place, person) in (0..).zip(to) {
            let effect = InstallationEffect::TellRehearsal { person: person.clone(), news: news.clone() };
            self.owe_installation(number, place, &effect)?;
        }
        Ok(())
    }
}
