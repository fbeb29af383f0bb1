//! Plays a rehearsal on a running engine: injects at their times, and a cast that answers as people would. It knows nothing
//! of channels but the stage, and of mail but the built-in mailbox.

mod cast;
mod injects;
mod letters;
mod play;

pub use cast::ANSWERS_AFTER;
pub use play::{Play, PlayError, WIND_DOWN};

use std::collections::BTreeMap;

use crate::core::name::{PersonId, PlaybookName};
use crate::core::rehearsal::{LASTS, Scenario};

/// The scenario of those who write none: somebody opens the incident, and everybody answers.
pub fn without_a_scenario(playbook: &PlaybookName, opened_by: &PersonId) -> Scenario {
    Scenario {
        title: "Everybody answers".to_owned(),
        playbook: playbook.clone(),
        opened_by: Some(opened_by.clone()),
        lasts: LASTS,
        people: BTreeMap::new(),
        facts: BTreeMap::new(),
        injects: Vec::new(),
        expect: Vec::new(),
    }
}
