//! `rehearsals:`, those with the team that come again.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::node::{Entry, Table};
use super::sheet::meant;
use super::{Config, installation, keys, spelling};
use crate::core::name::{PersonId, PlaybookName};
use crate::core::period::Period;
use crate::core::rehearsal::{ANNOUNCED, Recurring};

/// From when on it is looked whether they come; the same for every reading.
const LOOKED_FROM: Timestamp = Timestamp::constant(1_767_225_600, 0);
/// How many come again; a cron line that never comes takes a while to be told for one.
pub const REHEARSALS_MAX: usize = 50;

pub(super) fn read(file: &Table<'_>, config: &Config) -> Vec<Recurring> {
    let entries = file.get("rehearsals").map(|node| node.entries(file.sheet)).unwrap_or_default();
    if let Some(one_more) = entries.get(REHEARSALS_MAX) {
        let message = format!("`rehearsals` has more than {REHEARSALS_MAX} entries");
        file.sheet.refuse(&one_more.at, message, "take some of them out");
    }
    entries.iter().take(REHEARSALS_MAX).filter_map(|entry| recurring(file, entry, config)).collect()
}

fn recurring(file: &Table<'_>, entry: &Entry, config: &Config) -> Option<Recurring> {
    let sheet = file.sheet;
    spelling::check_name(sheet, &entry.at, &entry.key);
    let table = Table::of(sheet, &entry.key, &entry.value, &entry.at, keys::REHEARSAL);
    let playbook = table.need_word("playbook", "data-breach");
    if let Some(word) = playbook.filter(|word| !config.rules.contains_key(word.text)) {
        let help = meant(word.text, config.rules.keys().map(PlaybookName::as_str));
        sheet.refuse(word.at, format!("there is no playbook called `{}`", word.text), help);
    }
    let by = table.word("by");
    let people = &config.roster.people;
    if let Some(word) = by.filter(|word| people.get(word.text).is_none_or(|person| person.shared)) {
        let names = people.iter().filter(|(_, person)| !person.shared).map(|(id, _)| id.as_str());
        sheet.refuse(word.at, format!("there is no person called `{}`", word.text), meant(word.text, names));
    }
    let announce = table.parsed("announce", Period::parse).unwrap_or(ANNOUNCED);
    let own_zone = table.word("timezone").map(|word| installation::zone(sheet, word));
    let zone: TimeZone = own_zone.unwrap_or_else(|| Some(config.organisation.zone()))?;
    let from = table.need_word("from", "\"0 10 * * 2\"")?;
    let by = by.map(|word| PersonId::from(word.text));
    let playbook = PlaybookName::from(playbook?.text);
    match Recurring::new(&entry.key, playbook, by, announce, from.text, zone, LOOKED_FROM) {
        Ok(recurring) => Some(recurring),
        Err(error) => {
            sheet.refuse_error(from.at, &error);
            None
        }
    }
}
