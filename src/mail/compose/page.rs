//! The words of a page: what is going on and where to look, short enough for a lock screen. No word of a mention is in it.

use super::alert::{lead, subject_of};
use super::{ComposeError, Scene, stamp, subject};
use crate::core::name::StepId;
use crate::core::shown::in_words;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageWords {
    pub title: String,
    pub text: String,
    /// The incident's page.
    pub url: String,
}

/// What wakes whoever carries the pager. `rung` counts how often the alert has rung before.
pub fn page(scene: &Scene<'_>, alert: &StepId, rung: u32) -> Result<PageWords, ComposeError> {
    let step = scene.rules.playbook.alert(alert).ok_or_else(|| ComposeError::Step(alert.clone()))?;
    let (setting, organisation) = (scene.incident.setting, &scene.rules.organisation);
    let title = format!("[{}] {}", scene.incident.severity, subject_of(scene, rung));
    let said = format!(
        "{} Open the page and claim the incident; if nobody does within {}, more people are woken.",
        lead(scene),
        in_words(step.acknowledge_within)
    );
    let text = stamp(setting, organisation).map_or_else(|| said.clone(), |stamp| format!("{stamp}. {said}"));
    Ok(PageWords { title: subject(setting, &title), text, url: scene.page() })
}
