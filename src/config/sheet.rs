//! One file being read: its text, and what was found wrong in it so far.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::problem::{NamedText, Place, Problem, Weight};

/// Words this near are offered as what was meant: the share of letters that agree.
const NEAR: f64 = 0.7;
/// Where to look when an error does not say how to mend it.
pub(super) const REFERENCE: &str = "src/config/default.yaml in Holdline's repository explains every key";

#[derive(Debug)]
pub(super) struct Sheet {
    text: Arc<NamedText>,
    found: RefCell<Vec<Problem>>,
}

impl Sheet {
    pub(super) fn new(name: String, text: String) -> Self {
        Self { text: Arc::new(NamedText::new(name, text)), found: RefCell::default() }
    }

    pub(super) fn name(&self) -> &str {
        &self.text.name
    }

    pub(super) fn text(&self) -> &str {
        &self.text.text
    }

    pub(super) fn refuse(&self, bytes: &Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.add(Weight::Refused, bytes, message.into(), help.into());
    }

    /// For one cause that several places would tell: the first of them does.
    pub(super) fn refuse_once(&self, bytes: &Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        if !self.found.borrow().iter().any(|problem| problem.is_at(Weight::Refused, bytes)) {
            self.refuse(bytes, message, help);
        }
    }

    pub(super) fn warn(&self, bytes: &Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.add(Weight::Warning, bytes, message.into(), help.into());
    }

    /// What stands there is shown to nobody.
    pub(super) fn hide(&self, bytes: &Range<usize>) {
        self.text.hide(bytes.clone());
    }

    /// For errors that say what is wrong and how to mend it in one sentence.
    pub(super) fn refuse_error(&self, bytes: &Range<usize>, error: &dyn fmt::Display) {
        let said = error.to_string();
        match said.split_once("; ").or_else(|| said.split_once(": ")) {
            Some((message, help)) => self.refuse(bytes, message, help),
            None => self.refuse(bytes, said, REFERENCE),
        }
    }

    fn add(&self, weight: Weight, bytes: &Range<usize>, message: String, help: String) {
        let place = Place::new(Arc::clone(&self.text), bytes.clone());
        self.found.borrow_mut().push(Problem::new(weight, place, message, help));
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.found.into_inner()
    }
}

/// The one of these that was meant but for a slip, where one is near enough.
pub(super) fn nearest<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let shares = names.into_iter().map(|name| (strsim::normalized_damerau_levenshtein(written, name), name));
    let near = shares.filter(|(share, _)| *share >= NEAR).max_by(|one, other| one.0.total_cmp(&other.0));
    near.map(|(_, name)| name)
}

/// `did you mean `x`?`, or the list of what there is.
pub(super) fn meant<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    match nearest(written, names.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None if names.is_empty() => "there are none yet".to_owned(),
        None if names.len() == 1 => format!("there is only {}", listed(&names)),
        None => format!("there are {}", listed(&names)),
    }
}

/// `a`, `a and b`, `a, b and c`, in backticks.
pub(super) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}
