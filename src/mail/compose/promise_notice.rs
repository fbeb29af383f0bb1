//! A promise to the public that was not kept in time.

use jiff::Timestamp;

use super::Scene;
use super::notice::Words;
use crate::core::name::StepId;
use crate::core::shown::Shown;

impl Scene<'_> {
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
