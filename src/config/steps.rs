//! The timeline: alerts, tasks and statements, and when each starts.

use super::node::{Entry, Node, Table, Word};
use super::order::{self, Placed};
use super::playbook::Reading;
use super::sheet::meant;
use super::{again, approval, held};
use super::{conditions, keys, promises, spelling, statement};
use crate::core::name::{ChannelName, FactName, RoleName, StepId, TemplateName};
use crate::core::period::Period;
use crate::core::playbook::{AlertStep, StatementStep, Step, StepKind, TaskStep, Usage, Way};

pub(super) fn read(reading: Reading<'_>, node: &Node) -> Vec<Step> {
    let sheet = reading.sheet;
    let mut placed: Vec<Placed<'_>> = Vec::new();
    let items = node.items(sheet);
    if node.is_empty_list() {
        sheet.refuse(&node.at, "the timeline is empty", "write at least one step, such as an alert");
    }
    for item in items {
        let Some(entry) = item.only_entry(sheet, keys::STEP) else { continue };
        let found = match entry.key.as_str() {
            "alert" => reading.alert(entry, &placed),
            "task" => reading.task(entry),
            "statement" => reading.statement(entry),
            other => {
                let help = meant(other, keys::STEP.iter().copied());
                sheet.refuse(&entry.at, format!("there is no step called `{other}`"), help);
                None
            }
        };
        placed.extend(found);
    }
    let whole = placed.len() == items.len();
    order::check(reading, &mut placed, whole);
    if whole {
        promises::warn(reading, &placed);
    }
    placed.into_iter().map(|placed| placed.step).collect()
}

impl<'n> Reading<'n> {
    fn alert(self, entry: &'n Entry, before: &[Placed<'_>]) -> Option<Placed<'n>> {
        let table = Table::of(self.sheet, "alert", &entry.value, &entry.at, keys::ALERT);
        let words = table.need("to", "[comms-lead]").map(|node| node.words(self.sheet));
        let to: Vec<_> = words.unwrap_or_default().into_iter().map(|word| self.role(word)).collect();
        if let Some(node) = table.get("to").filter(|node| node.is_empty_list()) {
            self.sheet.refuse(&node.at, "this alert reaches nobody", "name at least one role");
        }
        let within =
            table.need_word("acknowledge_within", "10m").and_then(|word| word.parsed(self.sheet, Period::parse));
        let otherwise = table.word("else").map(|word| self.role(word));
        let alerts = before.iter().filter(|placed| matches!(placed.step.kind, StepKind::Alert(_))).count();
        let name = if alerts == 0 { "alert".to_owned() } else { format!("alert-{}", alerts + 1) };
        let by = self.ways(&table);
        let kind = StepKind::Alert(AlertStep { to, by, acknowledge_within: within?, otherwise });
        Some(self.place(entry, &table, table.word("id").map_or(name, |word| word.text.to_owned()), kind))
    }

    /// By mail alone where it is not said.
    fn ways(self, table: &Table<'_>) -> Vec<Way> {
        let Some(node) = table.get("by") else { return vec![Way::Mail] };
        let mut ways = Vec::new();
        for word in node.words(self.sheet) {
            let way = match word.text {
                "mail" => Way::Mail,
                "page" => Way::Page,
                other => {
                    let message = format!("nobody is alerted by `{other}`");
                    self.sheet.refuse(word.at, message, meant(other, ["mail", "page"]));
                    continue;
                }
            };
            if way == Way::Page && !self.given.has_pager {
                let help = "add `pager:` to holdline.yaml, or leave `page` out";
                self.sheet.refuse(word.at, "there is no pager that could be used", help);
            }
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
        if node.is_empty_list() {
            self.sheet.refuse(&node.at, "this alert reaches nobody", "write [mail], [page] or both");
        }
        ways
    }

    fn task(self, entry: &'n Entry) -> Option<Placed<'n>> {
        let table = Table::of(self.sheet, "task", &entry.value, &entry.at, keys::TASK);
        let todo = table.text("do", "Pause scheduled posts on every channel");
        let by = table.need_word("by", "comms-lead").map(|word| self.role(word));
        let within = table.parsed("within", Period::parse);
        let resume = table.word("resume").map(|word| word.text.to_owned());
        if let Some(entry) = table.entry("resume").filter(|_| table.entry("within").is_none()) {
            let message = "nobody would be reminded of this pause, nor of ending it: it has no time";
            self.sheet.refuse(&entry.at, message, "add `within: 10m`, or what it takes");
        }
        let id = table.text("id", "pause");
        let kind = StepKind::Task(TaskStep { todo: todo?, by: by?, within, resume });
        Some(self.place(entry, &table, id?, kind))
    }

    fn statement(self, entry: &'n Entry) -> Option<Placed<'n>> {
        let table = Table::of(self.sheet, "statement", &entry.value, &entry.at, keys::STATEMENT);
        let id = table.text("id", "holding");
        let audience = table.text("audience", "public");
        let template = table.need_word("template", "data-breach/holding");
        let usage = self.usage(&table);
        let channels = match usage {
            Usage::Post | Usage::Hold | Usage::LifeSafety => self.channels(&table),
            Usage::IfAsked => self.refuse_posting(&table),
        };
        let step = StatementStep {
            usage,
            tell: self.told(&table, usage),
            on_word_of: Vec::new(),
            instead_of: None,
            lapses: None,
            audience: audience.unwrap_or_default(),
            template: TemplateName::from(template.map(|word| word.text).unwrap_or_default()),
            channels,
            needs: self.needs(&table),
            within: table.parsed("within", Period::parse),
            next_update: table.parsed("next_update", Period::parse),
            approval: approval::read(self, &table, "release"),
            again: None,
        };
        let step = held::read(self, &table, again::read(self, &table, step));
        if let Some(word) = template {
            self.given.templates.check(self.sheet, word, &step, self.facts, self.given);
            held::check_line(self, word, &step);
        }
        let id = id?;
        statement::warn(self, &table, &id, &step);
        let placed = self.place(entry, &table, id, StepKind::Statement(step));
        Some(Placed { instead_of: table.word("instead_of"), ..placed })
    }

    fn usage(self, table: &Table<'_>) -> Usage {
        let Some(word) = table.word("use") else { return Usage::Post };
        match word.text {
            "post" => Usage::Post,
            "if_asked" => Usage::IfAsked,
            "hold" => Usage::Hold,
            "life_safety" => Usage::LifeSafety,
            other => {
                let help = meant(other, ["post", "if_asked", "hold", "life_safety"]);
                self.sheet.refuse(word.at, format!("a statement has no use called `{other}`"), help);
                Usage::Post
            }
        }
    }

    /// What is said if asked goes nowhere and promises nothing.
    fn refuse_posting(self, table: &Table<'_>) -> Vec<ChannelName> {
        for key in ["channels", "next_update", "every", "nothing_new"] {
            if let Some(entry) = table.entry(key) {
                let message = format!("what is said if asked is posted nowhere, so it has no `{key}`");
                self.sheet.refuse(&entry.at, message, "take it out, or write `use: post`");
            }
        }
        Vec::new()
    }

    fn told(self, table: &Table<'_>, usage: Usage) -> Vec<RoleName> {
        let Some(entry) = table.entry("tell") else { return Vec::new() };
        if usage != Usage::IfAsked {
            self.sheet.refuse(&entry.at, "`tell` is for what is said if asked", "add `use: if_asked`, or take it out");
        }
        entry.value.words(self.sheet).into_iter().map(|word| self.role(word)).collect()
    }

    fn channels(self, table: &Table<'_>) -> Vec<ChannelName> {
        let Some(node) = table.need("channels", "[website]") else { return Vec::new() };
        let mut channels: Vec<ChannelName> = Vec::new();
        for word in node.words(self.sheet) {
            let name = ChannelName::from(word.text);
            if !self.given.channel_names.contains(word.text) {
                let help = meant(word.text, self.given.channel_names.iter().map(String::as_str));
                self.sheet.refuse(word.at, format!("there is no channel called `{}`", word.text), help);
            } else if channels.contains(&name) {
                self.sheet.refuse(word.at, format!("`{name}` stands here twice"), "name each channel once");
            }
            channels.push(name);
        }
        if node.is_empty_list() {
            self.sheet.refuse(&node.at, "this statement goes nowhere", "name at least one of `channels:`");
        }
        channels
    }

    fn needs(self, table: &Table<'_>) -> Vec<FactName> {
        let words = table.get("needs").map(|node| node.words(self.sheet)).unwrap_or_default();
        let known = |word: &Word<'_>| self.facts.iter().any(|fact| fact.name.as_str() == word.text);
        for word in words.iter().filter(|word| !known(word)) {
            let help = meant(word.text, self.facts.iter().map(|fact| fact.name.as_str()));
            self.sheet.refuse(word.at, format!("there is no fact called `{}`", word.text), help);
        }
        words.into_iter().map(|word| FactName::from(word.text)).collect()
    }

    fn place(self, entry: &'n Entry, table: &Table<'n>, id: String, kind: StepKind) -> Placed<'n> {
        let id_at = table.get("id").map_or(&entry.at, |node| &node.at);
        spelling::check_name(self.sheet, id_at, &id);
        let at = table.parsed("at", Period::parse);
        let when = table.word("when").and_then(|word| conditions::read(self, word));
        let step = Step { id: StepId::from(id), at, after: None, when, kind };
        let promises_at = table.entry("next_update").map(|entry| &entry.at);
        Placed { step, id_at, after: table.word("after"), promises_at, instead_of: None }
    }
}
