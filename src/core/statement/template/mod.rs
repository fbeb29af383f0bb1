//! Statement templates: the part of Handlebars they may use, checked so that none can print a blank.

mod blank;
mod scan;

use std::fmt;

use handlebars::template::{HelperTemplate, Parameter, Template, TemplateElement};
use handlebars::{TemplateError, TemplateErrorReason};

use super::text::is_blank;
use crate::core::name::FactName;
use crate::core::playbook::FactSpec;

/// The largest template file, in bytes.
pub const TEMPLATE_BYTES_MAX: usize = 32 * 1024;

/// The names that always have a value.
const ALWAYS: [&str; 9] = [
    "organisation.name",
    "organisation.timezone",
    "organisation.hotline",
    "organisation.press_office",
    "incident.id",
    "incident.title",
    "incident.severity",
    "incident.opened_at",
    "statement.version",
];
/// The names that have a value only where a spike opened the incident.
const SPIKE: [&str; 5] = ["spike.count", "spike.expected", "spike.ratio", "spike.voices", "spike.copies"];
/// What is filled in only while it happens.
const CHANGING: [&str; 4] = ["facts.", "spike.", "incident.", NEXT_UPDATE];
pub(super) const NEXT_UPDATE: &str = "statement.next_update";

/// How alike two names must be for one to be taken for a slip of the other, from 0 to 1.
const NEAR: f64 = 0.7;

/// What the step that uses a template says of it.
#[derive(Clone, Copy, Debug)]
pub struct TemplateSpec<'a> {
    /// The playbook's facts.
    pub facts: &'a [FactSpec],
    /// The facts that the step needs.
    pub needs: &'a [FactName],
    pub has_next_update: bool,
    /// The words are the same whenever they are said: nothing is filled in while it happens.
    pub fixed: bool,
}

/// What is wrong with a template, where, and how to mend it. Lines and columns count from one, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateProblem {
    pub line: usize,
    pub column: usize,
    pub message: String,
    pub help: String,
}

/// Line and column.
type Place = (usize, usize);

impl fmt::Display for TemplateProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}; {}", self.line, self.column, self.message, self.help)
    }
}

impl TemplateProblem {
    fn at((line, column): Place, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { line, column, message: message.into(), help: help.into() }
    }
}

/// Everything wrong with a template, in the order of the file. Empty means that with the needed facts confirmed it
/// renders, and prints no blank.
pub fn check_template(source: &str, spec: TemplateSpec<'_>) -> Vec<TemplateProblem> {
    let problems = scan::scan(source);
    if !problems.is_empty() {
        return problems;
    }
    let template = match Template::compile(source) {
        Ok(template) => template,
        Err(error) => return vec![syntax(&error)],
    };
    let mut checker = Checker { spec, problems: Vec::new() };
    checker.template(&template, (1, 1), true);
    if checker.problems.is_empty() && blank::may_be_blank(&template) {
        checker.problems.push(TemplateProblem::at(
            (1, 1),
            "this template could print nothing at all",
            "write at least one sentence outside the conditions, or give them an {{else}}",
        ));
    }
    let mut problems = checker.problems;
    problems.sort_by_key(|problem| (problem.line, problem.column));
    problems.dedup();
    problems
}

fn syntax(error: &TemplateError) -> TemplateProblem {
    let place = error.pos().unwrap_or((1, 1));
    if let TemplateErrorReason::MismatchingClosedHelper(open, close) = error.reason() {
        return TemplateProblem::at(
            place,
            format!("{{{{#{open}}}}} is open here, but {{{{/{close}}}}} closes something else"),
            format!("close it with {{{{/{open}}}}}"),
        );
    }
    TemplateProblem::at(
        place,
        "what stands between {{ and }} here cannot be read",
        "write a name as in {{organisation.name}}, {{known facts.help_line \"other words\"}}, or {{#if facts.help_line}} … \
         {{else}} … {{/if}}",
    )
}

/// What a name stands for.
enum Named {
    /// Always has a value.
    Value,
    /// Has one only sometimes; the reason in words.
    Perhaps(String),
    /// Nothing has this name; how to mend it.
    Unknown(String),
}

struct Checker<'a> {
    spec: TemplateSpec<'a>,
    problems: Vec<TemplateProblem>,
}

impl Checker<'_> {
    /// `whole`: the words before end a sentence or a line, so that leaving something out here leaves no hole.
    fn template(&mut self, template: &Template, mut place: Place, mut whole: bool) {
        for (index, element) in template.elements.iter().enumerate() {
            if let Some(mapping) = template.mapping.get(index) {
                place = (mapping.0, mapping.1);
            }
            match element {
                TemplateElement::Expression(expression) | TemplateElement::HtmlExpression(expression) => {
                    self.expression(expression, place);
                }
                TemplateElement::HelperBlock(block) => self.block(block, place, whole),
                TemplateElement::RawString(_) | TemplateElement::Comment(_) => {}
                _ => self.push(
                    place,
                    "a statement template cannot take in another template",
                    "write the words here: whoever approves reads one file's text",
                ),
            }
            whole = blank::ends_whole(element, whole);
        }
    }

    fn expression(&mut self, expression: &HelperTemplate, place: Place) {
        let name = expression.name.as_name().unwrap_or_default();
        let plain = expression.params.is_empty() && expression.hash.is_empty();
        if plain && name != "known" && !matches!(expression.name, Parameter::Subexpression(_)) {
            self.bare(name, place);
        } else if name == "known" {
            self.known(expression, place);
        } else {
            self.push(
                place,
                format!("a statement template has no `{name}`"),
                "only {{name}}, {{known facts.name \"other words\"}}, {{#if}} and {{#unless}} are read here",
            );
        }
    }

    /// Whether nothing may be filled in here; says so.
    fn refused_as_changing(&mut self, name: &str, place: Place) -> bool {
        let refused = self.spec.fixed && CHANGING.iter().any(|group| name.starts_with(group));
        if refused {
            let message = format!("an instruction's words are fixed, and `{name}` is filled in only while it happens");
            self.push(
                place,
                message,
                "write out what is to be done; of several choices, each in an instruction of its own",
            );
        }
        refused
    }

    fn bare(&mut self, name: &str, place: Place) {
        if self.refused_as_changing(name, place) {
            return;
        }
        match self.named(name) {
            Named::Value => {}
            Named::Perhaps(why) => {
                self.push(place, why, format!("write {{{{known {name} \"words for when it is not known\"}}}}"));
            }
            Named::Unknown(help) => self.push(place, format!("nothing is called `{name}`"), help),
        }
    }

    fn known(&mut self, expression: &HelperTemplate, place: Place) {
        let form = "write it as {{known facts.help_line \"words for when it is not known\"}}";
        let ([name @ Parameter::Path(_), Parameter::Literal(words)], true) =
            (expression.params.as_slice(), expression.hash.is_empty())
        else {
            self.push(place, "`known` takes a name and the words to say instead", form);
            return;
        };
        if words.as_str().is_none_or(is_blank) {
            self.push(place, "the words to say instead are empty, so this could print a blank", form);
        }
        self.exists(name.as_name().unwrap_or_default(), place);
    }

    fn block(&mut self, block: &HelperTemplate, place: Place, whole: bool) {
        let name = block.name.as_name().unwrap_or_default();
        if name != "if" && name != "unless" {
            self.push(
                place,
                format!("a statement template has no `{{{{#{name}}}}}`"),
                "only {{#if name}} and {{#unless name}} are read here",
            );
            return;
        }
        match (block.params.as_slice(), block.hash.is_empty(), &block.block_param) {
            ([asked @ Parameter::Path(_)], true, None) => self.exists(asked.as_name().unwrap_or_default(), place),
            _ => self.push(
                place,
                format!("`{{{{#{name}}}}}` takes one name and asks whether it is known"),
                format!("write {{{{#{name} facts.help_line}}}} … {{{{else}}}} … {{{{/{name}}}}}"),
            ),
        }
        if !whole && blank::leaves_a_hole(block) || !blank::drops_whole_sentences(block, whole) {
            self.push(
                place,
                "where this condition prints nothing, a sentence is left with a hole",
                "say in {{else}} what stands there instead, or put whole sentences into the condition",
            );
        }
        for branch in [&block.template, &block.inverse].into_iter().flatten() {
            self.template(branch, place, whole);
        }
    }

    fn exists(&mut self, name: &str, place: Place) {
        if self.refused_as_changing(name, place) {
            return;
        }
        if let Named::Unknown(help) = self.named(name) {
            // An absent promise is a fair question, only no value.
            if name != NEXT_UPDATE {
                self.push(place, format!("nothing is called `{name}`"), help);
            }
        }
    }

    fn named(&self, name: &str) -> Named {
        if ALWAYS.contains(&name) {
            return Named::Value;
        }
        if SPIKE.contains(&name) {
            return Named::Perhaps(format!("`{name}` is not known where a person opened the incident"));
        }
        if name == NEXT_UPDATE {
            return if self.spec.has_next_update {
                Named::Value
            } else {
                Named::Unknown(
                    "this step promises no next update; give it `next_update`, or take the time out".to_owned(),
                )
            };
        }
        let Some(fact) = name.strip_prefix("facts.") else {
            let names = ALWAYS.iter().chain(&SPIKE).chain([&NEXT_UPDATE]);
            let help = match nearest(name, names.copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "the names are facts.NAME, organisation.*, incident.*, spike.*, statement.version and \
                         statement.next_update"
                    .to_owned(),
            };
            return Named::Unknown(help);
        };
        let Some(spec) = self.spec.facts.iter().find(|spec| spec.name.as_str() == fact) else {
            let help = match nearest(fact, self.spec.facts.iter().map(|spec| spec.name.as_str())) {
                Some(near) => format!("did you mean `facts.{near}`?"),
                None => format!("the playbook has no fact `{fact}`; it has {}", self.fact_names()),
            };
            return Named::Unknown(help);
        };
        if !self.spec.needs.contains(&spec.name) {
            return Named::Perhaps(format!("the fact `{fact}` may be unknown: the step's `needs` does not name it"));
        }
        if spec.may_stay_unknown {
            return Named::Perhaps(format!("the fact `{fact}` may stay unknown"));
        }
        Named::Value
    }

    fn fact_names(&self) -> String {
        let names: Vec<&str> = self.spec.facts.iter().map(|spec| spec.name.as_str()).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    }

    fn push(&mut self, place: Place, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(TemplateProblem::at(place, message, help));
    }
}

/// The one of these that was meant but for a slip.
fn nearest<'a>(written: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let shares = names.map(|name| (strsim::normalized_damerau_levenshtein(written, name), name));
    let near = shares.filter(|(share, _)| *share >= NEAR).max_by(|one, other| one.0.total_cmp(&other.0));
    near.map(|(_, name)| name)
}
