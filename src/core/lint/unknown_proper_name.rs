//! A name, number or address that nobody said the statement may hold.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan as _;

use super::words::{
    Run, Word, clock_times, folded, groups, is_capitalised, masked, numbers, ordinary_words, runs, words,
};
use super::{Checked, Hit, Level, Rule, When};
use crate::core::host::host_in;
use crate::core::name::TemplateName;
use crate::core::rules::Rules;
use crate::core::statement::{Package, clock_time, links};

pub(super) const RULE: Rule = Rule {
    name: "unknown-proper-name",
    level: Level::Warning,
    when: When::Saved,
    why: "a patient's name, room or number gets into a statement as a word that looks like any other",
    source: "measured: patterns for identifiers miss what is freshly phrased, so what goes out is denied by default",
    check,
};

/// The most findings listed; what is beyond is counted.
const HITS_MAX: usize = 40;
/// The most groups of digits that one known number is looked for in.
const NUMBER_GROUPS_MAX: usize = 8;

/// What a masked piece becomes: breaks runs and numbers, begins no sentence.
const MASK: &str = " · ";

fn check(checked: &Checked<'_>) -> Vec<Hit> {
    let vocabulary = Vocabulary::of(checked);
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (place, _, text) in checked.texts() {
        for unknown in vocabulary.unknown(text) {
            let index = *seen.entry(unknown.clone()).or_insert(found.len());
            match found.get_mut(index) {
                Some((_, places)) if places.contains(&place) => {}
                Some((_, places)) => places.push(place.clone()),
                None => found.push((unknown, vec![place.clone()])),
            }
        }
    }
    let beyond = found.len().saturating_sub(HITS_MAX);
    found.truncate(HITS_MAX);
    let mut hits: Vec<Hit> = found.into_iter().map(hit).collect();
    if beyond > 0 {
        let remedy = "look through the texts for names, numbers and addresses".to_owned();
        hits.push(Hit { place: "all texts".to_owned(), found: format!("{beyond} more"), remedy });
    }
    hits
}

fn hit((found, places): (String, Vec<String>)) -> Hit {
    Hit {
        place: places.join("; "),
        remedy: format!(
            "is `{found}` a patient's or another private person's? Take it out. If it may be public, approving accepts it; what comes up often can be listed under `organisation: known:`"
        ),
        found,
    }
}

/// What a statement may hold: what the organisation listed, and what its own playbook and templates say already.
struct Vocabulary {
    /// Names, as sequences of words in small letters.
    phrases: Vec<Vec<String>>,
    /// Numbers, as their digits.
    numbers: BTreeSet<String>,
    /// Domains and mail addresses in small letters.
    addresses: Vec<String>,
    /// Words that the texts also write in small letters.
    common: BTreeSet<String>,
    /// Words that are nobody's name.
    ordinary: BTreeSet<&'static str>,
    /// Words to pass over as they stand: promised times, zones, the stamp.
    verbatim: Vec<String>,
}

impl Vocabulary {
    fn of(checked: &Checked<'_>) -> Self {
        let rules = checked.rules;
        let organisation = &rules.organisation;
        let mut listed: Vec<&str> = organisation.known.iter().map(String::as_str).collect();
        listed.extend([&*organisation.name, &organisation.hotline, &organisation.press_office, &organisation.timezone]);
        let mut prose = template_words(checked.package, rules);
        prose.extend([rules.playbook.title.clone(), rules.playbook.when_to_use.clone()]);
        let mut phrases: Vec<Vec<String>> = listed.iter().map(|text| folded(text)).collect();
        let of_run = |run: Run<'_>| run.words.into_iter().map(|word| word.folded).collect();
        phrases.extend(prose.iter().flat_map(|text| runs(text)).map(of_run));
        phrases.retain(|phrase: &Vec<String>| !phrase.is_empty());
        let own: Vec<&str> = listed.iter().copied().chain(prose.iter().map(String::as_str)).collect();
        let spoken = own.iter().copied().chain(checked.texts().map(|(_, _, text)| text));
        let common = spoken.flat_map(words).filter(|word| !is_capitalised(word.text)).map(|word| word.folded).collect();
        let addresses =
            own.iter().flat_map(|text| text.split_whitespace()).map(address).filter(|text| text.contains('.'));
        let press_domain = organisation.press_office.rsplit_once('@').map(|(_, domain)| address(domain));
        Self {
            phrases,
            numbers: own.iter().flat_map(|text| numbers(text)).map(|number| groups(number).concat()).collect(),
            addresses: addresses.chain(press_domain).collect(),
            common,
            ordinary: ordinary_words(),
            verbatim: verbatim(checked),
        }
    }

    /// The names, numbers and addresses of `text` that are not known.
    fn unknown(&self, text: &str) -> Vec<String> {
        let mut rest = text.to_owned();
        for known in &self.verbatim {
            rest = masked(&rest, known, MASK);
        }
        let mut unknown = Vec::new();
        for word in text.split_whitespace().filter(|word| word.contains('@') && word.contains('.')) {
            let mail = address(word);
            rest = masked(&rest, word, MASK);
            if !self.addresses.contains(&mail) {
                unknown.push(mail);
            }
        }
        for link in links(&rest) {
            rest = masked(&rest, &link, MASK);
            if !self.knows_host(&link) {
                unknown.push(link);
            }
        }
        for time in clock_times(&rest).into_iter().rev() {
            rest.replace_range(time.range, MASK);
        }
        unknown.extend(runs(&rest).iter().filter_map(|run| self.unknown_run(run)));
        unknown.extend(numbers(&rest).into_iter().filter_map(|number| self.unknown_number(number)).map(str::to_owned));
        unknown
    }

    /// The host itself or a part of a known domain, such as `status.riverside.example` of `riverside.example`.
    fn knows_host(&self, link: &str) -> bool {
        let host = host(link);
        self.addresses.iter().filter(|known| !known.contains('@')).any(|known| {
            let domain = self::host(known);
            host == domain || host.strip_suffix(domain.as_str()).is_some_and(|part| part.ends_with('.'))
        })
    }

    /// The run without the ordinary words at its edges, unless every part of it is known.
    fn unknown_run(&self, run: &Run<'_>) -> Option<String> {
        let mut rest: &[Word<'_>] = &run.words;
        if run.opens && rest.first().is_some_and(|first| self.common.contains(&first.folded)) {
            rest = &rest[1..];
        }
        let all: Vec<&str> = run.words.iter().map(|word| word.folded.as_str()).collect();
        while let Some((_, others)) = rest.split_first().filter(|(first, _)| self.is_ordinary(first)) {
            rest = others;
        }
        while let Some((_, others)) = rest.split_last().filter(|(last, _)| self.is_ordinary(last)) {
            rest = others;
        }
        let left: Vec<&str> = rest.iter().map(|word| word.folded.as_str()).collect();
        if left.is_empty() || self.is_part_of_one(&left) || self.is_covered(&left) || self.is_covered(&all) {
            return None;
        }
        Some(rest.iter().map(|word| word.text).collect::<Vec<_>>().join(" "))
    }

    /// From the first group of digits that is no part of a known number to the last.
    fn unknown_number<'t>(&self, number: &'t str) -> Option<&'t str> {
        let groups = groups(number);
        let mut unknown: Vec<&str> = Vec::new();
        let mut next = 0;
        while next < groups.len() {
            let mut ends = (next + 1..=groups.len().min(next + NUMBER_GROUPS_MAX)).rev();
            let known = ends.find(|&end| self.numbers.contains(&groups[next..end].concat()));
            if known.is_none() {
                unknown.push(groups[next]);
            }
            next = known.unwrap_or(next + 1);
        }
        let offset = |group: &str| group.as_ptr().addr() - number.as_ptr().addr();
        let (first, last) = (unknown.first()?, unknown.last()?);
        number.get(offset(first)..offset(last) + last.len())
    }

    fn is_ordinary(&self, word: &Word<'_>) -> bool {
        self.ordinary.contains(word.folded.as_str())
    }

    fn is_part_of_one(&self, words: &[&str]) -> bool {
        self.phrases.iter().any(|phrase| phrase.windows(words.len()).any(|part| part == words))
    }

    /// Whether whole known names and ordinary words make it up.
    fn is_covered(&self, words: &[&str]) -> bool {
        let mut rest = words;
        while let Some(first) = rest.first() {
            let starts = |phrase: &&Vec<String>| rest.len() >= phrase.len() && rest[..phrase.len()] == phrase[..];
            let longest = self.phrases.iter().filter(starts).map(Vec::len).max();
            match longest.or_else(|| self.ordinary.contains(first).then_some(1)) {
                Some(length) => rest = &rest[length..],
                None => return false,
            }
        }
        true
    }
}

/// The words of this statement's own templates, without their tags: they were read in peacetime.
fn template_words(package: &Package, rules: &Rules) -> Vec<String> {
    let Some(step) = rules.playbook.statement(package.step()) else { return Vec::new() };
    let nothing_new = step.again.as_ref().map(|again| &again.nothing_new.template);
    let is_own = |name: &TemplateName| *name == step.template || Some(name) == nothing_new;
    let own = rules.templates.iter().filter(|template| is_own(&template.name));
    own.map(|template| {
        let mut pieces = template.source.split("{{");
        let first = pieces.next().unwrap_or_default().to_owned();
        pieces.fold(first, |text, piece| text + MASK + piece.split_once("}}").map_or("", |(_, after)| after))
    })
    .collect()
}

/// The promised time in every language, the dates of yesterday, today and that day, the zone's name, the stamp.
fn verbatim(checked: &Checked<'_>) -> Vec<String> {
    let organisation = &checked.rules.organisation;
    let zone = organisation.zone();
    let mut known: Vec<String> = checked.package.stamp.iter().cloned().collect();
    let now = checked.at.to_zoned(zone.clone());
    let yesterday = now.checked_sub(1.day()).map_or(checked.at, |before| before.timestamp());
    for at in checked.package.next_update.into_iter().chain([checked.at, yesterday]) {
        let year = at.to_zoned(zone.clone()).year();
        let languages = organisation.languages.iter().map(String::as_str).chain(["en", "es"]);
        for language in languages {
            let shown = clock_time(at, &zone, language);
            let Some((date, time)) = shown.split_once(", ") else { continue };
            if Some(at) == checked.package.next_update {
                known.push(shown.clone());
            }
            known.extend([format!("{date} {year}"), format!("{date} de {year}")]);
            known.push(date.to_owned());
            known.extend(time.split_once(' ').map(|(_, zone)| zone.to_owned()));
        }
    }
    known.retain(|text| !text.trim().is_empty());
    known.sort_by_key(|text| std::cmp::Reverse(text.len()));
    known.dedup();
    known
}

fn address(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

fn host(link: &str) -> String {
    let lower = link.to_lowercase();
    let rest = lower.split_once("://").map_or(lower.as_str(), |(_, rest)| rest);
    host_in(rest).unwrap_or_default().to_owned()
}
