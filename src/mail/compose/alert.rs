//! The alert: something is going on, why we think so, and what to do first.

use serde::Serialize;

use super::press::Kind;
use super::{ComposeError, Composer, Draft, Letter, Scene};
use crate::core::incident::Cause;
use crate::core::name::StepId;
use crate::core::shown::{Quote, Why, in_words};

#[derive(Serialize)]
struct Alert<'a> {
    title: &'a str,
    severity: String,
    lead: String,
    ask: String,
    page: String,
    next: String,
    why: Why,
    /// The Content-ID of the chart.
    picture: Option<&'a str>,
    quotes: &'a [Quote],
}

impl Composer {
    /// Wakes the scene's person. `rung` counts how often the alert has rung before.
    pub fn alert(&self, scene: &Scene<'_>, alert: &StepId, rung: u32) -> Result<Letter, ComposeError> {
        let step = scene.rules.playbook.alert(alert).ok_or_else(|| ComposeError::Step(alert.clone()))?;
        let title = &scene.incident.title;
        let verified = scene.incident.verified.is_some();
        let (subject, lead) = (subject_of(scene, rung), lead(scene));
        let ask = if verified {
            "Open the page and claim the incident, so that everyone knows who has it."
        } else {
            "Open the page, say whether it is real, and claim the incident, so that everyone knows who has it."
        };
        let picture = self.picture(scene);
        let data = Alert {
            title,
            severity: scene.incident.severity.to_string(),
            lead: if rung == 0 { lead } else { format!("Nobody has claimed this incident yet. {lead}") },
            ask: ask.to_owned(),
            page: scene.page(),
            next: format!(
                "If nobody claims it within {}, more people are woken. Nothing is posted without approval.",
                in_words(step.acknowledge_within)
            ),
            why: scene.shown().why(),
            picture: picture.as_ref().map(|picture| picture.content_id.as_str()),
            quotes: scene.quotes,
        };
        let letter = self.letter(scene, &Draft { kind: Kind::Alert, subject, data })?;
        Ok(Letter { picture, ..letter })
    }
}

pub(super) fn subject_of(scene: &Scene<'_>, rung: u32) -> String {
    let title = &scene.incident.title;
    match (rung, scene.incident.verified.is_some()) {
        (1.., _) => format!("Still nobody on it: {title}"),
        (0, false) => format!("Is this real? {title}"),
        (0, true) => format!("Incident opened: {title}"),
    }
}

pub(super) fn lead(scene: &Scene<'_>) -> String {
    match &scene.incident.cause {
        Cause::Spike => "Holdline sees a spike in what people say, and has opened an incident.".to_owned(),
        Cause::Person { by, .. } => format!("{} has opened an incident.", scene.shown().name(by)),
    }
}
