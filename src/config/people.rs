//! People and roles: who may be asked, and who may not.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::civil::Date;

use super::keys;
use super::node::{Entry, Node, Table, Value, Word};
use super::sheet::{Sheet, meant};
use super::spelling;
use crate::core::name::{PersonId, RoleName, role};
use crate::core::roster::{Away, Person, Roster};

/// The roster, with the places that later checks point at.
#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) roster: Roster,
    /// Who has an address that is rather no one person's, and why it is none.
    not_ones_own: BTreeMap<PersonId, NotOnesOwn>,
    /// Where each role is written, and each of its people.
    places: BTreeMap<RoleName, RolePlace>,
}

/// An address at its place, with what is said where its person is to approve.
#[derive(Debug)]
struct NotOnesOwn {
    at: Range<usize>,
    message: String,
    help: &'static str,
}

/// What stands before the @ of mailboxes that several people read, RFC 2142's among them.
const MANY_READ: &[&str] = &[
    "admin",
    "alerts",
    "comms",
    "communications",
    "contact",
    "desk",
    "duty",
    "enquiries",
    "frontdesk",
    "hello",
    "help",
    "helpdesk",
    "holdline",
    "hr",
    "info",
    "inquiries",
    "it",
    "legal",
    "mail",
    "marketing",
    "media",
    "mediarelations",
    "news",
    "newsroom",
    "no-reply",
    "noreply",
    "office",
    "oncall",
    "postmaster",
    "pr",
    "presse",
    "press",
    "pressoffice",
    "press-office",
    "privacy",
    "publicrelations",
    "reception",
    "security",
    "service",
    "staff",
    "support",
    "switchboard",
    "team",
    "webmaster",
];
const ONES_OWN: &str = "give them an address that they alone read: a shared mailbox may be told, never asked";
const ONES_OWN_OR_SAID: &str =
    "give them an address of their own, or write `shared: false` beside it if they alone read it";

#[derive(Debug)]
struct RolePlace {
    at: Range<usize>,
    holders: Vec<(PersonId, Range<usize>)>,
}

/// The addresses that are the organisation's, and nobody's own.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Houses<'a> {
    pub(super) press_office: Option<&'a str>,
    /// What stands under `mail: from`, with a name or without.
    pub(super) sender: Option<&'a str>,
}

pub(super) fn read(
    sheet: &Sheet,
    people: Option<&Node>,
    roles: Option<&Node>,
    languages: &[String],
    houses: Houses<'_>,
) -> People {
    let mut all = People::default();
    let entries = people.map(|node| node.entries(sheet)).unwrap_or_default();
    for entry in entries {
        spelling::check_name(sheet, &entry.at, &entry.key);
        let id = PersonId::from(entry.key.as_str());
        let found = not_ones_own(sheet, entry, houses);
        all.not_ones_own.extend(found.map(|found| (id.clone(), found)));
        all.roster.people.insert(id, person(sheet, entry, languages));
    }
    check_addresses(sheet, entries);
    check_delegates(sheet, entries);
    for entry in roles.map(|node| node.entries(sheet)).unwrap_or_default() {
        all.add_role(sheet, entry, entries);
    }
    check_privacy_delegates(sheet, entries, &all.roster);
    all
}

fn person(sheet: &Sheet, entry: &Entry, languages: &[String]) -> Person {
    let table = Table::of(sheet, &entry.key, &entry.value, &entry.at, keys::PERSON);
    let name = table.text("name", "Ana Ruiz");
    let email = address(sheet, table.need_word("email", "ana@riverside.example"));
    let away = table.parsed("away", away);
    let reads = table.get("reads").map_or_else(
        || languages.iter().take(1).cloned().collect(),
        |node| node.words(sheet).into_iter().filter_map(|word| language(sheet, word)).collect(),
    );
    // A person who is wrong in themselves is still there: who names them is not wrong too.
    Person {
        name: name.unwrap_or_default(),
        email: email.unwrap_or_default(),
        phone: table.word("phone").map(|word| word.text.to_owned()),
        delegate: table.word("delegate").map(|word| PersonId::from(word.text)),
        away,
        reads,
        shared: table.flag("shared").unwrap_or(false),
    }
}

pub(super) fn address(sheet: &Sheet, word: Option<Word<'_>>) -> Option<String> {
    let word = word?;
    if !spelling::is_address(word.text) {
        sheet.refuse(
            word.at,
            format!("`{}` is not an e-mail address", word.text),
            "write it as in ana@riverside.example",
        );
    }
    Some(word.text.to_owned())
}

pub(super) fn language(sheet: &Sheet, word: Word<'_>) -> Option<String> {
    if spelling::is_language(word.text) {
        return Some(word.text.to_owned());
    }
    sheet.refuse(word.at, format!("`{}` is not a language", word.text), "write its tag, as in en, es or pt-BR");
    None
}

fn away(text: &str) -> Result<Away, String> {
    let refuse = || format!("`{text}` is not a stretch of days; write it as in 2026-12-20..2027-01-04");
    let (from, to) = text.split_once("..").ok_or_else(refuse)?;
    let day = |text: &str| text.trim().parse::<Date>().map_err(|_| refuse());
    let (from, to) = (day(from)?, day(to)?);
    if to < from {
        return Err(format!("`{text}` ends before it begins; put the earlier day first"));
    }
    Ok(Away { from, to })
}

/// Why an address is rather no one person's; nothing of those that say that they are `shared`.
fn not_ones_own(sheet: &Sheet, entry: &Entry, houses: Houses<'_>) -> Option<NotOnesOwn> {
    let shared = field(entry, "shared").and_then(|node| node.flag(sheet));
    let Value::Text(written) = &field(entry, "email")?.value else { return None };
    let at = field(entry, "email")?.at.clone();
    let address = written.trim().to_lowercase();
    let is = |other: Option<&str>| other.is_some_and(|other| bare(other).eq_ignore_ascii_case(&address));
    let local = address.split(['@', '+']).next().unwrap_or_default();
    let (why, help) = if shared == Some(true) {
        return None;
    } else if is(houses.press_office) {
        ("is the press office's own address", ONES_OWN)
    } else if is(houses.sender) {
        ("is the address that Holdline's own mail comes from", ONES_OWN)
    } else if shared.is_none() && MANY_READ.contains(&local) {
        ("looks like a mailbox that several people read", ONES_OWN_OR_SAID)
    } else {
        return None;
    };
    Some(NotOnesOwn { at, message: format!("`{}` is asked to approve, and {address} {why}", entry.key), help })
}

/// The address of `Name <address>`.
fn bare(written: &str) -> &str {
    let inner = written.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or(written, |(address, _)| address).trim()
}

/// One person with two entries would count twice in a quorum.
fn check_addresses(sheet: &Sheet, entries: &[Entry]) {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for entry in entries {
        let Some(word) = field(entry, "email").and_then(|node| node.word(sheet)) else { continue };
        if let Some(other) = seen.insert(word.text.to_lowercase(), &entry.key) {
            let message = format!("`{other}` and `{}` have the same address", entry.key);
            sheet.refuse(word.at, message, "give each person one entry and an address of their own");
        }
    }
}

fn check_delegates(sheet: &Sheet, entries: &[Entry]) {
    for entry in entries {
        let Some(word) = field(entry, "delegate").and_then(|node| node.word(sheet)) else { continue };
        let Some(delegate) = entries.iter().find(|other| other.key == word.text) else {
            let names = entries.iter().map(|entry| entry.key.as_str());
            sheet.refuse(word.at, format!("there is nobody called `{}`", word.text), meant(word.text, names));
            continue;
        };
        let shared = field(delegate, "shared").and_then(|node| node.flag(sheet)).unwrap_or(false);
        if delegate.key == entry.key {
            sheet.refuse(word.at, "nobody stands in for themselves", "name somebody else");
        } else if shared {
            let message = format!("`{}` is a shared mailbox and cannot stand in for anybody", word.text);
            sheet.refuse(word.at, message, "name a person: a shared mailbox may be told, never asked");
        }
    }
}

/// Only a privacy deputy answers in the privacy officer's place.
fn check_privacy_delegates(sheet: &Sheet, entries: &[Entry], roster: &Roster) {
    for holder in roster.roles.get(role::PRIVACY_OFFICER).into_iter().flatten() {
        let Some(delegate) = roster.person(holder).and_then(|person| person.delegate.as_ref()) else { continue };
        let known = roster.people.contains_key(delegate);
        let may =
            !known || roster.holds(delegate, role::PRIVACY_DEPUTY) || roster.holds(delegate, role::PRIVACY_OFFICER);
        let place =
            entries.iter().find(|entry| entry.key == holder.as_str()).and_then(|entry| field(entry, "delegate"));
        if let Some(node) = place.filter(|_| !may) {
            let message = format!("`{delegate}` would stand in for the privacy officer without being a privacy deputy");
            let help = format!("name somebody who holds `{}`, or leave the delegate out", role::PRIVACY_DEPUTY);
            sheet.refuse(&node.at, message, help);
        }
    }
}

fn field<'n>(entry: &'n Entry, key: &str) -> Option<&'n Node> {
    match &entry.value.value {
        Value::Map(fields) => fields.iter().find(|field| field.key == key).map(|field| &field.value),
        Value::Nothing | Value::Flag(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => None,
    }
}

impl People {
    /// Says of those whom a role asks, and of who stands in for them, that their address is nobody's own.
    pub(super) fn expect_own_addresses(&self, sheet: &Sheet, role: &RoleName) {
        for id in self.roster.roles.get(role).into_iter().flatten() {
            let stands_in = self.roster.person(id).and_then(|person| person.delegate.as_ref());
            for found in std::iter::once(id).chain(stands_in).filter_map(|id| self.not_ones_own.get(id)) {
                sheet.refuse_once(&found.at, &found.message, found.help);
            }
        }
    }

    fn add_role(&mut self, sheet: &Sheet, entry: &Entry, people: &[Entry]) {
        spelling::check_name(sheet, &entry.at, &entry.key);
        let mut holders: Vec<(PersonId, Range<usize>)> = Vec::new();
        for word in entry.value.words(sheet) {
            if !people.iter().any(|person| person.key == word.text) {
                let names = people.iter().map(|person| person.key.as_str());
                sheet.refuse(word.at, format!("there is nobody called `{}`", word.text), meant(word.text, names));
            }
            if holders.iter().any(|(holder, _)| holder.as_str() == word.text) {
                sheet.refuse(word.at, format!("`{}` stands here twice", word.text), "name each person once");
            }
            holders.push((PersonId::from(word.text), word.at.clone()));
        }
        if entry.value.is_empty_list() {
            let message = format!("nobody holds `{}`", entry.key);
            sheet.refuse(&entry.at, message, "name at least one person, or take the role out");
        }
        let name = RoleName::from(entry.key.as_str());
        self.roster.roles.insert(name.clone(), holders.iter().map(|(person, _)| person.clone()).collect());
        self.places.insert(name, RolePlace { at: entry.at.clone(), holders });
    }

    /// Says that a role is not there, and whether it is.
    pub(super) fn expect_role(&self, sheet: &Sheet, at: &Range<usize>, name: &str) -> bool {
        let known = self.roster.roles.contains_key(name);
        if known {
            return true;
        }
        if self.roster.person(&PersonId::from(name)).is_some() {
            let theirs = self.roster.roles.keys().find(|role| self.roster.holds(&PersonId::from(name), role.as_str()));
            let help = match theirs {
                Some(role) => format!("write a role that they hold, as in `{role}`"),
                None => "give them a role under `roles:`, and write that".to_owned(),
            };
            sheet.refuse(at, format!("`{name}` is a person, and this asks for a role"), help);
            return false;
        }
        let names = self.roster.roles.keys().map(RoleName::as_str);
        sheet.refuse(at, format!("there is no role called `{name}`"), meant(name, names));
        false
    }

    /// The people of a role who may be asked.
    pub(super) fn askable(&self, role: &RoleName) -> Vec<&PersonId> {
        let holders = self.roster.roles.get(role).into_iter().flatten();
        holders.filter(|id| self.roster.person(id).is_some_and(|person| !person.shared)).collect()
    }

    /// The person who alone holds a role without anybody to stand in, with the role's place in holdline.yaml.
    pub(super) fn alone(&self, role: &RoleName) -> Option<(&PersonId, &Range<usize>)> {
        let place = self.places.get(role)?;
        let [(only, _)] = place.holders.as_slice() else { return None };
        let person = self.roster.person(only).filter(|person| !person.shared)?;
        person.delegate.is_none().then_some((only, &place.at))
    }

    /// The shared mailboxes that hold a role, with their places.
    pub(super) fn mailboxes(&self, role: &RoleName) -> impl Iterator<Item = (&PersonId, &Range<usize>)> {
        let holders = self.places.get(role).into_iter().flat_map(|place| &place.holders);
        let shared = |id: &PersonId| self.roster.person(id).is_some_and(|person| person.shared);
        holders.filter(move |(id, _)| shared(id)).map(|(id, at)| (id, at))
    }
}
