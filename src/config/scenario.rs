//! Scenario files, `playbooks/scenarios/NAME.yaml`: what happens in a rehearsal, and what is expected of it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::Config;
use super::node::{Entry, Node, Table, Word};
use super::sheet::{Sheet, listed, meant};
use super::{keys, scenario_expect};
use crate::core::name::{ChannelName, FactName, FeedName, PersonId, StepId};
use crate::core::period::Period;
use crate::core::playbook::{FactValue, Playbook, StatementStep, StepKind, Usage};
use crate::core::rehearsal::{Answers, Inject, LASTS, MENTIONS_MAX, Scenario, What};

/// The most injects of a scenario, and the most that it expects.
pub const ENTRIES_MAX: usize = 500;

/// What a scenario may name.
pub(super) struct Stage<'a> {
    pub(super) sheet: &'a Sheet,
    pub(super) config: &'a Config,
    pub(super) playbook: &'a Playbook,
}

/// `books` are the playbooks of the folder, also those that are wrong: what is wrong with them is said there.
pub(super) fn read(sheet: &Sheet, node: &Node, config: &Config, books: &BTreeSet<String>) -> Option<Scenario> {
    let top = 0..0;
    let table = Table::of(sheet, "the scenario", node, &top, keys::SCENARIO);
    let title = table.text("title", "The lawyer cannot be reached");
    let word = table.need_word("playbook", "data-breach")?;
    let Some(rules) = config.rules.get(word.text) else {
        if books.contains(word.text) {
            return None;
        }
        let help = meant(word.text, config.rules.keys().map(crate::core::name::PlaybookName::as_str));
        sheet.refuse(word.at, format!("there is no playbook called `{}`", word.text), help);
        return None;
    };
    let stage = Stage { sheet, config, playbook: &rules.playbook };
    let opened_by = table.word("opened_by").map(|word| stage.person(word));
    let lasts = table.parsed("lasts", Period::parse).unwrap_or(LASTS);
    let people = table.get("people").map(|node| stage.people(node)).unwrap_or_default();
    let facts = table.get("facts").map(|node| stage.facts(node)).unwrap_or_default();
    let injects: Vec<Inject> = stage.items(&table, "injects").filter_map(|node| stage.inject(node)).collect();
    let expect = stage.items(&table, "expect").filter_map(|node| scenario_expect::read(&stage, node)).collect();
    let talk = injects.iter().any(|inject| matches!(inject.what, What::Mentions { .. }));
    if opened_by.is_none() && !talk && table.get("injects").is_none_or(|node| !node.items(sheet).is_empty()) {
        let help = "say who does with `opened_by`, or let `mentions` come in";
        sheet.refuse(&top, "nothing opens the incident", help);
    }
    let opened_by = opened_by.unwrap_or_default();
    Some(Scenario {
        title: title?,
        playbook: rules.playbook.name.clone(),
        opened_by,
        lasts,
        people,
        facts,
        injects,
        expect,
    })
}

impl<'a> Stage<'a> {
    fn items<'n>(&self, table: &Table<'n>, key: &str) -> impl Iterator<Item = &'n Node> + use<'n, 'a> {
        let items = table.get(key).map(|node| node.items(self.sheet)).unwrap_or_default();
        if let Some(one_more) = items.get(ENTRIES_MAX) {
            self.sheet.refuse(
                &one_more.at,
                format!("`{key}` has more than {ENTRIES_MAX} entries"),
                "take some of them out",
            );
        }
        items.iter().take(ENTRIES_MAX)
    }

    pub(super) fn person(&self, word: Word<'_>) -> Option<PersonId> {
        let people = &self.config.roster.people;
        let found = people.get(word.text).filter(|person| !person.shared);
        if found.is_none() {
            let names = people.iter().filter(|(_, person)| !person.shared).map(|(id, _)| id.as_str());
            self.sheet.refuse(word.at, format!("there is no person called `{}`", word.text), meant(word.text, names));
        }
        found.map(|_| PersonId::from(word.text))
    }

    /// A statement of the playbook.
    pub(super) fn statement(&self, word: Word<'_>) -> Option<StepId> {
        self.step(word, "statement", |kind| matches!(kind, StepKind::Statement(_)))
    }

    pub(super) fn task(&self, word: Word<'_>) -> Option<StepId> {
        self.step(word, "task", |kind| matches!(kind, StepKind::Task(_)))
    }

    fn step(&self, word: Word<'_>, what: &str, wanted: impl Fn(&StepKind) -> bool) -> Option<StepId> {
        let steps = || self.playbook.timeline.iter().filter(|step| wanted(&step.kind)).map(|step| step.id.as_str());
        if !steps().any(|step| step == word.text) {
            let message = format!("the playbook {} has no {what} called `{}`", self.playbook.name, word.text);
            self.sheet.refuse(word.at, message, meant(word.text, steps()));
            return None;
        }
        Some(StepId::from(word.text))
    }

    fn channel(&self, word: Word<'_>) -> Option<ChannelName> {
        let channels = &self.config.channels;
        if !channels.contains_key(word.text) {
            let help = meant(word.text, channels.keys().map(ChannelName::as_str));
            self.sheet.refuse(word.at, format!("there is no channel called `{}`", word.text), help);
            return None;
        }
        Some(ChannelName::from(word.text))
    }

    fn people(&self, node: &Node) -> BTreeMap<PersonId, Answers> {
        let answers = |text: &str| match text {
            "never" => Ok(Answers::Never),
            other => Period::parse(other).map(Answers::After).map_err(|_| {
                format!("`{other}` does not say when somebody answers; write a length of time, as in 8m, or never")
            }),
        };
        let read = |entry: &Entry| {
            let person = self.person(Word { text: &entry.key, at: &entry.at });
            let answers = entry.value.word(self.sheet)?.parsed(self.sheet, answers);
            person.zip(answers)
        };
        node.entries(self.sheet).iter().filter_map(read).collect()
    }

    fn facts(&self, node: &Node) -> BTreeMap<FactName, FactValue> {
        let read = |entry: &Entry| {
            let name = Word { text: &entry.key, at: &entry.at };
            self.fact(name, entry.value.word(self.sheet)?)
        };
        node.entries(self.sheet).iter().filter_map(read).collect()
    }

    fn fact(&self, name: Word<'_>, value: Word<'_>) -> Option<(FactName, FactValue)> {
        let Some(spec) = self.playbook.fact(&FactName::from(name.text)) else {
            let help = meant(name.text, self.playbook.facts.iter().map(|fact| fact.name.as_str()));
            let message = format!("the playbook {} has no fact called `{}`", self.playbook.name, name.text);
            self.sheet.refuse(name.at, message, help);
            return None;
        };
        let zone = self.config.organisation.zone();
        let value = value.parsed(self.sheet, |text| spec.kind.parse(text, &zone))?;
        Some((spec.name.clone(), value))
    }

    fn inject(&self, node: &Node) -> Option<Inject> {
        let at = node.at.clone();
        let table = Table::of(self.sheet, "an inject", node, &at, keys::INJECT);
        let after = table.parsed("at", Period::parse);
        let entry = self.only(&table, node, &at, keys::INJECT, &["at"])?;
        let what = match entry.key.as_str() {
            "mentions" => self.mentions(entry),
            "call" => self.call(entry),
            "fact" => self.new_fact(entry),
            "refuses" => {
                let (person, statement, reason) = self.answer(entry, keys::REFUSES, "reason", "The number is wrong")?;
                Some(What::Refuses { person, statement, reason })
            }
            "wants_changes" => {
                let (person, statement, words) = self.answer(entry, keys::WANTS_CHANGES, "words", "We are sorry.")?;
                Some(What::WantsChanges { person, statement, words })
            }
            "says_now" => self.word_given(entry),
            "unreachable" => entry.value.word(self.sheet).and_then(|word| self.person(word)).map(What::Unreachable),
            "reachable" => entry.value.word(self.sheet).and_then(|word| self.person(word)).map(What::Reachable),
            "channel_down" => entry.value.word(self.sheet).and_then(|word| self.channel(word)).map(What::ChannelDown),
            "channel_up" => entry.value.word(self.sheet).and_then(|word| self.channel(word)).map(What::ChannelUp),
            _ => entry.value.word(self.sheet)?.parsed(self.sheet, |text| match text {
                "down" => Ok(What::MailDown),
                "up" => Ok(What::MailUp),
                other => Err(format!("`{other}` is not what mail can be; write down or up")),
            }),
        };
        Some(Inject { at: after, what: what? })
    }

    /// The one entry that says what an inject, or an expectation, is; the others stand beside it.
    pub(super) fn only<'n>(
        &self,
        table: &Table<'n>,
        node: &'n Node,
        at: &Range<usize>,
        keys: &[&str],
        beside: &[&str],
    ) -> Option<&'n Entry> {
        let kinds: Vec<&str> = keys.iter().copied().filter(|key| !beside.contains(key)).collect();
        let mut found = kinds.iter().filter_map(|key| table.entry(key));
        let first = found.next();
        if let Some(second) = found.next() {
            let help = "write it as an entry of its own";
            self.sheet.refuse(&second.at, format!("`{}` is one too many here", second.key), help);
        }
        let strange = node.entries(self.sheet).iter().any(|entry| !keys.contains(&entry.key.as_str()));
        if first.is_none() && !strange {
            self.sheet.refuse(at, "this does not say what it is", format!("write one of {}", listed(&kinds)));
        }
        first
    }

    fn mentions(&self, entry: &Entry) -> Option<What> {
        let table = Table::of(self.sheet, "mentions", &entry.value, &entry.at, keys::INJECT_MENTIONS);
        let texts: Vec<String> = match table.get("texts") {
            Some(node) => node.words(self.sheet).into_iter().map(|word| word.text.to_owned()).collect(),
            None => table.text("text", "Riverside General leaked my records").into_iter().collect(),
        };
        if let Some(node) = table.get("texts").filter(|node| node.is_empty_list()) {
            self.sheet.refuse(&node.at, "nobody says anything here", "write at least one text");
        }
        let count = table.parsed("count", |text| {
            let number = text.parse::<u32>().ok().filter(|number| (1..=MENTIONS_MAX).contains(number));
            number.ok_or_else(|| format!("`{text}` is not a number of mentions; write 1 to {MENTIONS_MAX}"))
        });
        let count = count.unwrap_or_else(|| u32::try_from(texts.len()).unwrap_or(MENTIONS_MAX));
        let over = table.parsed("over", Period::parse);
        let feed = match table.word("feed") {
            Some(word) => self.feed(word),
            None => self.usual_feed(&entry.at),
        };
        (!texts.is_empty()).then_some(())?;
        Some(What::Mentions { feed: feed?, texts, count, over })
    }

    fn feed(&self, word: Word<'_>) -> Option<FeedName> {
        let feeds = &self.config.feeds;
        if !feeds.contains_key(word.text) {
            let help = meant(word.text, feeds.keys().map(FeedName::as_str));
            self.sheet.refuse(word.at, format!("there is no feed called `{}`", word.text), help);
            return None;
        }
        Some(FeedName::from(word.text))
    }

    /// The first feed of a watch that opens this playbook.
    fn usual_feed(&self, at: &Range<usize>) -> Option<FeedName> {
        let opens = |watch: &&crate::core::watch::Watch| watch.opens.as_ref() == Some(&self.playbook.name);
        let feed = self.config.watches.iter().find(opens).and_then(|watch| watch.feeds.first().cloned());
        if feed.is_none() {
            let message =
                format!("no watch opens {}, so it cannot be told which feed these mentions are of", self.playbook.name);
            self.sheet.refuse(at, message, "name a `feed`");
        }
        feed
    }

    fn call(&self, entry: &Entry) -> Option<What> {
        let table = Table::of(self.sheet, "call", &entry.value, &entry.at, keys::INJECT_CALL);
        let (from, asks) = (table.text("from", "Jo Park, County Herald"), table.text("asks", "Is it true?"));
        Some(What::Call { from: from?, asks: asks? })
    }

    fn new_fact(&self, entry: &Entry) -> Option<What> {
        let table = Table::of(self.sheet, "fact", &entry.value, &entry.at, keys::INJECT_FACT);
        let (name, value) = (table.need_word("name", "records_affected"), table.need_word("value", "740"));
        let by = table.need_word("by", "chi")?;
        let person = self.person(by);
        let (fact, value) = self.fact(name?, value?)?;
        let role = self.playbook.fact(&fact).and_then(|spec| spec.confirmed_by.clone());
        if let (Some(role), Some(person)) = (role, &person)
            && !self.config.roster.holds(person, role.as_str())
        {
            let message = format!("`{}` does not hold the role `{role}`, which alone confirms this fact", by.text);
            self.sheet.refuse(by.at, message, "name somebody who does");
            return None;
        }
        Some(What::Fact { fact, value, by: person? })
    }

    fn word_given(&self, entry: &Entry) -> Option<What> {
        let table = Table::of(self.sheet, "says_now", &entry.value, &entry.at, keys::SAYS_NOW);
        let person = table.need_word("person", "ana").and_then(|word| self.person(word));
        let word = table.need_word("statement", "restored")?;
        let statement = self.statement(word)?;
        let waits = |step: &StatementStep| match step.usage {
            Usage::Post | Usage::IfAsked => false,
            Usage::Hold => step.instead_of.is_none(),
            Usage::LifeSafety => true,
        };
        if !self.playbook.statement(&statement).is_some_and(waits) {
            let message = format!("`{statement}` waits for nobody's word");
            self.sheet.refuse(
                word.at,
                message,
                "name a statement with `use: hold` and `on_word_of`, or with `use: life_safety`",
            );
            return None;
        }
        Some(What::SaysNow { person: person?, statement })
    }

    fn answer(&self, entry: &Entry, keys: &[&str], why: &str, example: &str) -> Option<(PersonId, StepId, String)> {
        let table = Table::of(self.sheet, &entry.key, &entry.value, &entry.at, keys);
        let person = table.need_word("person", "dev").and_then(|word| self.person(word));
        let statement = table.need_word("statement", "holding").and_then(|word| self.statement(word));
        let words = table.text(why, example);
        Some((person?, statement?, words?))
    }
}
