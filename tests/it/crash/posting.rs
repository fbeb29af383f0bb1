//! Posting as the engine's worker does it, with the real file channel: the only place here that calls the posting protocol.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use holdline::channel::{Channel, KINDS, Outcome};
use holdline::core::incident::{Effect, IncidentId, PostPhase};
use holdline::core::name::StepId;
use holdline::engine::{PostJob, PostStep, after_look_up};
use holdline::store::Claimed;
use serde_json::{Value, json};

use super::world::{WIRE, World};

/// The real file channel, writing to the world's wire.
fn wire(world: &World) -> Arc<dyn Channel> {
    let kind = KINDS.iter().find(|kind| kind.name == "file").unwrap();
    let settings = json!({ "path": world.folder.join(WIRE) });
    let settings = (kind.parse)(&mut <dyn erased_serde::Deserializer<'_>>::erase(settings), None).unwrap();
    settings.connect(&"wire".into()).unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// The job of a claimed row, where it is a post.
pub(super) fn job_of(row: &Claimed) -> Option<PostJob> {
    match serde_json::from_str(&row.body).unwrap() {
        Effect::Post { statement, channel, attempt, .. } => {
            Some(PostJob { incident: row.id.incident, statement, channel, attempt })
        }
        Effect::Alert { .. }
        | Effect::AskTask { .. }
        | Effect::AskApproval { .. }
        | Effect::Draft { .. }
        | Effect::Remind { .. }
        | Effect::Tell { .. }
        | Effect::AskToPost { .. }
        | Effect::WakeAt { .. } => None,
    }
}

/// Records the intent, and dies there for all that anybody knows.
pub(super) fn intend(world: &mut World, row: &Claimed, job: &PostJob) {
    let step = world.work(|work| work.begin_post(row, job)).unwrap();
    assert!(matches!(step, PostStep::Call(_)), "{step:?}");
}

/// Carries out one claimed post. A post that may be public already is never called.
pub(super) fn carry_out(world: &mut World, row: &Claimed, job: &PostJob) {
    let before = world.incident(job.incident).post(&job.statement, &job.channel).cloned();
    let step = world.work(|work| work.begin_post(row, job)).unwrap();
    let (channel, key) = (wire(world), row.id.to_string());
    let outcome = match step {
        PostStep::Nothing => return,
        PostStep::Call(approved) => {
            let owed = matches!(before, Some(PostPhase::Owed { .. }));
            assert!(owed, "{job:?} was {before:?} and is called again by itself");
            runtime().block_on(channel.post(&approved, &key))
        }
        PostStep::LookUp(approved) => after_look_up(runtime().block_on(channel.find(&approved, &key))),
    };
    // Without the folder's name, which differs from one telling of a story to the next.
    let outcome = match outcome {
        Outcome::Done { .. } => Outcome::Done { url: format!("https://wire.example/{key}") },
        Outcome::Later { .. } | Outcome::Never(_) | Outcome::Unknown(_) => outcome,
    };
    world.work(|work| work.end_post(row, job, outcome.clone())).unwrap();
}

/// Posts whose outcome nobody knows: somebody looks, and says what is there.
pub(super) fn lost(world: &World, id: IncidentId) -> Vec<(StepId, String)> {
    let incident = world.incident(id);
    let mut lost = Vec::new();
    for name in incident.statements.keys() {
        if let Some(PostPhase::Unknown { .. }) = incident.post(name, &"wire".into()) {
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
