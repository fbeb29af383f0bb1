//! Rehearsals with the team, in a record of their own: planned and announced, begun, called off, and told how they went.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Engine;
use super::error::RecordError;
use super::work::{CHANNEL, MAIL, PAGE, Work};
use crate::core::incident::{Event, Incident, IncidentId};
use crate::core::name::{PersonId, PlaybookName};
use crate::core::statement::clock_time;
use crate::store::{InstallationEffect, InstallationEvent, RehearsalNews, StoreError};

/// How late one may begin: who was told of ten does not wait until noon.
pub const LATE_MAX: SignedDuration = SignedDuration::from_mins(15);

const PLANNED: &str = "rehearsal:planned";

/// What becomes of what was owed to people for a rehearsal that is ended.
const LET_GO: &str = "broken off";

/// Why no rehearsal may begin by now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotNow {
    #[error("incident {0} is open, and a rehearsal would be in its way; it can begin once that is over")]
    LiveIncident(IncidentId),
    #[error("a rehearsal of {title} is announced for {at}; end it first with `holdline rehearse --stop`")]
    Announced { title: String, at: String },
    #[error("a rehearsal of {title} is under way since {since}; end it first with `holdline rehearse --stop`")]
    UnderWay { title: String, since: String },
}

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

impl Engine {
    /// Incidents that are running, by number, with their titles.
    pub fn running(&self) -> Vec<(IncidentId, String)> {
        let board = self.board();
        let running = board.incidents.iter().filter(|(_, entry)| entry.incident.is_running());
        running.map(|(id, entry)| (*id, entry.incident.title.clone())).collect()
    }

    /// What keeps a rehearsal from beginning here, beside `live`: one check for the command and the desk.
    pub async fn no_rehearsal_now(&self, live: &Self) -> Result<Option<NotNow>, RecordError> {
        if let Some((id, _)) = live.running().first() {
            return Ok(Some(NotNow::LiveIncident(*id)));
        }
        let zone = self.standing().organisation.zone();
        let board = self.board();
        let mut incidents = board.incidents.values().map(|entry| &entry.incident);
        if let Some(incident) = incidents.find(|incident| incident.is_running()) {
            let (title, since) = (incident.title.clone(), clock_time(incident.opened_at, &zone, "en"));
            return Ok(Some(NotNow::UnderWay { title, since }));
        }
        let announced = self.announced().await?;
        Ok(announced.map(|(title, at)| NotNow::Announced { title, at: clock_time(at, &zone, "en") }))
    }

    /// The rehearsal that is announced: its title, and when it begins.
    pub async fn announced(&self) -> Result<Option<(String, Timestamp)>, RecordError> {
        self.call(|work| {
            let Some(planned) = work.planned_rehearsal()? else { return Ok(None) };
            Ok(Some((work.title_of(&planned.playbook), planned.at)))
        })
        .await
    }
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
        if !self.standing.rules.contains_key(&planned.playbook) {
            return Err(RecordError::NoSuchPlaybook);
        }
        let title = self.title_of(&planned.playbook);
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
            self.call_off("Holdline did not run when it should have begun", None)?;
            return Ok(None);
        }
        if !self.standing.rules.contains_key(&planned.playbook) {
            self.call_off("its playbook is in the folder no more", None)?;
            return Ok(None);
        }
        self.batch.drop_note(PLANNED)?;
        self.open(&planned.playbook, &planned.by, "a rehearsal with the team").map(Some)
    }

    /// Ends what runs and drops what is planned, for the live incident at this page or another reason. What is still owed
    /// to people for it is dropped, but for the word that it is over. Says whether there was anything.
    pub fn call_off(&mut self, why: &str, live: Option<&str>) -> Result<bool, RecordError> {
        let running: Vec<IncidentId> = self.state.running.iter().copied().collect();
        let planned = self.planned_rehearsal()?;
        if running.is_empty() && planned.is_none() {
            return Ok(false);
        }
        self.batch.let_go_of_news("announced", LET_GO)?;
        let live = live.map(str::to_owned);
        for id in running {
            self.record_if_wanted(id, Event::BrokenOff { why: why.to_owned() })?;
            self.batch.let_go(id, &[MAIL, PAGE, CHANNEL], LET_GO)?;
            let (title, to) = {
                let incident = self.entry(id)?.incident;
                (incident.title.clone(), self.team_of(&incident))
            };
            let news = RehearsalNews::Over { title, incident: id, why: why.to_owned(), live: live.clone() };
            self.tell(&news, &to)?;
        }
        if let Some(planned) = planned {
            self.batch.drop_note(PLANNED)?;
            let title = self.title_of(&planned.playbook);
            self.tell_the_team(&RehearsalNews::CalledOff { title, why: why.to_owned(), live })?;
        }
        Ok(true)
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

    /// Tells everybody who was told of it, and these too, how it went; once.
    pub fn tell_score(
        &mut self,
        id: IncidentId,
        others: &BTreeSet<PersonId>,
        lines: &[String],
    ) -> Result<(), RecordError> {
        let note = scored(id);
        if self.batch.note(&note)?.is_some() {
            return Ok(());
        }
        self.batch.put_note(&note, "told", self.now())?;
        let incident = self.entry(id)?.incident;
        let news = RehearsalNews::Scored { title: incident.title.clone(), incident: id, lines: lines.to_vec() };
        let to = self.team_of(&incident).union(others).cloned().collect();
        self.tell(&news, &to)
    }

    /// Everybody who was told that it begins, and whoever stood in for somebody since.
    fn team_of(&self, incident: &Incident) -> BTreeSet<PersonId> {
        let mut team = self.holders();
        team.extend(incident.roster.roles.values().flatten().cloned());
        team.extend(incident.requests.iter().map(|request| request.person.clone()));
        team.extend(incident.duty.iter().cloned());
        team
    }

    fn holders(&self) -> BTreeSet<PersonId> {
        self.standing.roster.roles.values().flatten().cloned().collect()
    }

    /// A playbook that left the folder since has its name left.
    fn title_of(&self, playbook: &PlaybookName) -> String {
        self.standing.rules.get(playbook).map_or_else(|| playbook.to_string(), |rules| rules.playbook.title.clone())
    }

    fn tell_the_team(&mut self, news: &RehearsalNews) -> Result<(), RecordError> {
        let holders = self.holders();
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
