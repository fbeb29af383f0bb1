//! What `holdline incident` asks of the running daemon. Everything here somebody could do on the page as well; nothing
//! here approves, and a fact that is written here is only proposed: who speaks over the socket is not proved.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::core::incident::{Asker, Event, Incident, IncidentId, Refusal};
use crate::core::name::{FactName, PersonId, PlaybookName, StepId};
use crate::core::shown::{Dated, Shown};
use crate::engine::{Calendar, Engine, Entry, RecordError};

/// The most incidents that are listed, the latest first; the desk has them all.
pub const LISTED_MAX: usize = 50;
/// The most that is said of one incident, in bytes: it must fit into one answer. Its page has the rest.
pub const SAID_BYTES_MAX: usize = 32 * 1024;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum IncidentRequest {
    Open { playbook: PlaybookName, by: PersonId, reason: String },
    List,
    Deadlines,
    Show { incident: IncidentId },
    Claim { incident: IncidentId, by: PersonId },
    Fact { incident: IncidentId, fact: FactName, value: String, by: PersonId },
    StandDown { incident: IncidentId, by: PersonId, reason: String },
    Close { incident: IncidentId, by: PersonId, reason: String },
    Link { incident: IncidentId, other: IncidentId, by: PersonId, reason: String },
    Unlink { incident: IncidentId, other: IncidentId, by: PersonId, reason: String },
    Switch { incident: IncidentId, playbook: PlaybookName, by: PersonId, reason: String, drop: BTreeSet<StepId> },
    Merge { incident: IncidentId, into: IncidentId, by: PersonId, reason: String },
}

/// Carries a request out; says what came of it, in sentences.
pub(super) async fn carry_out(engine: &Engine, request: IncidentRequest) -> Result<Vec<String>, RecordError> {
    match request {
        IncidentRequest::Open { playbook, by, reason } => {
            let id = engine.open(&playbook, &by, reason).await?;
            Ok(vec![format!("Incident {id} is open, and those who are to be alerted are told."), page(engine, id)])
        }
        IncidentRequest::List => Ok(list(engine)),
        IncidentRequest::Deadlines => Ok(deadlines(engine)),
        IncidentRequest::Show { incident } => show(engine, incident),
        IncidentRequest::Claim { incident, by } => {
            engine.record(incident, Event::Claimed { by: by.clone() }).await?;
            Ok(vec![format!("{} has incident {incident}.", name(engine, incident, &by))])
        }
        IncidentRequest::Fact { incident, fact, value, by } => propose(engine, incident, fact, &value, by).await,
        IncidentRequest::StandDown { incident, by, reason } => {
            engine.record(incident, Event::StandDownAsked { by: Asker::Person(by), reason }).await?;
            Ok(vec![format!("People are asked whether incident {incident} is over. Nothing ends before they approve.")])
        }
        IncidentRequest::Close { incident, by, reason } => {
            engine.record(incident, Event::Closed { by, reason }).await?;
            Ok(vec![format!("Incident {incident} is closed.")])
        }
        IncidentRequest::Link { incident, other, by, reason } => {
            engine.link(incident, other, &by, reason).await?;
            Ok(vec![format!("Incidents {incident} and {other} are linked.")])
        }
        IncidentRequest::Unlink { incident, other, by, reason } => {
            engine.unlink(incident, other, &by, reason).await?;
            Ok(vec![format!("Incidents {incident} and {other} are linked no more.")])
        }
        IncidentRequest::Switch { incident, playbook, by, reason, drop } => {
            engine.switch_playbook(incident, &playbook, None, &by, reason, drop).await?;
            let said =
                format!("Incident {incident} goes on by the playbook {playbook}; what was not posted is withdrawn.");
            Ok(vec![said, page(engine, incident)])
        }
        IncidentRequest::Merge { incident, into, by, reason } => {
            engine.merge(incident, into, &by, reason).await?;
            let said =
                format!("Incident {incident} stood down into incident {into}, which has what is left to do of it.");
            Ok(vec![said, page(engine, into)])
        }
    }
}

async fn propose(
    engine: &Engine,
    incident: IncidentId,
    fact: FactName,
    value: &str,
    by: PersonId,
) -> Result<Vec<String>, RecordError> {
    let Entry { rules, .. } = entry(engine, incident)?;
    let spec = rules.playbook.fact(&fact).ok_or(Refusal::Unknown)?;
    let value = spec.kind.parse(value, &rules.organisation.zone()).map_err(Refusal::from)?;
    let who = spec.confirmed_by.as_ref().map_or_else(|| "somebody".to_owned(), |role| format!("the {role}"));
    engine.record(incident, Event::FactProposed { fact, value, by }).await?;
    Ok(vec![format!("It is written down. It is a fact once {who} confirms it on the page."), page(engine, incident)])
}

fn entry(engine: &Engine, incident: IncidentId) -> Result<Entry, RecordError> {
    engine.board().incidents.get(&incident).cloned().ok_or(RecordError::NoSuchIncident)
}

fn name(engine: &Engine, incident: IncidentId, person: &PersonId) -> String {
    entry(engine, incident)
        .map_or_else(|_| person.to_string(), |entry| entry.incident.roster.name_of(person).to_owned())
}

fn page(engine: &Engine, incident: IncidentId) -> String {
    format!("{}/incident/{incident}", engine.standing().url)
}

fn list(engine: &Engine) -> Vec<String> {
    let board = engine.board();
    let latest = board.incidents.values().rev().take(LISTED_MAX);
    let mut said: Vec<String> = latest.map(|entry| line(&shown(engine, entry))).collect();
    match board.incidents.len() {
        0 => said.push("There has been no incident.".to_owned()),
        all if all > LISTED_MAX => said.push(format!("and {} before these", all - LISTED_MAX)),
        _ => {}
    }
    said
}

fn deadlines(engine: &Engine) -> Vec<String> {
    let Calendar { mut lines, more } = engine.calendar();
    let more = more + lines.len().saturating_sub(LISTED_MAX);
    lines.truncate(LISTED_MAX);
    let mut said: Vec<String> = lines
        .into_iter()
        .map(|Dated { when, late, what, who, incident, .. }| {
            let late = if late { "overdue since " } else { "" };
            format!("{late}{when}: {what}. {who}, incident {incident}")
        })
        .collect();
    match (said.len(), more) {
        (0, _) => said.push("Nothing is owed by a time.".to_owned()),
        (_, 0) => {}
        (_, more) => said.push(format!("and {more} later ones")),
    }
    said
}

fn shown<'a>(engine: &Engine, entry: &'a Entry) -> Shown<'a> {
    Shown { incident: &entry.incident, rules: &entry.rules, now: engine.machine_time() }
}

fn line(shown: &Shown<'_>) -> String {
    let Incident { id, title, severity, opened_at, .. } = shown.incident;
    let severity = severity.to_string().to_lowercase();
    format!("{id}: {title}, {severity}, opened {}. {}", shown.time(*opened_at), shown.incident_state())
}

fn show(engine: &Engine, id: IncidentId) -> Result<Vec<String>, RecordError> {
    let entry = entry(engine, id)?;
    let shown = shown(engine, &entry);
    let duty = shown.duty();
    let has = if duty.claimed { "has it" } else { "is asked first; nobody has claimed it" };
    let mut said = vec![line(&shown), format!("{} {has}.", duty.name)];
    said.extend(
        shown
            .known_facts()
            .into_iter()
            .map(|fact| format!("Fact: {} {} (confirmed by {})", fact.ask, fact.value, fact.confirmed_by)),
    );
    said.extend(shown.unknown_facts().into_iter().map(|fact| format!("Unknown: {} ({})", fact.ask, fact.state)));
    for task in entry.incident.tasks.keys() {
        said.push(format!("Task {task}: {}", shown.task_state(task)));
    }
    for (step, statement) in &entry.incident.statements {
        said.push(format!("Statement {step}: {}", shown.statement_state(statement)));
        for post in shown.posts(statement, &engine.standing().url) {
            let url = post.url.map(|url| format!(" {url}")).unwrap_or_default();
            said.push(format!("  {} {}{url}", post.channel, post.state));
        }
    }
    let page = page(engine, id);
    let mut room = SAID_BYTES_MAX - page.len();
    let fits = said.iter().take_while(|line| {
        let before = room;
        room = room.saturating_sub(line.len() + 1);
        before > line.len()
    });
    let fits = fits.count();
    said.truncate(fits);
    said.push(page);
    Ok(said)
}
