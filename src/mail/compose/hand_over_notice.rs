//! The hand-over of the duty: offered, accepted, and accepted by nobody.

use super::Scene;
use super::notice::Words;
use crate::core::name::PersonId;

impl Scene<'_> {
    pub(super) fn hand_over_offered(&self, by: &PersonId) -> Words {
        let by = self.shown().name(by);
        let (words, note) = self.shown().hand_over().unwrap_or_default();
        let note = if note.is_empty() { String::new() } else { format!(" What you should know: {note}") };
        Words {
            subject: format!("{by} hands over to you"),
            sentence: format!("{words}{note}"),
            now: "Open the incident's page and press “I accept it”. If you cannot, call whoever offers it now."
                .to_owned(),
        }
    }

    pub(super) fn hand_over_void(&self, by: &PersonId) -> Words {
        let by = self.shown().name(by);
        Words {
            subject: format!("{by} hands over to somebody else"),
            sentence: format!("{by} offered the incident to somebody else now."),
            now: "Nothing for you to do.".to_owned(),
        }
    }

    pub(super) fn hand_over_accepted(&self, by: &PersonId) -> Words {
        let by = self.shown().name(by);
        Words {
            subject: format!("{by} has it now"),
            sentence: format!("{by} accepted the incident and has the duty now."),
            now: format!("Nothing for you to do. Questions go to {by} from now on."),
        }
    }

    pub(super) fn hand_over_unanswered(&self, to: &PersonId, by: &PersonId) -> Words {
        let (to, by) = (self.shown().name(to), self.shown().name(by));
        Words {
            subject: format!("Nobody accepted the hand-over, {by} still has it"),
            sentence: format!(
                "{by} offered the incident to {to}, who did not accept it in time. {by} still has the duty."
            ),
            now: format!("Call {to}. If you can take it, open the incident's page and press “I accept it”."),
        }
    }
}
