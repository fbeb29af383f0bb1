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
        let subject = format!("Held ready, {name}");
        let sentence = format!("The {name} is approved and held ready until {until}. Nothing of it is posted.");
        let step = self.incident.statement_step(statement, self.rules);
        if let Some(of) = step.and_then(|step| step.instead_of.as_ref()) {
            let of = Shown::statement_name(of);
            let now = format!(
                "Nothing for you to do. Where nobody answers for the {of}, whoever is executive is asked to let it out."
            );
            return Words { subject, sentence, now };
        }
        Words {
            subject,
            sentence,
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

pub(super) fn line_not_needed(statement: &StepId) -> Words {
    let name = Shown::statement_name(statement);
    Words {
        subject: format!("Not needed any more, {name}"),
        sentence: format!("People answered after all, so the {name} that you were asked about is not needed now."),
        now: "Do not answer that request: its link decides nothing now.".to_owned(),
    }
}

pub(super) fn nobody_commands(statement: &StepId) -> Words {
    let name = Shown::statement_name(statement);
    Words {
        subject: format!("Nobody can send it, {name}"),
        sentence: format!("The {name} is approved ahead, but nobody holds a role in this incident that could send it."),
        now: "Give somebody the role in `holdline.yaml`; it is theirs here once two others of the incident agree on its page."
            .to_owned(),
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
