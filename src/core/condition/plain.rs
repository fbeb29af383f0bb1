//! What CEL says, in words for those who write playbooks.

use cel::{ExecutionError, OverloadError, ParseErrors};

use super::ConditionError;

const ALIKE: &str = "compare numbers with numbers, and texts with texts in quotes";
const SIGNS: &str = "compare with ==, !=, <, <=, > and >=, and join with && and ||";

/// Why a text is no condition.
pub(super) fn unread(source: &str, errors: &ParseErrors) -> String {
    if let Some(word) = spelt_out(source) {
        return word;
    }
    let said = errors.errors.first().map_or("", |error| error.msg.as_str());
    // The parser goes on to list every token that it would have taken.
    let said = said.trim_start_matches("Syntax error: ").split(" expecting").next().unwrap_or_default();
    let found = said.split('\'').nth(1).unwrap_or_default();
    let ends = found == "<EOF>" || source.trim_end().ends_with(['&', '|', '=', '<', '>', '!', '+', '-', '*', '/']);
    if said.starts_with("mismatched input") && ends {
        "it ends where something more should stand".to_owned()
    } else if said.starts_with("mismatched input") {
        format!("`{found}` stands where the condition should end, or go on with && or ||")
    } else if said.starts_with("extraneous input") {
        format!("`{found}` stands where a name, a number or a text in quotes should")
    } else if let Some(word) = said.strip_prefix("reserved identifier: ") {
        format!("`{word}` is a word that means something else in conditions")
    } else if said.starts_with("invalid string") || source.matches(['"', '\'']).count() % 2 == 1 {
        "a text in it has no closing quote, or a backslash too many".to_owned()
    } else if source.matches('(').count() != source.matches(')').count() {
        "a parenthesis in it has no partner".to_owned()
    } else {
        "it holds a sign or a word that conditions do not know".to_owned()
    }
}

/// A sign or a word that other languages have in the place of one of these.
fn spelt_out(source: &str) -> Option<String> {
    let outside = outside_quotes(source);
    for word in outside.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '.') {
        let meant = match word.to_ascii_lowercase().as_str() {
            "and" => "&&",
            "or" => "||",
            "not" => "!",
            _ => continue,
        };
        return Some(format!("`{word}` is written {meant} in conditions"));
    }
    let signs = outside.replace("==", "  ").replace("!=", "  ").replace("<=", "  ").replace(">=", "  ");
    if signs.contains('=') {
        return Some("one `=` compares nothing: it is written == in conditions".to_owned());
    }
    let signs = signs.replace("&&", "  ").replace("||", "  ");
    let single = signs.chars().find(|c| matches!(c, '&' | '|'));
    single.map(|sign| format!("`{sign}` is written {sign}{sign} in conditions"))
}

/// The source with blanks where texts in quotes stand.
fn outside_quotes(source: &str) -> String {
    let mut quote = None;
    let blanked = source.chars().map(|c| match quote {
        Some(open) => {
            quote = (c != open).then_some(open);
            ' '
        }
        None if matches!(c, '"' | '\'') => {
            quote = Some(c);
            ' '
        }
        None => c,
    });
    blanked.collect()
}

/// Why a condition gives nothing on a sample.
pub(super) fn failed(error: &ExecutionError) -> ConditionError {
    let (why, help) = match error {
        ExecutionError::NoSuchOverload(overload) => (of_kinds(overload), ALIKE),
        ExecutionError::UndeclaredReference(name) => (format!("there is no function called `{name}`"), SIGNS),
        ExecutionError::InvalidArgumentCount { expected, actual } => {
            (format!("a function takes {expected} values and is given {actual}"), SIGNS)
        }
        ExecutionError::FunctionError { function, .. } => (format!("`{function}` cannot read what it is given"), SIGNS),
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
            let help = "multiply instead, as in `spike.count > 3 * spike.voices`";
            ("it divides by a number that can be 0".to_owned(), help)
        }
        ExecutionError::Overflow(..) => {
            ("it comes to a number that is too large".to_owned(), "make the numbers smaller")
        }
        _ => ("a part of it is of another kind than what it is used for".to_owned(), ALIKE),
    };
    ConditionError::NotWorkedOut { why, help }
}

fn of_kinds(overload: &OverloadError) -> String {
    let kinds: Vec<&str> = overload.argument_types().iter().map(|name| kind(name)).collect();
    match (overload.function(), kinds.as_slice()) {
        (sign, [one, other]) if sign.starts_with('_') => {
            format!("`{}` stands between {one} and {other}", sign.trim_matches('_'))
        }
        (name, kinds) => format!("`{}` cannot be asked of {}", name.trim_matches('_'), kinds.join(" and ")),
    }
}

fn kind(of_cel: &str) -> &str {
    match of_cel {
        "string" => "a text",
        "int" | "uint" | "double" => "a number",
        "bool" => "what is true or false",
        "list" => "a list",
        "map" => "a table",
        "null_type" | "null" => "nothing",
        "google.protobuf.Timestamp" | "timestamp" => "a time",
        "google.protobuf.Duration" | "duration" => "a length of time",
        _ => "something else",
    }
}
