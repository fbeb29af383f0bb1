//! A change of an incident's people in words: what would be different, and who has agreed.

use serde::Serialize;

use super::Shown;
use super::words::listed;
use crate::core::incident::{ChangePhase, OfferedChange};
use crate::core::roster::Person;

/// A change that waits for people to agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WaitingChange {
    pub number: u32,
    pub sentence: String,
    pub agreed: Option<String>,
    /// Who still has the address, where enough people agreed.
    pub waits_for: Option<String>,
}

impl Shown<'_> {
    pub fn waiting_changes(&self) -> Vec<WaitingChange> {
        let waiting = self.incident.waiting_changes();
        waiting
            .map(|(number, offered)| WaitingChange {
                number,
                sentence: Self::change(offered),
                waits_for: self.incident.waits_for(offered).map(|person| self.name(&person)),
                agreed: match &offered.phase {
                    ChangePhase::Waiting { agreed } if !agreed.is_empty() => {
                        let names: Vec<String> = agreed.iter().map(|person| self.name(person)).collect();
                        Some(listed(&names))
                    }
                    ChangePhase::Waiting { .. } | ChangePhase::Made { .. } | ChangePhase::Dropped => None,
                },
            })
            .collect()
    }

    /// `Ben Okafor: the address ben@new.example in place of ben@old.example; the role legal`.
    pub fn change(offered: &OfferedChange) -> String {
        let to = &offered.change.to;
        let mut parts = match &offered.before {
            Some(before) => differences(before, to),
            None => vec![format!("new here, with the address {}", to.email)],
        };
        let roles: Vec<String> = offered.change.roles.iter().map(ToString::to_string).collect();
        match roles.as_slice() {
            [] => {}
            [role] => parts.push(format!("the role {role}")),
            several => parts.push(format!("the roles {}", listed(several))),
        }
        format!("{}: {}", to.name, parts.join("; "))
    }
}

fn differences(before: &Person, to: &Person) -> Vec<String> {
    let mut parts = Vec::new();
    if before.email != to.email {
        parts.push(format!("the address {} in place of {}", to.email, before.email));
    }
    if before.name != to.name {
        parts.push(format!("the name {} in place of {}", to.name, before.name));
    }
    if before.phone != to.phone {
        let phone = |person: &Person| person.phone.clone().unwrap_or_else(|| "none".to_owned());
        parts.push(format!("the phone number {} in place of {}", phone(to), phone(before)));
    }
    if before.delegate != to.delegate {
        parts.push(match &to.delegate {
            Some(delegate) => format!("{delegate} stands in"),
            None => "nobody stands in".to_owned(),
        });
    }
    if before.away != to.away {
        parts.push(match to.away {
            Some(away) => format!("away from {} to {}", away.from, away.to),
            None => "not away".to_owned(),
        });
    }
    if before.reads != to.reads {
        parts.push(format!("reads {}", listed(&to.reads)));
    }
    if before.shared != to.shared {
        parts.push("a person, no shared mailbox".to_owned());
    }
    parts
}
