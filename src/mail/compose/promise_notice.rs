//! What is said to the public and when: promises that were missed, and words that are ready for whoever asks.

use jiff::Timestamp;

use super::Scene;
use super::notice::Words;
use crate::core::name::StepId;
use crate::core::shown::Shown;

impl Scene<'_> {
    /// A task that somebody added, or a statement that the playbook does not name.
    pub(super) fn other_step(&self, of: &StepId) -> String {
        match self.incident.added.get(of) {
            Some(task) => format!("the task “{}”", task.todo),
            None => format!("the {}", Shown::statement_name(of)),
        }
    }

    pub(super) fn promise_missed(&self, statement: &StepId, by: Timestamp, paged: bool) -> Words {
        let name = Shown::statement_name(statement);
        let hour = self.shown().hour(by);
        let everyone = if paged { " Everybody who is alerted to this incident is told." } else { "" };
        Words {
            subject: format!("Promise to the public missed, {hour}"),
            sentence: format!("The {name} promised the public another word by {hour}, and nothing was said.{everyone}"),
            now: "Open the incident's page and get a word out: approve what waits, or say that there is nothing new \
                  yet and when the next word comes."
                .to_owned(),
        }
    }
}

pub(super) fn ready_to_say(statement: &StepId) -> Words {
    let name = Shown::statement_name(statement);
    Words {
        subject: format!("Say this if asked, {name}"),
        sentence: format!("The {name} is approved: say exactly its words to whoever asks. It is posted nowhere."),
        now: "Read it on the desk or on the incident's page, and press the button there each time you said it."
            .to_owned(),
    }
}

pub(super) fn say_no_more(statement: &StepId) -> Words {
    let name = Shown::statement_name(statement);
    Words {
        subject: format!("Say it no more, {name}"),
        sentence: format!("The words of the {name} are not approved any more."),
        now: "Do not say them. Take calls, note who asked, and call back; you get a mail when new words are approved."
            .to_owned(),
    }
}
