//! Statement templates: read from their folder, and checked against each step that uses them.

use std::collections::BTreeSet;

use super::files::Folder;
use super::node::Word;
use super::playbook::Given;
use super::problem::Problem;
use super::sheet::{Sheet, meant};
use super::spelling;
use super::yaml::byte_at;
use crate::core::name::{ChannelName, TemplateName};
use crate::core::playbook::{FactSpec, StatementStep, Usage};
use crate::core::rules::{ChannelRules, Template};
use crate::core::statement::{Length, TemplateSpec, check_template};

/// The most template files in a folder.
pub const TEMPLATES_MAX: usize = 2_000;

const FOLDER: &str = "templates/statements";
const ENDING: &str = ".hbs";

#[derive(Debug, Default)]
pub(super) struct Templates {
    files: Vec<(Sheet, Option<Template>)>,
}

impl Templates {
    pub(super) fn read(folder: &Folder, problems: &mut Vec<Problem>) -> Self {
        let mut files = Vec::new();
        for name in folder.list(FOLDER, ENDING, None, TEMPLATES_MAX, problems) {
            match folder.read(&name) {
                Ok(sheet) => {
                    let template = template(&sheet);
                    files.push((sheet, template));
                }
                Err(problem) => problems.push(problem),
            }
        }
        Self { files }
    }

    pub(super) fn into_sheets(self) -> impl Iterator<Item = Sheet> {
        self.files.into_iter().map(|(sheet, _)| sheet)
    }

    fn all(&self) -> impl Iterator<Item = (&Sheet, &Template)> {
        self.files.iter().filter_map(|(sheet, template)| Some((sheet, template.as_ref()?)))
    }

    pub(super) fn named(&self, name: &TemplateName) -> Vec<Template> {
        self.all().map(|(_, template)| template).filter(|template| template.name == *name).cloned().collect()
    }

    /// Says which files a step lacks, and what is wrong in those it has.
    pub(super) fn check(
        &self,
        sheet: &Sheet,
        word: Word<'_>,
        step: &StatementStep,
        facts: &[FactSpec],
        given: &Given<'_>,
    ) {
        let names: BTreeSet<&str> = self.all().map(|(_, template)| template.name.as_str()).collect();
        if !names.contains(step.template.as_str()) {
            let near = meant(word.text, names);
            let help = if near.starts_with("did you mean") {
                near
            } else {
                format!("write {}", path(&step.template, Length::Long, given.first_language()))
            };
            sheet.refuse(word.at, format!("there is no template called `{}`", word.text), help);
            return;
        }
        for channel in &step.channels {
            if let Some(rules) = given.channels.get(channel) {
                self.check_channel(sheet, word, step, channel, rules, given);
            }
        }
        if step.usage == Usage::IfAsked {
            self.check_spoken(sheet, word, step, given);
        }
        let fixed = step.usage == Usage::LifeSafety;
        let has_next_update = step.next_update.is_some();
        let spec = TemplateSpec { facts, needs: &step.needs, has_next_update, fixed };
        for (file, template) in self.all().filter(|(_, template)| template.name == step.template) {
            // As drafting reads it.
            for problem in check_template(&template.source.replace("\r\n", "\n"), spec) {
                let start = byte_at(file.text(), problem.line, problem.column);
                let end = start + file.text()[start..].find(['\n', '}']).unwrap_or(0);
                file.refuse(&(start..end), problem.message, problem.help);
            }
        }
    }

    /// What is said needs a text in each of the organisation's languages.
    fn check_spoken(&self, sheet: &Sheet, word: Word<'_>, step: &StatementStep, given: &Given<'_>) {
        for language in &given.organisation.languages {
            let same = |template: &Template| template.name == step.template && template.language == *language;
            if !self.all().any(|(_, template)| same(template)) {
                let message = format!("whoever is asked needs `{}` in {language}", step.template);
                sheet.refuse(word.at, message, format!("write {}", path(&step.template, Length::Long, language)));
            }
        }
    }

    /// Each language of a channel needs one of the two lengths; a channel with a limit had better have the short one.
    fn check_channel(
        &self,
        sheet: &Sheet,
        word: Word<'_>,
        step: &StatementStep,
        channel: &ChannelName,
        rules: &ChannelRules,
        given: &Given<'_>,
    ) {
        let has = |length: Length, language: &str| {
            let same = |template: &Template| template.name == step.template && template.language == language;
            self.all().any(|(_, template)| same(template) && template.length == length)
        };
        for language in given.languages_of(rules) {
            let wanted = if rules.limit.is_some() { Length::Short } else { Length::Long };
            let file = path(&step.template, wanted, language);
            match (has(Length::Long, language), has(Length::Short, language)) {
                (false, false) => {
                    let message = format!("the channel `{channel}` needs `{}` in {language}", step.template);
                    sheet.refuse(word.at, message, format!("write {file}"));
                }
                (true, false) if rules.limit.is_some() => {
                    let message =
                        format!("the channel `{channel}` has little room and gets the long text in {language}");
                    sheet.warn(word.at, message, format!("write {file}"));
                }
                (true | false, true) | (true, false) => {}
            }
        }
    }
}

fn path(name: &TemplateName, length: Length, language: &str) -> String {
    format!("{FOLDER}/{name}.{length}.{language}{ENDING}")
}

/// `data-breach/holding.long.en.hbs` is the template `data-breach/holding`, long, English.
fn template(sheet: &Sheet) -> Option<Template> {
    let within = sheet.name().strip_prefix(FOLDER)?.strip_prefix('/')?.strip_suffix(ENDING)?;
    let mut parts = within.rsplitn(3, '.');
    let (language, length, name) = (parts.next(), parts.next(), parts.next());
    let read = |length: &str| match length {
        "long" => Some(Length::Long),
        "short" => Some(Length::Short),
        _ => None,
    };
    if let (Some(language), Some(length), Some(name)) = (language, length.and_then(read), name)
        && spelling::is_language(language)
        && !name.contains('.')
    {
        let name = TemplateName::from(name);
        return Some(Template { name, length, language: language.to_owned(), source: sheet.text().to_owned() });
    }
    let message = "the file's name does not say which text this is".to_owned();
    sheet.refuse(
        &(0..0),
        message,
        "name it STATEMENT.long.LANGUAGE.hbs or STATEMENT.short.LANGUAGE.hbs, as in holding.long.en.hbs",
    );
    None
}
