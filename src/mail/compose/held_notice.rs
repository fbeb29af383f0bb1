//! Words that are approved ahead and held: that they wait for somebody's word, and that they do not any more.

use jiff::Timestamp;

use super::Scene;
use super::notice::Words;
use crate::core::name::StepId;
use crate::core::shown::Shown;

impl Scene<'_> {
    pub(super) fn held_ready(&self, statement: &StepId, until: Timestamp) -> Words {
        let name = Shown::statement_name(statement);
        let until = self.shown().time(until);
        Words {
            subject: format!("Held ready, {name}"),
            sentence: format!("The {name} is approved and held ready until {until}. Nothing of it is posted."),
            now: "When its time has come, open the incident's page, read the words once more, and press “Say it now” \
                  there. If nobody does, it lapses."
                .to_owned(),
        }
    }
}

pub(super) fn held_void(statement: &StepId) -> Words {
    let name = Shown::statement_name(statement);
    Words {
        subject: format!("Held no more, {name}"),
        sentence: format!(
            "The words of the {name} that were held ready are not approved any more. Nothing was posted."
        ),
        now: "Nothing for you to do. You get a mail when words are held ready again.".to_owned(),
    }
}

pub(super) fn held_lapsed(statement: &StepId) -> Words {
    let name = Shown::statement_name(statement);
    Words {
        subject: format!("Lapsed, {name}"),
        sentence: format!(
            "Nobody gave the word for the {name} in time: its approvals are void, and nothing was posted."
        ),
        now:
            "If it is still needed, open the incident's page and ask again with a reason, or draft it afresh. If not, \
              leave it out there."
                .to_owned(),
    }
}
