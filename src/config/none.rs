//! The rules of an incident that has no playbook yet: somebody is alerted, and ends it.

use super::people::People;
use crate::core::approval::Proof;
use crate::core::condition::Condition;
use crate::core::name::{PlaybookName, RoleName, StepId, role};
use crate::core::period::Period;
use crate::core::playbook::{AlertStep, Playbook, Quorum, SeverityRule, Stage, StandDown, Step, StepKind, Way};
use crate::core::severity::Severity;

/// No file may have this name.
pub const NONE: &str = "none";
const ACKNOWLEDGE_WITHIN: Period = Period::minutes(10);

/// Nothing where there is no role at all, which is refused elsewhere.
pub(super) fn playbook(people: &People) -> Option<Playbook> {
    let has = |name: &str| people.roster.roles.contains_key(name);
    let first = people.roster.roles.keys().find(|role| !people.askable(role).is_empty());
    let lead = if has(role::COMMS_LEAD) { RoleName::from(role::COMMS_LEAD) } else { first?.clone() };
    let otherwise = has(role::EXECUTIVE).then(|| RoleName::from(role::EXECUTIVE));
    let alert =
        AlertStep { to: vec![lead.clone()], by: vec![Way::Mail], acknowledge_within: ACKNOWLEDGE_WITHIN, otherwise };
    let stage = Stage {
        proof: Proof::Mail,
        name: "stand-down".to_owned(),
        quorum: Quorum::AnyOf(vec![lead]),
        within: None,
        otherwise: std::collections::BTreeMap::new(),
    };
    Some(Playbook {
        name: PlaybookName::from(NONE),
        title: "No playbook yet".to_owned(),
        when_to_use: "Talk rises and no playbook is chosen; look, and choose one or stand down.".to_owned(),
        severity: vec![SeverityRule { severity: Severity::Elevated, when: Condition::parse("true").ok()? }],
        facts: Vec::new(),
        before: Vec::new(),
        timeline: vec![Step {
            id: StepId::from("alert"),
            at: None,
            after: None,
            when: None,
            kind: StepKind::Alert(alert),
        }],
        stand_down: StandDown { when: None, lasting: None, approval: vec![stage] },
    })
}
