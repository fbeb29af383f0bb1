//! Posting as the engine's worker does it, with the real file channel: the only place here that calls the posting protocol.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use holdline::channel::{Channel, Found, KINDS, Outcome, Outside};
use holdline::core::incident::{Effect, IncidentId, PostPhase};
use holdline::core::name::StepId;
use holdline::engine::{LookUpStep, PostJob, PostStep};
use holdline::store::Claimed;
use serde_json::{Value, json};

use super::world::{WIRE, World};

/// The real file channel, writing to the world's wire.
fn wire(world: &World) -> Arc<dyn Channel> {
    let kind = KINDS.iter().find(|kind| kind.name == "file").unwrap();
    let settings = json!({ "path": world.folder.join(WIRE) });
    let settings = (kind.parse)(&mut <dyn erased_serde::Deserializer<'_>>::erase(settings), None).unwrap();
    settings.connect(&"wire".into(), &Outside::default()).unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// What a claimed row asks of a channel.
pub(super) enum Errand {
    Post(PostJob),
    LookUp(PostJob),
}

pub(super) fn errand_of(row: &Claimed) -> Option<Errand> {
    let job = |statement, channel, attempt| PostJob { incident: row.id.incident, statement, channel, attempt };
    match serde_json::from_str(&row.body).unwrap() {
        Effect::Post { statement, channel, attempt, .. } => Some(Errand::Post(job(statement, channel, attempt))),
        Effect::LookUp { statement, channel, attempt, .. } => Some(Errand::LookUp(job(statement, channel, attempt))),
        Effect::Alert { .. }
        | Effect::Page { .. }
        | Effect::AskTask { .. }
        | Effect::AskApproval { .. }
        | Effect::Draft { .. }
        | Effect::Remind { .. }
        | Effect::Tell { .. }
        | Effect::TellAddress { .. }
        | Effect::AskToPost { .. }
        | Effect::LookAt { .. }
        | Effect::TakeDown { .. }
        | Effect::AskToTakeDown { .. }
        | Effect::WakeAt { .. } => None,
    }
}

/// Records the intent, and dies there for all that anybody knows.
pub(super) fn intend(world: &mut World, row: &Claimed, job: &PostJob) {
    let step = world.work(|work| work.begin_post(row, job)).unwrap();
    assert!(matches!(step, PostStep::Call(..)), "{step:?}");
}

pub(super) fn carry_out(world: &mut World, row: &Claimed, errand: &Errand) {
    match errand {
        Errand::Post(job) => post(world, row, job),
        Errand::LookUp(job) => look_up(world, row, job),
    }
}

/// Carries out one claimed post. A post that may be public already is never called.
fn post(world: &mut World, row: &Claimed, job: &PostJob) {
    let before = world.incident(job.incident).post(&job.statement, &job.channel).cloned();
    let PostStep::Call(approved, intent) = world.work(|work| work.begin_post(row, job)).unwrap() else { return };
    let owed = matches!(before, Some(PostPhase::Owed { .. }));
    assert!(owed, "{job:?} was {before:?} and is called again by itself");
    // Without the folder's name, which differs from one telling of a story to the next.
    let outcome = match runtime().block_on(wire(world).post(&approved, &intent)) {
        Outcome::Done { .. } => Outcome::Done { url: format!("https://wire.example/{}", intent.key) },
        outcome @ (Outcome::Later { .. } | Outcome::Never(_) | Outcome::Unknown(_)) => outcome,
    };
    world.work(|work| work.end_post(row, job, outcome.clone())).unwrap();
}

fn look_up(world: &mut World, row: &Claimed, job: &PostJob) {
    let LookUpStep::Look(sent, intent) = world.work(|work| work.begin_look_up(row, job)).unwrap() else { return };
    let found = match runtime().block_on(wire(world).find(&sent, &intent)) {
        Found::There { .. } => Found::There { url: format!("https://wire.example/{}", intent.key) },
        found @ (Found::Nothing | Found::CannotTell(_)) => found,
    };
    world.work(|work| work.end_look_up(row, job, found.clone())).unwrap();
}

/// Posts that no look-up found: somebody looks, and says what is there.
pub(super) fn lost(world: &World, id: IncidentId) -> Vec<(StepId, String)> {
    let incident = world.incident(id);
    let mut lost = Vec::new();
    for name in incident.statements.keys() {
        if let Some(PostPhase::NeedsPerson { .. }) = incident.post(name, &"wire".into()) {
            lost.push((name.clone(), "wire".to_owned()));
        }
    }
    lost
}

/// What the public has of each text on the wire: how often it is there.
pub(super) fn public(world: &World) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for line in fs::read_to_string(world.folder.join(WIRE)).unwrap_or_default().lines() {
        // A line that a death cut off was never whole, and readers of JSON lines pass over it.
        let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
        *found.entry(line["texts"].to_string()).or_default() += 1;
    }
    found
}

/// Whether a text of this statement is public on the wire.
pub(super) fn is_public(world: &World, id: IncidentId, statement: &StepId) -> bool {
    let incident = world.incident(id);
    let Some(version) = incident.statements[statement].current() else { return false };
    let body = &version.package.variants[0].body;
    public(world).keys().any(|texts| {
        let texts: Value = serde_json::from_str(texts).unwrap();
        texts.as_array().unwrap().iter().any(|text| text["body"] == body.as_str())
    })
}
