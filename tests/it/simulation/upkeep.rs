//! That nothing waits for nobody: the outbox's rows, and whom each open incident waits for.

use std::collections::BTreeSet;

use holdline::core::incident::{
    AlertPhase, Deadline, Effect, Hold, Incident, IncidentId, PostPhase, StatementPhase, Subject,
};
use holdline::engine::LEASE;
use holdline::store::INSTALLATION;
use jiff::{SignedDuration, Timestamp};

use super::posting::of;
use super::world::World;

/// No playbook here waits longer for anything.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(26);

/// A row that is still owed.
struct Row {
    incident: IncidentId,
    effect: Option<Effect>,
    not_before: Timestamp,
}

impl World {
    /// Dearer to check, so every few steps.
    pub(super) fn check_upkeep(&mut self) {
        let rows = self.open_rows();
        for row in &rows {
            assert!(
                row.not_before <= self.clocks.engine + LONGEST_WAIT,
                "{:?} of incident {} waits until {}",
                row.effect,
                row.incident,
                row.not_before
            );
        }
        let incidents: Vec<IncidentId> = self.ledger.folded.keys().copied().collect();
        for id in incidents {
            let incident = &self.ledger.folded[&id].0;
            let owed: Vec<&Row> = rows.iter().filter(|row| row.incident == id).collect();
            check_posts_are_owed(incident, &owed);
            if incident.is_running() {
                check_somebody_is_waited_for(incident, &owed);
                check_statements_wait(incident, &owed, self.clocks.engine);
            }
        }
    }

    fn open_rows(&mut self) -> Vec<Row> {
        let (path, engine) = (self.path.clone(), self.clocks.engine);
        let sql = "select incident, kind, body, not_before, claimed_until from outbox where outcome is null";
        let mut statement = self.ledger.db(&path).prepare_cached(sql).unwrap();
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))
            .unwrap();
        let rows: Vec<(IncidentId, String, String, i64, Option<i64>)> = rows.map(Result::unwrap).collect();
        let mut open = Vec::new();
        for (incident, kind, body, not_before, claimed_until) in rows {
            assert!(
                ["inside", "mail", "look", "intended", "channel"].contains(&kind.as_str()),
                "nothing picks up rows of kind {kind}"
            );
            let held_for_ever = claimed_until.is_some_and(|until| until > (engine + LEASE).as_millisecond());
            assert!(!held_for_ever, "a row is claimed for longer than any lease");
            let effect = (incident != INSTALLATION).then(|| serde_json::from_str(&body).unwrap());
            let not_before = Timestamp::from_millisecond(not_before).unwrap();
            open.push(Row { incident, effect, not_before });
        }
        open
    }

    /// What is still owed, in words.
    pub(super) fn still_owed(&mut self) -> Vec<String> {
        let rows = self.open_rows();
        rows.iter().map(|row| format!("{}: {:?} at {}", row.incident, row.effect, row.not_before)).collect()
    }
}

/// A post that is due, or whose outcome nobody wrote down yet, has a row that will see to it.
fn check_posts_are_owed(incident: &Incident, owed: &[&Row]) {
    for (statement, found) in &incident.statements {
        let posts = found.posting().into_iter().flat_map(|posting| &posting.posts);
        for (channel, post) in posts {
            let seen_to = |row: &&Row| match (&row.effect, post) {
                (
                    Some(Effect::Post { statement: of, channel: on, attempt: nth, .. }),
                    PostPhase::Owed { attempt } | PostPhase::Intended { attempt, .. },
                )
                | (
                    Some(Effect::LookUp { statement: of, channel: on, attempt: nth, .. }),
                    PostPhase::Unknown { attempt, .. },
                ) => of == statement && on == channel && nth == attempt,
                _ => false,
            };
            let needs_a_row = match post {
                PostPhase::Owed { .. } | PostPhase::Intended { .. } | PostPhase::Unknown { .. } => true,
                PostPhase::NeedsPerson { .. }
                | PostPhase::Confirmed { .. }
                | PostPhase::Refused { .. }
                | PostPhase::ByHand { .. }
                | PostPhase::Cancelled
                | PostPhase::TakingDown { .. }
                | PostPhase::TakenDown { .. } => false,
            };
            let place = of(incident.id, statement, channel);
            assert!(!needs_a_row || owed.iter().any(seen_to), "{place:?} is {post:?}, and nothing will see to it");
        }
    }
}

/// A named person, or a row with a date.
fn check_somebody_is_waited_for(incident: &Incident, owed: &[&Row]) {
    let told = |alert: &AlertPhase| matches!(alert, AlertPhase::Ringing { told, .. } if !told.is_empty());
    let named = incident.duty.is_some() || incident.alerts.values().any(told);
    assert!(
        named || !owed.is_empty(),
        "incident {} waits for nobody: alerts {:?}, duty {:?}",
        incident.id,
        incident.alerts,
        incident.duty
    );
}

/// Whatever a statement waits for is on its way: a draft, a deadline, or a request that can still be answered.
fn check_statements_wait(incident: &Incident, owed: &[&Row], now: Timestamp) {
    for (id, found) in &incident.statements {
        if found.phase == StatementPhase::Drafting(Hold::Draft) {
            let draft = Some(Effect::Draft { statement: id.clone() });
            assert!(owed.iter().any(|row| row.effect == draft), "incident {}: nobody drafts {id}", incident.id);
        }
        let StatementPhase::Asking(ballot) = &found.phase else { continue };
        let subject = Subject::Statement(id.clone());
        let answerable: BTreeSet<_> = incident
            .requests
            .iter()
            .filter(|request| request.of == subject && incident.awaits(request, now).is_ok())
            .map(|request| request.number)
            .collect();
        let deadline = owed.iter().any(|row| {
            matches!(&row.effect, Some(Effect::WakeAt { of: Deadline::Stage { of, round, .. }, .. })
                if *of == subject && *round == ballot.round())
        });
        // Where nobody is left to ask, the duty officer was told: a named person too. What is stopped waits for the switch.
        let stuck = !ballot.stuck(&incident.roster).is_empty();
        assert!(
            !answerable.is_empty() || deadline || stuck || incident.stopped.is_some(),
            "incident {}: {id} is asked, and nobody can answer",
            incident.id
        );
    }
}
