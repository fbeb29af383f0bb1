//! The people who bring any story to its end: whatever a restart finds, they go on from there until nothing is owed any more.

use holdline::core::approval::Decision;
use holdline::core::incident::{
    Asker, Event, Fact, IncidentId, IncidentPhase, PostPhase, Settlement, StatementPhase, Verification,
};
use holdline::core::name::{FactName, StepId};
use holdline::core::playbook::FactValue;
use holdline::engine::{Answer, Audience};
use holdline::store::{Claimed, INSTALLATION, Settled};
use jiff::SignedDuration;

use super::posting;
use super::world::World;
use crate::hospital::person;

/// Rounds in which any story ends.
const ROUNDS_MAX: usize = 400;
const ROWS_MAX: usize = 64;

/// Goes on until everybody stood down and nothing is owed.
pub(super) fn finish(world: &mut World) {
    for _ in 0..ROUNDS_MAX {
        world.inside();
        let carried = outside(world);
        let ids: Vec<_> = world.board().incidents.keys().copied().collect();
        let mut acted = false;
        for id in ids {
            acted |= act(world, id);
        }
        if !carried && !acted && !time_goes_by(world) {
            return;
        }
    }
    panic!("the story does not come to its end: {:?}", world.board().incidents);
}

/// Mails and posts that are due.
pub(super) fn outside(world: &mut World) -> bool {
    let rows = world.work(|work| work.claim_outside(ROWS_MAX)).unwrap();
    for row in &rows {
        carry_out(world, row);
    }
    !rows.is_empty()
}

pub(super) fn carry_out(world: &mut World, row: &Claimed) {
    if row.id.incident != INSTALLATION
        && let Some(errand) = posting::errand_of(row)
    {
        posting::carry_out(world, row, &errand);
    } else {
        world.work(|work| work.settle(row, &Settled::Done("sent".to_owned()), None)).unwrap();
    }
}

fn time_goes_by(world: &mut World) -> bool {
    let Some(next) = world.work(|work| work.next_due()).unwrap() else { return false };
    world.now = next.max(world.now + SignedDuration::from_secs(1));
    true
}

/// Whatever somebody can do about an incident now.
fn act(world: &mut World, id: IncidentId) -> bool {
    let incident = world.incident(id);
    if !incident.is_running() {
        return false;
    }
    let (ana, reason) = (|| person("ana"), || "because".to_owned());
    let mut acted = false;
    if incident.verified.is_none() {
        acted |= world.record(id, &Event::Verified { verdict: Verification::Real, by: ana(), reason: reason() });
    }
    if incident.duty.is_none() {
        acted |= world.record(id, &Event::Claimed { by: ana() });
    }
    for (fact, value) in facts() {
        if !matches!(incident.facts.get(&fact), Some(Fact::Confirmed { .. })) {
            acted |= world.record(id, &Event::FactConfirmed { fact, value, by: ana() });
        }
    }
    for (statement, channel) in posting::lost(world, id) {
        let url = "https://wire.example/1".to_owned();
        let there = posting::is_public(world, id, &statement);
        let found = if there { Settlement::There { url } } else { Settlement::NotThere };
        acted |= world.record(id, &Event::PostSettled { statement, channel: channel.into(), by: ana(), found });
    }
    for statement in by_hand(world, id) {
        let (channel, url) = ("board".into(), "https://board.example/1".to_owned());
        acted |= world.record(id, &Event::PostedByHand { statement, channel, by: ana(), url });
    }
    acted |= answer(world, id);
    let all_out = incident.statements.len() == 2
        && incident.statements.values().all(|statement| matches!(statement.phase, StatementPhase::Posted(_)));
    if all_out && incident.phase == IncidentPhase::Open {
        acted |= world.record(id, &Event::StandDownAsked { by: Asker::Person(ana()), reason: reason() });
    }
    acted
}

pub(super) fn facts() -> [(FactName, FactValue); 2] {
    let (number, happened) = ("+1 555 010 0100".to_owned(), "A file was copied.".to_owned());
    [("help_line".into(), FactValue::Phone(number)), ("what_happened".into(), FactValue::Text(happened))]
}

fn by_hand(world: &World, id: IncidentId) -> Vec<StepId> {
    let incident = world.incident(id);
    let asked = |name: &&StepId| matches!(incident.post(name, &"board".into()), Some(PostPhase::ByHand { .. }));
    incident.statements.keys().filter(asked).cloned().collect()
}

/// Everybody who is asked says yes, with link and code.
fn answer(world: &mut World, id: IncidentId) -> bool {
    let incident = world.incident(id);
    let waiting = incident.requests.iter().filter(|request| incident.awaits(request, world.now).is_ok());
    let people: Vec<_> = waiting.map(|request| request.person.to_string()).collect();
    let mut acted = false;
    for name in people {
        acted |= approve(world, id, &name, None);
    }
    acted
}

/// Somebody answers the latest request made to them; with a code of their own where one is given.
pub(super) fn approve(world: &mut World, id: IncidentId, name: &str, typed: Option<&str>) -> bool {
    let incident = world.incident(id);
    let mut asked = incident.requests.iter().rev().filter(|request| request.person == person(name));
    let Some(request) = asked.find(|request| incident.awaits(request, world.now).is_ok()) else { return false };
    let audience = Audience::Approval { incident: &incident, request };
    let links = world.recorder().links();
    let (token, code) = (links.token(audience), links.code(audience));
    let code = typed.map_or(code, str::to_owned);
    let answer = Answer::Decide(Decision::Approve);
    let answered = world.work(|work| Ok(work.answer(&token, &code, &answer).map_err(|error| error.to_string())));
    answered.unwrap().is_ok()
}
