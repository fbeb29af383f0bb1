//! Stages of an approval: their quorum can be met, by people who may be asked, in the time there is.

use std::collections::{BTreeMap, BTreeSet};

use super::keys;
use super::node::{Entry, Node, Table, Value};
use super::playbook::Reading;
use super::sheet::listed;
use crate::core::approval::Proof;
use crate::core::name::{PersonId, RoleName, role};
use crate::core::period::Period;
use crate::core::playbook::{Quorum, Stage};

/// The most roles in one quorum.
const ROLES_MAX: usize = 12;

const FORMS: &str = "write any_of: [roles], all_of: [roles], or a number as in 2_of: [roles]";

/// The stages under `approval`; `what` names them to people where they have no name.
pub(super) fn read(reading: Reading<'_>, table: &Table<'_>, what: &str) -> Vec<Stage> {
    let Some(node) = table.need("approval", "[ { stage: release, any_of: [comms-lead], within: 5m } ]") else {
        return Vec::new();
    };
    let items = node.items(reading.sheet);
    if node.is_empty_list() {
        reading.sheet.refuse(&node.at, "nobody is asked here", "name at least one stage; nothing is posted unasked");
    }
    items.iter().filter_map(|item| reading.stage(item, what)).collect()
}

impl Reading<'_> {
    fn stage(self, node: &Node, what: &str) -> Option<Stage> {
        let sheet = self.sheet;
        let entries = node.entries(sheet);
        let mut quorums = entries.iter().filter(|entry| !keys::STAGE_COMMON.contains(&entry.key.as_str()));
        let quorum = quorums.next().map(|entry| self.quorum(entry));
        if quorum.is_none() && matches!(node.value, Value::Map(_)) {
            sheet.refuse(&node.at, "this stage does not say whose yes it needs", FORMS);
        }
        if let Some(second) = quorums.next() {
            sheet.refuse(&second.at, format!("a stage has no key `{}` beside its quorum", second.key), FORMS);
        }
        let mut keys: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
        keys.extend(keys::STAGE_COMMON);
        let table = Table::of(sheet, "stage", node, &node.at, &keys);
        let quorum = quorum??;
        let within = table.parsed("within", Period::parse);
        let otherwise = table.entry("else").map(|entry| self.otherwise(entry, quorum.roles())).unwrap_or_default();
        if let Some(entry) = table.entry("else").filter(|_| table.get("within").is_none()) {
            sheet.refuse(&entry.at, "`else` has no deadline to follow", "add `within`, as in `within: 10m`");
        }
        let name = table.word("stage").map_or(what, |word| word.text).to_owned();
        Some(Stage { name, quorum, proof: Proof::Mail, within, otherwise })
    }

    fn quorum(self, entry: &Entry) -> Option<Quorum> {
        let sheet = self.sheet;
        let count = entry.key.strip_suffix("_of").and_then(|number| number.parse::<usize>().ok());
        if count.is_none() && !matches!(entry.key.as_str(), "any_of" | "all_of") {
            sheet.refuse(&entry.at, format!("`{}` is not a quorum", entry.key), FORMS);
            return None;
        }
        let words = entry.value.words(sheet);
        let roles: Vec<RoleName> = words.iter().map(|word| self.role(*word)).collect();
        if let Some(twice) =
            words.iter().enumerate().find(|(index, word)| words[..*index].iter().any(|before| before.text == word.text))
        {
            sheet.refuse(twice.1.at, format!("`{}` stands here twice", twice.1.text), "name each role once");
        }
        if entry.value.is_empty_list() {
            sheet.refuse(&entry.at, "no role is named", FORMS);
        }
        if roles.len() > ROLES_MAX {
            sheet.refuse(&entry.at, format!("a quorum names at most {ROLES_MAX} roles"), "make it two stages");
        }
        if roles.is_empty() || roles.len() > ROLES_MAX {
            return None;
        }
        if count == Some(0) {
            sheet.refuse(&entry.at, "a quorum of nobody would post unasked", FORMS);
            return None;
        }
        self.check_roles(&roles);
        let quorum = match count {
            Some(count) => Quorum::Of { count, roles },
            None if entry.key == "any_of" => Quorum::AnyOf(roles),
            None => Quorum::AllOf(roles),
        };
        self.check_people(entry, &quorum);
        Some(quorum)
    }

    /// Who approves is a person, and somebody stands in for them.
    fn check_roles(self, roles: &[RoleName]) {
        let people = self.given.people;
        for role in roles {
            people.expect_own_addresses(self.given.main, role);
            for (mailbox, at) in people.mailboxes(role) {
                let message = format!(
                    "`{mailbox}` is a shared mailbox and holds `{role}`, which approves in {}",
                    self.sheet.name()
                );
                self.given.main.refuse_once(at, message, "name a person: a shared mailbox may be told, never asked");
            }
            if let Some((only, at)) = people.alone(role) {
                let message = format!("`{role}` is held by `{only}` alone, and nobody stands in for them");
                self.given.main.warn(at, message, format!("add somebody to the role, or a `delegate` to `{only}`"));
            }
        }
    }

    fn check_people(self, entry: &Entry, quorum: &Quorum) {
        let people = self.given.people;
        if quorum.roles().iter().any(|role| !people.roster.roles.contains_key(role)) {
            return;
        }
        let together: BTreeSet<&PersonId> = quorum.roles().iter().flat_map(|role| people.askable(role)).collect();
        let met = match quorum {
            Quorum::AnyOf(_) => !together.is_empty(),
            Quorum::Of { count, .. } => together.len() >= *count,
            Quorum::AllOf(roles) => {
                let choices: Vec<Vec<&PersonId>> = roles.iter().map(|role| people.askable(role)).collect();
                each_has_its_own(&choices)
            }
        };
        if !met {
            let people = match together.len() {
                0 => "there is nobody to ask".to_owned(),
                1 => "there is 1 person in all".to_owned(),
                several => format!("there are {several} people in all"),
            };
            let message = format!("this quorum can never be met: it asks {quorum}, and {people}");
            self.sheet.refuse(&entry.at, message, "name more roles, or more people in them");
        }
    }

    /// `else: role` for every role of the stage, or `else: { role: role }`.
    fn otherwise(self, entry: &Entry, roles: &[RoleName]) -> BTreeMap<RoleName, RoleName> {
        let sheet = self.sheet;
        let mut otherwise = BTreeMap::new();
        match &entry.value.value {
            Value::Map(pairs) => {
                for pair in pairs {
                    let Some(word) = pair.value.word(sheet) else { continue };
                    if !roles.iter().any(|role| role.as_str() == pair.key) {
                        let message = format!("`{}` is not asked in this stage", pair.key);
                        sheet.refuse(&pair.at, message, format!("the stage asks {}", listed(&names(roles))));
                    }
                    otherwise.insert(RoleName::from(pair.key.as_str()), (self.role(word), word.at));
                }
            }
            Value::Nothing | Value::Flag(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => {
                if let Some(word) = entry.value.word(sheet) {
                    let instead = self.role(word);
                    otherwise = roles.iter().map(|role| (role.clone(), (instead.clone(), word.at))).collect();
                }
            }
        }
        for (instead, _) in otherwise.values() {
            self.given.people.expect_own_addresses(self.given.main, instead);
        }
        let barred = |silent: &RoleName, instead: &RoleName| {
            silent.as_str() == role::PRIVACY_OFFICER && instead.as_str() != role::PRIVACY_DEPUTY
        };
        for (silent, (instead, at)) in &otherwise {
            if barred(silent, instead) {
                let message = format!("`{instead}` cannot answer in the privacy officer's place");
                sheet.refuse(at, message, format!("write `{}: {}`", role::PRIVACY_OFFICER, role::PRIVACY_DEPUTY));
            } else if silent == instead {
                sheet.refuse(at, format!("`{silent}` would be asked in its own place"), "name another role");
            }
        }
        otherwise.into_iter().map(|(silent, (instead, _))| (silent, instead)).collect()
    }
}

fn names(roles: &[RoleName]) -> Vec<&str> {
    roles.iter().map(RoleName::as_str).collect()
}

/// Whether every choice can have a person that no other has. There are few roles, so trying is enough.
fn each_has_its_own(choices: &[Vec<&PersonId>]) -> bool {
    fn seat<'a>(choices: &[Vec<&'a PersonId>], taken: &mut Vec<&'a PersonId>) -> bool {
        let Some((first, rest)) = choices.split_first() else { return true };
        first.iter().any(|person| {
            if taken.contains(person) {
                return false;
            }
            taken.push(person);
            let fits = seat(rest, taken);
            taken.pop();
            fits
        })
    }
    seat(choices, &mut Vec::new())
}
