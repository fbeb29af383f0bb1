//! What happens on yes, on no and on silence, worked out from the vote as it stands.

use super::{Shown, listed};
use crate::core::approval::{Ballot, Electorate, Proof, Rung, StageVote, Yes};
use crate::core::incident::{Request, Subject};

impl Shown<'_> {
    /// `then` says what a met vote does.
    pub(super) fn on_yes<S: Clone>(&self, ballot: &Ballot<S>, request: &Request, then: &str) -> String {
        let mut after = ballot.clone();
        let yes = Yes { person: request.person.clone(), proof: Proof::Strong, at: self.now };
        let roster = &self.incident.roster;
        let day = self.now.to_zoned(self.zone()).date();
        after.count_yes(request.stage, yes, Electorate { roster, day, at: self.now });
        if after.is_met(roster) {
            return format!("Yours is the last yes that is needed: {then}");
        }
        let missing = after.stages().enumerate().filter(|(place, _)| !after.stage_is_met(*place, roster));
        let missing: Vec<String> =
            missing.map(|(_, vote)| format!("{} ({})", vote.stage().name, vote.stage().quorum)).collect();
        format!("Your yes counts. Still needed after it: {}. When all are there, {then}", listed(&missing))
    }

    pub(super) fn on_no(of: &Subject) -> String {
        match of {
            Subject::Statement(_) => "Nothing is posted. Everyone who was asked reads what you write, and nobody is \
                asked again until somebody saves a new version or asks again with a reason."
                .to_owned(),
            Subject::StandDown => "The incident stays open. Everyone who was asked reads what you write.".to_owned(),
        }
    }

    pub(super) fn on_silence(&self, vote: Option<&StageVote>, request: &Request) -> String {
        let nothing = match request.of {
            Subject::Statement(_) => "Silence never posts anything.",
            Subject::StandDown => "Silence never ends an incident.",
        };
        let Some((vote, until)) = vote.zip(request.until) else {
            return format!("{nothing} You can answer as long as this stands.");
        };
        let until = self.hour(until);
        let otherwise = &vote.stage().otherwise;
        if request.rung == Rung::First && !otherwise.is_empty() {
            let pairs = otherwise.iter().map(|(silent, instead)| format!("{instead} (for {silent})"));
            let pairs: Vec<String> = pairs.collect();
            return format!(
                "{nothing} At {until} this link ends, and {} is asked as well; you get a new mail.",
                listed(&pairs)
            );
        }
        format!("{nothing} At {until} this link ends, and everyone who has not answered is asked once more.")
    }
}
