//! One statement on the incident's page: what it says, where it stands, and what can be done to it.

use serde::Serialize;

use super::Site;
use crate::core::incident::{Hold, IncidentId, PostPhase, Statement, StatementPhase};
use crate::core::name::{PersonId, RoleName, StepId};
use crate::core::playbook::StatementStep;
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
    /// Rules stop it that can be lifted; and those of them that the reader can lift.
    stopped: bool,
    can_lift: Vec<String>,
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
    /// On whose word it goes out, where that is not the reader's.
    waits_for: Option<String>,
    can_begin: bool,
    can_skip: bool,
    can_say_nothing_new: bool,
    can_say_what_is_new: bool,
    /// What its public text promises of the next word, and what became of it.
    promise: Option<String>,
}

impl Site {
    pub(super) fn statements(&self, shown: &Shown<'_>, reader: &PersonId) -> Vec<StatementView> {
        let steps = shown.incident.statement_steps(shown.rules).into_iter();
        let found = steps.filter_map(|(id, _)| Some((shown.incident.statements.get(&id)?, id)));
        found.map(|(statement, id)| self.statement(shown, &id, statement, reader)).collect()
    }

    fn statement(&self, shown: &Shown<'_>, id: &StepId, statement: &Statement, reader: &PersonId) -> StatementView {
        let current = statement.current();
        let running = shown.incident.is_running();
        let step = shown.incident.statement_step(id, shown.rules);
        let waits_for_a_word = running && shown.incident.waits_for_a_word(id, shown.rules).is_some();
        let may_say = step.is_some_and(|step| shown.incident.may_give_the_word(step, reader, shown.today()));
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
            stopped: running && !stopping(statement).is_empty(),
            can_lift: if running { liftable(shown, statement, reader) } else { Vec::new() },
            changes,
            stages: statement.ballot().map(|ballot| shown.stages(ballot)).unwrap_or_default(),
            posts: shown.posts(statement, &self.url),
            by_hand: channels(statement, |post| matches!(post, PostPhase::ByHand { .. })),
            needs_person: channels(statement, |post| matches!(post, PostPhase::NeedsPerson { .. })),
            can_take_down: channels(statement, |post| {
                matches!(post, PostPhase::Confirmed { .. }) && shown.incident.may_take_down(reader)
            }),
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
            can_say_now: waits_for_a_word && may_say,
            waits_for: if waits_for_a_word && !may_say { step.map(words_of) } else { None },
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

/// The rules that stop it.
fn stopping(statement: &Statement) -> &[String] {
    match &statement.phase {
        StatementPhase::Drafting(Hold::Blocked(rules)) => rules,
        StatementPhase::Drafting(_)
        | StatementPhase::Waiting
        | StatementPhase::Asking(_)
        | StatementPhase::Posting(_)
        | StatementPhase::Posted(_)
        | StatementPhase::Ready(_)
        | StatementPhase::Skipped(_)
        | StatementPhase::Withdrawn => &[],
    }
}

fn liftable(shown: &Shown<'_>, statement: &Statement, reader: &PersonId) -> Vec<String> {
    let findings = statement.current().map(|version| version.package.findings.as_slice()).unwrap_or_default();
    let level = |rule: &str| findings.iter().find(|finding| finding.rule == *rule).map(|finding| finding.level);
    let may = |rule: &&String| level(rule).is_some_and(|level| shown.incident.may_lift(level, reader));
    stopping(statement).iter().filter(may).cloned().collect()
}

fn words_of(step: &StatementStep) -> String {
    let roles: Vec<&str> = step.on_word_of.iter().map(RoleName::as_str).collect();
    roles.join(" or ")
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
