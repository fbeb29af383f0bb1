//! Who else must say yes, and who has.

use serde::Serialize;

use super::{Shown, listed};
use crate::core::approval::{Ask, Ballot, Right, StageVote};
use crate::core::name::RoleName;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownStage {
    pub name: String,
    /// `privacy-officer and legal`.
    pub needs: String,
    /// `everyone needed has said yes`, `being asked`, `asked later`.
    pub state: String,
    pub met: bool,
    pub people: Vec<Answer>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    pub name: String,
    /// As whom they answer.
    pub role: String,
    pub answer: String,
    pub yes: bool,
}

impl Shown<'_> {
    pub fn stages<S>(&self, ballot: &Ballot<S>) -> Vec<ShownStage> {
        let stages = ballot.stages().enumerate().map(|(place, vote)| {
            let met = ballot.stage_is_met(place, &self.incident.roster);
            ShownStage {
                name: vote.stage().name.clone(),
                needs: vote.stage().quorum.to_string(),
                state: self.stage_state(ballot, vote, met),
                met,
                people: vote.asked().iter().map(|ask| self.answer_of(vote, ask)).collect(),
            }
        });
        stages.collect()
    }

    fn stage_state<S>(&self, ballot: &Ballot<S>, vote: &StageVote, met: bool) -> String {
        if met {
            return "has every yes that it needs".to_owned();
        }
        if !vote.is_open() {
            return "is asked once the stage before has its yes".to_owned();
        }
        if vote.asked().is_empty() {
            return "nobody can be asked: whoever holds the role wrote the text, or is away".to_owned();
        }
        let unread = ballot.unread_languages(&self.incident.roster);
        if vote.has_quorum() && !unread.is_empty() {
            let languages: Vec<String> = unread.into_iter().map(str::to_owned).collect();
            return format!("still needs a yes from somebody who reads {}", listed(&languages));
        }
        "is being asked".to_owned()
    }

    fn answer_of(&self, vote: &StageVote, ask: &Ask) -> Answer {
        let yes = vote.counted().find(|yes| yes.person == ask.person);
        let answer = match yes {
            Some(yes) => format!("said yes at {}", self.hour(yes.at)),
            None if ask.fills.is_empty() => "no longer holds the role".to_owned(),
            None if ask.locked => "locked after too many wrong codes".to_owned(),
            None => "has not answered yet".to_owned(),
        };
        let roles: Vec<String> = ask.fills.iter().map(|(role, right)| self.right(role, right)).collect();
        Answer { name: self.name(&ask.person), role: listed(&roles), answer, yes: yes.is_some() }
    }

    fn right(&self, role: &RoleName, right: &Right) -> String {
        match right {
            Right::Holder => role.to_string(),
            Right::StandingInFor(holder) => format!("{role}, for {}", self.name(holder)),
            Right::InsteadOf(own) => format!("{own}, in the place of {role}"),
        }
    }
}
