//! Drafting: a step's templates and the confirmed facts become the package that people are asked to approve.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::clock::{clock_time, clock_time_with_year, correction_words, promised_at};
use super::links::links;
use super::package::{Corrects, Length, PACKAGE_BYTES_MAX, Package, Placement, Variant};
use super::render::render;
use super::template::{TemplateProblem, TemplateSpec, check_template};
use super::text::{hidden_character, is_blank, tidy};
use crate::core::name::{ChannelName, FactName, StepId, TemplateName};
use crate::core::playbook::{FactValue, StatementStep, Usage};
use crate::core::rules::{ChannelRules, Rules, Template};
use crate::core::setting::Setting;
use crate::core::severity::Severity;

/// The longest text that a template may render to, in bytes.
pub const RENDERED_BYTES_MAX: usize = 64 * 1024;

/// What a draft reads beside the rules.
#[derive(Clone, Debug)]
pub struct DraftInput<'a> {
    pub step: &'a StepId,
    pub setting: Setting,
    pub incident_id: u32,
    pub incident_title: &'a str,
    pub severity: Severity,
    pub opened_at: Timestamp,
    /// The confirmed ones only.
    pub facts: &'a BTreeMap<FactName, FactValue>,
    /// The known keys only; none where a person opened the incident.
    pub spike: Option<Map<String, Value>>,
    pub version: u32,
    /// What this statement corrects, where it is a correction.
    pub corrects: Option<Corrects>,
    /// Which round it is, where it comes again.
    pub round: Option<Round<'a>>,
}

/// A round of a statement that comes again.
#[derive(Clone, Copy, Debug)]
pub struct Round<'a> {
    /// The playbook's step.
    pub of: &'a StepId,
    pub says: Says,
    /// The time promised to the public that it is to keep.
    pub keeps: Option<Timestamp>,
}

/// Which of its texts a statement says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    /// The step's own.
    Own,
    /// That there is nothing new yet, and when the next word comes.
    NothingNew,
}

/// A template file, named for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFile {
    pub name: TemplateName,
    pub length: Length,
    pub language: String,
}

impl fmt::Display for TemplateFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "templates/statements/{}.{}.{}.hbs", self.name, self.length, self.language)
    }
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum DraftError {
    #[error("the playbook has no statement `{0}`; look at its timeline")]
    NoStatement(StepId),
    #[error("the statement goes to the channel `{0}`, which is not set up; add it under `channels:`")]
    NoChannel(ChannelName),
    #[error("`{channel}` needs this statement in {language}; write {file}", language = file.language)]
    NoTemplate { channel: ChannelName, file: TemplateFile },
    #[error("this statement is said in {language}; write {file}", language = file.language)]
    NoText { file: TemplateFile },
    #[error("{file}:{problem}")]
    Template { file: TemplateFile, problem: TemplateProblem },
    #[error(
        "{file}:{line}: `{name}` has no value yet; confirm the fact or fill in the setting, or use {{{{known}}}} there"
    )]
    Unknown { file: TemplateFile, line: usize, name: String },
    #[error("{file} does not render: {why}")]
    Render { file: TemplateFile, why: String },
    #[error("{file} rendered to nothing; write what the statement says")]
    Blank { file: TemplateFile },
    #[error("{file} rendered to more than {RENDERED_BYTES_MAX} bytes; shorten it, or the facts in it")]
    TooLong { file: TemplateFile },
    #[error(
        "the text of {file} holds an invisible character (U+{point:04X}); a fact brought it in: type that fact again by hand",
        point = u32::from(*character)
    )]
    Hidden { file: TemplateFile, character: char },
    #[error("this statement's texts are larger than {PACKAGE_BYTES_MAX} bytes together; shorten them")]
    PackageTooLarge,
}

/// Renders every text that the step's channels need. Lint has not seen it yet: its findings are empty.
pub fn draft(input: &DraftInput<'_>, rules: &Rules, at: Timestamp) -> Result<Package, DraftError> {
    let corrected = input.corrects.as_ref().map(|corrects| &corrects.step);
    let name = corrected.or(input.round.as_ref().map(|round| round.of)).unwrap_or(input.step);
    let step = rules.playbook.statement(name).ok_or_else(|| DraftError::NoStatement(name.clone()))?;
    let step = match (&step.again, input.round) {
        (Some(again), Some(Round { says: Says::NothingNew, .. })) => &again.nothing_new,
        (Some(_) | None, _) => step,
    };
    let keeps = input.round.and_then(|round| round.keeps);
    let next_update = step.next_update.map(|period| promised_at(at, step.within, period, keeps));
    let (templates, placements) = choose(step, rules, input.corrects.as_ref())?;
    let renderer = Renderer { input, rules, step, next_update, zone: rules.organisation.zone() };
    let variants: Vec<Variant> =
        templates.into_iter().map(|template| renderer.variant(template)).collect::<Result<_, _>>()?;
    let package = Package {
        statement: input.step.clone(),
        audience: step.audience.clone(),
        links: package_links(&variants),
        variants,
        placements,
        next_update,
        corrects: input.corrects.clone(),
        round_of: input.round.map(|round| round.of).filter(|of| *of != input.step).cloned(),
        stamp: input.setting.stamp(&rules.organisation.stamp),
        findings: Vec::new(),
    };
    if package.wire().len() > PACKAGE_BYTES_MAX { Err(DraftError::PackageTooLarge) } else { Ok(package) }
}

/// The addresses of all texts, each once.
pub(super) fn package_links(variants: &[Variant]) -> Vec<String> {
    let mut known = BTreeSet::new();
    let found = variants.iter().flat_map(|variant| links(&variant.text()));
    found.filter(|link| known.insert(link.clone())).collect()
}

/// The templates to render, each once, long ones and the organisation's own language first, and which channel takes
/// which.
fn choose<'a>(
    step: &StatementStep,
    rules: &'a Rules,
    corrects: Option<&Corrects>,
) -> Result<(Vec<&'a Template>, Vec<Placement>), DraftError> {
    let mut chosen: Vec<&Template> = Vec::new();
    let mut wanted: Vec<(&ChannelName, &ChannelRules, Vec<&Template>)> = Vec::new();
    if step.usage == Usage::IfAsked {
        let spoken = rules.organisation.languages.iter().map(|language| spoken(step, rules, language));
        return Ok((spoken.collect::<Result<_, _>>()?, Vec::new()));
    }
    // A correction goes where the words that it corrects stand.
    for name in step.channels.iter().filter(|name| corrects.is_none_or(|found| found.posts.contains_key(*name))) {
        let channel = rules.channels.get(name).ok_or_else(|| DraftError::NoChannel(name.clone()))?;
        let mut templates = Vec::new();
        for language in languages(channel, rules) {
            let template = fitting(step, rules, channel, language).ok_or_else(|| DraftError::NoTemplate {
                channel: name.clone(),
                file: TemplateFile { name: step.template.clone(), length: Length::Long, language: language.clone() },
            })?;
            templates.push(template);
        }
        chosen.extend(&templates);
        wanted.push((name, channel, templates));
    }
    let order = |template: &Template| rules.organisation.languages.iter().position(|known| *known == template.language);
    chosen.sort_by_key(|template| (template.length, order(template).unwrap_or(usize::MAX), template.language.clone()));
    chosen.dedup();
    let index_of = |template: &&Template| chosen.iter().position(|other| other == template);
    let placements = wanted.into_iter().map(|(name, channel, templates)| Placement {
        channel: name.clone(),
        kind: channel.kind.clone(),
        account: channel.account.clone(),
        limit: channel.limit,
        variants: templates.iter().filter_map(index_of).collect(),
    });
    let placements = placements.collect();
    Ok((chosen, placements))
}

/// What is said where nothing is posted: the long text, else the short one.
fn spoken<'a>(step: &StatementStep, rules: &'a Rules, language: &str) -> Result<&'a Template, DraftError> {
    let of = |length| rules.template(&step.template, length, language);
    of(Length::Long).or_else(|| of(Length::Short)).ok_or_else(|| DraftError::NoText {
        file: TemplateFile { name: step.template.clone(), length: Length::Long, language: language.to_owned() },
    })
}

fn languages<'a>(channel: &'a ChannelRules, rules: &'a Rules) -> &'a [String] {
    channel.language.as_ref().map_or(&rules.organisation.languages, std::slice::from_ref)
}

/// A limited channel takes the short text where there is one, all others the long one; each takes the other rather
/// than none.
fn fitting<'a>(step: &StatementStep, rules: &'a Rules, channel: &ChannelRules, language: &str) -> Option<&'a Template> {
    let of = |length| rules.template(&step.template, length, language);
    if channel.limit.is_some() {
        of(Length::Short).or_else(|| of(Length::Long))
    } else {
        of(Length::Long).or_else(|| of(Length::Short))
    }
}

struct Renderer<'a> {
    input: &'a DraftInput<'a>,
    rules: &'a Rules,
    step: &'a StatementStep,
    next_update: Option<Timestamp>,
    zone: TimeZone,
}

impl Renderer<'_> {
    fn variant(&self, template: &Template) -> Result<Variant, DraftError> {
        let file =
            TemplateFile { name: template.name.clone(), length: template.length, language: template.language.clone() };
        let source = template.source.replace("\r\n", "\n");
        let spec = TemplateSpec {
            facts: &self.rules.playbook.facts,
            needs: &self.step.needs,
            has_next_update: self.next_update.is_some(),
            fixed: self.step.usage == Usage::LifeSafety,
        };
        if let Some(problem) = check_template(&source, spec).into_iter().next() {
            return Err(DraftError::Template { file, problem });
        }
        let text = tidy(&render(&source, &self.data(&template.language), &file)?);
        if let Some(character) = hidden_character(&text) {
            return Err(DraftError::Hidden { file, character });
        }
        let (title, body) = match (template.length, text.strip_prefix("# ")) {
            (Length::Long, Some(rest)) => {
                let (title, body) = rest.split_once('\n').unwrap_or((rest, ""));
                (Some(title.trim().to_owned()), body.trim_start_matches('\n').to_owned())
            }
            (Length::Long | Length::Short, _) => (None, text),
        };
        if is_blank(&body) || title.as_deref().is_some_and(is_blank) {
            return Err(DraftError::Blank { file });
        }
        let (title, body) = match &self.input.corrects {
            Some(corrects) => {
                let words = correction_words(corrects.posted_at, &self.zone, &template.language);
                (title.map(|title| format!("{}: {title}", words.word)), format!("{}\n\n{body}", words.line))
            }
            None => (title, body),
        };
        let stamp = self.input.setting.stamp(&self.rules.organisation.stamp);
        let (title, body) = match stamp {
            Some(stamp) => (title.map(|title| format!("{stamp}: {title}")), format!("{stamp}\n{body}")),
            None => (title, body),
        };
        Ok(Variant { length: template.length, language: template.language.clone(), title, body })
    }

    /// Everything as shown text, so that a condition asks whether something is known, never whether it is zero. What is
    /// blank is absent.
    fn data(&self, language: &str) -> Value {
        let zone = &self.zone;
        let organisation = &self.rules.organisation;
        let facts = self.input.facts.iter().map(|(name, value)| (name.to_string(), shown(value, zone, language)));
        let spike = self.input.spike.iter().flatten().map(|(name, value)| (name.clone(), shown_number(value)));
        let mut data = Map::new();
        let mut put = |group: &str, values: Map<String, Value>| data.insert(group.to_owned(), Value::Object(values));
        put("facts", texts(facts));
        put("spike", texts(spike));
        put(
            "organisation",
            texts([
                ("name".to_owned(), organisation.name.clone()),
                ("timezone".to_owned(), organisation.timezone.clone()),
                ("hotline".to_owned(), organisation.hotline.clone()),
                ("press_office".to_owned(), organisation.press_office.clone()),
            ]),
        );
        put(
            "incident",
            texts([
                ("id".to_owned(), self.input.incident_id.to_string()),
                ("title".to_owned(), self.input.incident_title.to_owned()),
                ("severity".to_owned(), self.input.severity.to_string()),
                ("opened_at".to_owned(), clock_time_with_year(self.input.opened_at, zone, language)),
            ]),
        );
        let next_update = self.next_update.map(|at| ("next_update".to_owned(), clock_time(at, zone, language)));
        put(
            "statement",
            texts(std::iter::once(("version".to_owned(), self.input.version.to_string())).chain(next_update)),
        );
        Value::Object(data)
    }
}

fn texts(values: impl IntoIterator<Item = (String, String)>) -> Map<String, Value> {
    let values = values.into_iter().filter(|(_, text)| !is_blank(text));
    values.map(|(name, text)| (name, Value::String(text))).collect()
}

fn shown(value: &FactValue, zone: &TimeZone, language: &str) -> String {
    match value {
        FactValue::Datetime(at) => clock_time_with_year(*at, zone, language),
        FactValue::Text(_) | FactValue::Number(_) | FactValue::Phone(_) | FactValue::Link(_) => value.shown(zone),
    }
}

/// Whole numbers whole, others to one decimal; what is no number is not known.
fn shown_number(value: &Value) -> String {
    match (value.as_i64(), value.as_f64()) {
        (Some(whole), _) => whole.to_string(),
        (None, Some(number)) => format!("{number:.1}"),
        (None, None) => String::new(),
    }
}
