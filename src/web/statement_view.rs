//! One statement on the incident's page: what it says, where it stands, and what can be done to it.

use serde::Serialize;

use super::Site;
use crate::core::incident::{Hold, IncidentId, PostPhase, Statement, StatementPhase};
use crate::core::name::StepId;
use crate::core::shown::{Changes, PostState, Shown, ShownFinding, ShownStage, Text, changes_between, texts};
use crate::core::statement::Says;

#[expect(clippy::struct_excessive_bools, reason = "each shows or hides one part of the page")]
#[derive(Serialize)]
pub(super) struct StatementView {
    incident: IncidentId,
    id: String,
    name: String,
    audience: String,
    state: String,
    due: Option<String>,
    version: u32,
    /// How many events the incident had when this page was made: what an edit was written over.
    events: u32,
    saved: String,
    digest: String,
    texts: Vec<Text>,
    next_update: Option<String>,
    findings: Vec<ShownFinding>,
    /// Rules that stop it and can be lifted.
    stopping: Vec<String>,
    changes: Option<Changes>,
    stages: Vec<ShownStage>,
    posts: Vec<PostState>,
    by_hand: Vec<String>,
    /// Channels where a person must say whether it is there.
    needs_person: Vec<String>,
    can_take_down: Vec<String>,
    /// Channels where somebody was asked to take it down by hand, or Holdline does it.
    being_taken_down: Vec<String>,
    can_correct: bool,
    /// What this statement corrects.
    corrects: Option<String>,
    corrected_by: Vec<String>,
    can_edit: bool,
    can_redraft: bool,
    can_ask_again: bool,
    /// It is approved to be said to whoever asks.
    can_use: bool,
    uses: Vec<String>,
    /// It is approved and held, and goes out on the reader's word.
    can_say_now: bool,
    can_begin: bool,
    can_skip: bool,
    can_say_nothing_new: bool,
    can_say_what_is_new: bool,
    /// What its public text promises of the next word, and what became of it.
    promise: Option<String>,
}

impl Site {
    pub(super) fn statements(&self, shown: &Shown<'_>) -> Vec<StatementView> {
        let steps = shown.incident.statement_steps(shown.rules).into_iter();
        let found = steps.filter_map(|(id, _)| Some((shown.incident.statements.get(&id)?, id)));
        found.map(|(statement, id)| self.statement(shown, &id, statement)).collect()
    }

    fn statement(&self, shown: &Shown<'_>, id: &StepId, statement: &Statement) -> StatementView {
        let current = statement.current();
        let running = shown.incident.is_running();
        let step = shown.incident.statement_step(id, shown.rules);
        let changes = statement
            .previous()
            .zip(current)
            .map(|(old, new)| changes_between(old, new, format!("since version {}", old.number)));
        StatementView {
            incident: shown.incident.id,
            id: id.to_string(),
            name: Shown::statement_name(id),
            audience: step.map(|step| step.audience.clone()).unwrap_or_default(),
            state: shown.statement_state(statement),
            due: statement.due.map(|due| {
                let late = if statement.overdue { " (overdue)" } else { "" };
                format!("{}{late}", shown.time(due))
            }),
            version: statement.version(),
            events: shown.incident.events,
            saved: current.map(|version| shown.time(version.saved_at)).unwrap_or_default(),
            digest: current.map(|version| version.digest.to_string()).unwrap_or_default(),
            texts: current.map(|version| texts(&version.package)).unwrap_or_default(),
            next_update: current.and_then(|version| version.package.next_update).map(|at| shown.time(at)),
            findings: current.map(|version| shown.findings(statement, version)).unwrap_or_default(),
            stopping: match &statement.phase {
                StatementPhase::Drafting(Hold::Blocked(rules)) if running => rules.clone(),
                StatementPhase::Drafting(_)
                | StatementPhase::Waiting
                | StatementPhase::Asking(_)
                | StatementPhase::Posting(_)
                | StatementPhase::Posted(_)
                | StatementPhase::Ready(_)
                | StatementPhase::Skipped(_)
                | StatementPhase::Withdrawn => Vec::new(),
            },
            changes,
            stages: statement.ballot().map(|ballot| shown.stages(ballot)).unwrap_or_default(),
            posts: shown.posts(statement, &self.url),
            by_hand: channels(statement, |post| matches!(post, PostPhase::ByHand { .. })),
            needs_person: channels(statement, |post| matches!(post, PostPhase::NeedsPerson { .. })),
            can_take_down: channels(statement, |post| matches!(post, PostPhase::Confirmed { .. })),
            being_taken_down: channels(statement, |post| matches!(post, PostPhase::TakingDown { .. })),
            can_correct: running
                && statement
                    .posting()
                    .is_some_and(|posting| posting.posts.values().any(|post| post.perhaps_public_since().is_some())),
            corrects: statement.corrects().map(Shown::statement_name),
            corrected_by: shown.incident.corrections_of(id).iter().map(Shown::statement_name).collect(),
            can_edit: running
                && current.is_some()
                && before_posting(statement)
                && !shown.incident.words_are_fixed(id, shown.rules),
            can_redraft: running
                && before_posting(statement)
                && statement.phase != StatementPhase::Drafting(Hold::Draft),
            can_ask_again: running && can_ask_again(statement),
            can_use: running && matches!(&statement.phase, StatementPhase::Ready(ready) if ready.lapses.is_none()),
            can_say_now: running && shown.incident.waits_for_a_word(id, shown.rules).is_some(),
            uses: shown.uses(statement),
            can_begin: shown.incident.verified.is_some()
                && running
                && matches!(statement.phase, StatementPhase::Waiting | StatementPhase::Skipped(_)),
            can_skip: running && (before_posting(statement) || statement.phase == StatementPhase::Waiting),
            can_say_nothing_new: shown.incident.can_pick(id, Says::NothingNew, shown.rules),
            can_say_what_is_new: shown.incident.can_pick(id, Says::Own, shown.rules),
            promise: shown.promise(statement),
        }
    }
}

fn channels(statement: &Statement, wanted: impl Fn(&PostPhase) -> bool) -> Vec<String> {
    let posts = statement.posting().into_iter().flat_map(|posting| &posting.posts);
    posts.filter(|(_, post)| wanted(post)).map(|(channel, _)| channel.to_string()).collect()
}

fn before_posting(statement: &Statement) -> bool {
    matches!(statement.phase, StatementPhase::Drafting(_) | StatementPhase::Asking(_) | StatementPhase::Ready(_))
}

fn can_ask_again(statement: &Statement) -> bool {
    matches!(
        statement.phase,
        StatementPhase::Asking(_) | StatementPhase::Drafting(Hold::Refused { .. } | Hold::NobodyToAsk | Hold::Lapsed)
    )
}
