//! Where a statement stands, in words: what it waits for, and what became of each post.

use serde::Serialize;

use super::{Shown, listed};
use crate::core::incident::{
    ACCEPT_WITHIN, Hold, IncidentPhase, Origin, PostPhase, PromisePhase, SETTLE, Skipped, Statement, StatementPhase,
    TaskPhase, Use, Verification,
};
use crate::core::name::{FactName, StepId};
use crate::core::playbook::Usage;
use crate::core::statement::Seen;

/// One channel's post in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PostState {
    pub channel: String,
    pub state: String,
    pub url: Option<String>,
}

impl Shown<'_> {
    pub fn incident_state(&self) -> String {
        match &self.incident.phase {
            IncidentPhase::Open if self.incident.stopped.is_some() => {
                "Open. Posting is stopped: nothing goes out before it is resumed.".to_owned()
            }
            IncidentPhase::Open if self.incident.verified.is_none() => {
                "Open. Nobody has said yet whether it is real.".to_owned()
            }
            IncidentPhase::Open => "Open.".to_owned(),
            IncidentPhase::StandingDown(_) => "Open. People are being asked whether it is over.".to_owned(),
            IncidentPhase::StoodDown { at } => match &self.incident.merged_into {
                Some((into, merged)) => {
                    let by = self.name(&merged.by);
                    format!("{by} merged it into incident {into} at {}: {}", self.time(*at), merged.reason)
                }
                None => format!("Stood down at {}. Nothing more is posted.", self.time(*at)),
            },
            IncidentPhase::Closed { by, at, verdict, reason } => {
                let verdict = match verdict {
                    Verification::Real => "",
                    Verification::NotOurs => " as not ours",
                    Verification::FalseAlarm => " as a false alarm",
                };
                let ends = if reason.is_empty() { ".".to_owned() } else { format!(": {reason}") };
                format!("{} closed it{verdict} at {}{ends}", self.name(by), self.time(*at))
            }
        }
    }

    pub fn statement_state(&self, statement: &Statement) -> String {
        match &statement.phase {
            StatementPhase::Waiting => match (&statement.origin, statement.due) {
                (Origin::Round { .. }, Some(due)) => {
                    format!("Begins in time for the word that was promised by {}.", self.hour(due))
                }
                (Origin::Step | Origin::Correction { .. } | Origin::Round { .. }, _) => {
                    "Not started: its time or the step before it has not come.".to_owned()
                }
            },
            StatementPhase::Drafting(hold) => self.hold(statement, hold),
            StatementPhase::Asking(ballot) => {
                let roster = &self.incident.roster;
                let open = ballot.stages().enumerate().filter(|(place, _)| !ballot.stage_is_met(*place, roster));
                let open: Vec<String> = open.map(|(_, vote)| vote.stage().name.clone()).collect();
                if let Some(ready) = self.state_of_instruction(&ballot.subject().statement) {
                    ready
                } else if open.is_empty() {
                    "Approved. Posting is stopped; it goes out when posting is resumed.".to_owned()
                } else {
                    format!("Being approved. Still open: {}.", listed(&open))
                }
            }
            StatementPhase::Ready(ready) => match ready.lapses {
                None => format!("Approved at {}. Nobody posts it: say it to whoever asks.", self.hour(ready.since)),
                Some(until) => {
                    let subject = &ready.ballot.subject().statement;
                    let step = self.incident.statement_step(subject, self.rules);
                    let how = match step.and_then(|step| step.instead_of.as_ref()) {
                        Some(of) => {
                            let of = Self::statement_name(of);
                            format!("An executive is asked to let it out where nobody answers for the {of}.")
                        }
                        None if step.is_some_and(|step| step.usage == Usage::LifeSafety) => {
                            "Nobody who could send it holds the role now.".to_owned()
                        }
                        None => "It goes out on somebody's word.".to_owned(),
                    };
                    let (since, until) = (self.hour(ready.since), self.hour(until));
                    format!("Approved at {since} and held ready. {how} It lapses at {until}.")
                }
            },
            StatementPhase::Posting(_) => "Approved. It is going out now.".to_owned(),
            StatementPhase::Posted(posting) if posting.anything_confirmed() => "Posted.".to_owned(),
            StatementPhase::Posted(_) => "Approved, but no channel took it.".to_owned(),
            StatementPhase::Withdrawn if self.incident.is_running() => "Withdrawn before it was posted.".to_owned(),
            StatementPhase::Withdrawn => "Withdrawn: the incident ended before it was posted.".to_owned(),
            StatementPhase::Skipped(skipped) => self.skipped(skipped),
        }
    }

    fn hold(&self, statement: &Statement, hold: &Hold) -> String {
        match hold {
            Hold::Facts(names) => {
                let asks: Vec<String> = names.iter().map(|name| self.ask_of(name)).collect();
                format!("Waits for facts to be confirmed: {}", asks.join(" "))
            }
            Hold::Draft => "Is being drafted; this takes a moment.".to_owned(),
            Hold::DraftFailed(why) => {
                format!("Could not be drafted: {why}. Mend the cause, then ask for a fresh draft.")
            }
            Hold::Blocked(rules) => {
                format!(
                    "Lint stops version {}: {}. Mend the text, or have it lifted.",
                    statement.version(),
                    rules.join(", ")
                )
            }
            Hold::Unverified => "Drafted. Waits for somebody to say that the incident is real.".to_owned(),
            Hold::Refused { by, wanted } => {
                format!(
                    "{} did not approve it: {wanted}. Save a new version, or ask again with a reason.",
                    self.name(by)
                )
            }
            Hold::FactsChanged => {
                "A fact that it says has changed. Look at the text and save it, or ask for a fresh draft.".to_owned()
            }
            Hold::Lapsed => {
                "It was approved and held, and nobody gave the word in time. Ask again with a reason, or ask \
                             for a fresh draft."
                    .to_owned()
            }
            Hold::NobodyToAsk => {
                "Nobody may answer for it: the only person is its author, or away. Have somebody else save it."
                    .to_owned()
            }
        }
    }

    /// To whom the duty is offered, and what the next shift should know.
    pub fn hand_over(&self) -> Option<(String, String)> {
        let offered = self.incident.hand_over.as_ref()?;
        let (by, to) = (self.name(&offered.by), self.name(&offered.to));
        let words = if offered.unanswered {
            format!("{by} offered the incident to {to}, who did not accept in time. Whoever is there takes it.")
        } else {
            let until = self.hour(ACCEPT_WITHIN.after(offered.at));
            format!("{by} offered the incident to {to}, who is asked to accept it by {until}. Until then {by} has it.")
        };
        Some((words, offered.note.clone()))
    }

    fn skipped(&self, skipped: &Skipped) -> String {
        format!("{} left it out at {}: {}", self.name(&skipped.by), self.hour(skipped.at), skipped.reason)
    }

    /// Each use of words that are said if asked, the latest first.
    pub fn uses(&self, statement: &Statement) -> Vec<String> {
        let words = |told: &Use| format!("{}: {} said it to {}", self.time(told.at), self.name(&told.by), told.to);
        statement.uses.iter().rev().map(words).collect()
    }

    /// What readers were told of the next word, and what became of it; none before it is public.
    pub fn promise(&self, statement: &Statement) -> Option<String> {
        let promise = statement.promise.as_ref()?;
        let by = self.time(promise.by);
        Some(match &promise.phase {
            PromisePhase::Open => format!("Readers were promised the next word by {by}."),
            PromisePhase::Missed | PromisePhase::Paged => {
                format!("Readers were promised the next word by {by}, and nothing was said.")
            }
            PromisePhase::Kept { with, at } => {
                let how = if *at > promise.by { "came late" } else { "came" };
                format!("Readers were promised the next word by {by}; the {} {how}.", Self::statement_name(with))
            }
        })
    }

    fn ask_of(&self, name: &FactName) -> String {
        self.rules.playbook.fact(name).map_or_else(|| name.to_string(), |spec| spec.ask.clone())
    }

    /// Each channel's post, in the order of their names.
    pub fn posts(&self, statement: &Statement, url: &str) -> Vec<PostState> {
        let Some(posting) = statement.posting() else { return Vec::new() };
        let state = |(channel, phase)| {
            let (state, address) = self.post_state(phase);
            PostState { channel: format!("{channel}"), state, url: address.map(|address| absolute(url, &address)) }
        };
        posting.posts.iter().map(state).collect()
    }

    fn post_state(&self, phase: &PostPhase) -> (String, Option<String>) {
        match phase {
            PostPhase::Owed { attempt: 1 } => ("goes out next".to_owned(), None),
            PostPhase::Owed { attempt } => (format!("is tried again (attempt {attempt})"), None),
            PostPhase::Intended { .. } => ("is being posted".to_owned(), None),
            PostPhase::Confirmed { url, at, seen } => {
                let seen = match seen {
                    None => String::new(),
                    Some(Seen::Matches) => "; the approved words stand there".to_owned(),
                    Some(Seen::Differs) => "; the words there are not the approved ones".to_owned(),
                    Some(Seen::CouldNotBeSeen { why }) => format!("; Holdline could not look at it ({why})"),
                };
                (format!("posted at {}{seen}", self.hour(*at)), Some(url.clone()))
            }
            PostPhase::Refused { why } => (format!("was refused: {why}"), None),
            PostPhase::Unknown { at, why, .. } => {
                let looks = self.hour(SETTLE.after(*at));
                (format!("may or may not be public ({why}): Holdline looks for it there at {looks}"), None)
            }
            PostPhase::NeedsPerson { why, .. } => {
                (format!("may or may not be public, and Holdline cannot tell ({why}): look there and say"), None)
            }
            PostPhase::TakingDown { url, by, .. } => {
                (format!("is being taken down, as {} asked; it is public still", self.name(by)), Some(url.clone()))
            }
            PostPhase::TakenDown { at, down_at } => {
                (format!("was public from {} and was taken down at {}", self.hour(*at), self.hour(*down_at)), None)
            }
            PostPhase::ByHand { by } => (format!("{} was asked to post it by hand", self.name(by)), None),
            PostPhase::Cancelled => ("was withdrawn before it went out".to_owned(), None),
        }
    }

    pub fn task_state(&self, id: &StepId) -> String {
        match self.incident.tasks.get(id) {
            Some(TaskPhase::Waiting) | None => "not started".to_owned(),
            Some(TaskPhase::Open { due: Some(due) }) => format!("to be done by {}", self.hour(*due)),
            Some(TaskPhase::Open { due: None }) => "to be done".to_owned(),
            Some(TaskPhase::Overdue { due }) => format!("overdue since {}", self.hour(*due)),
            Some(TaskPhase::Skipped(skipped)) => self.skipped(skipped),
            Some(TaskPhase::Elsewhere { incident, settled: None }) => {
                format!("incident {incident} has it, for all that is open")
            }
            Some(TaskPhase::Elsewhere { incident, settled: Some(_) }) => {
                format!("settled in incident {incident}, for all that is open")
            }
            Some(TaskPhase::Done { by, at }) => format!("done by {} at {}", self.name(by), self.hour(*at)),
        }
    }
}

/// The newsroom's own addresses are kept as paths.
fn absolute(url: &str, address: &str) -> String {
    if address.starts_with('/') { format!("{url}{address}") } else { address.to_owned() }
}
