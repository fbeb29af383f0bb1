//! Small words: lists and lengths of time as people say them.

use jiff::SignedDuration;

use crate::core::incident::IncidentId;
use crate::core::period::Period;

/// `a`, `a and b`, `a, b and c`.
pub fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// `incident 3`, `incidents 3, 4 and 7`.
pub fn incidents(numbers: &[IncidentId]) -> String {
    let listed = listed(&numbers.iter().map(ToString::to_string).collect::<Vec<_>>());
    if numbers.len() == 1 { format!("incident {listed}") } else { format!("incidents {listed}") }
}

/// `15 minutes` for `15m`.
pub fn in_words(period: Period) -> String {
    let (number, unit) = match period.as_seconds() {
        seconds if seconds % 86_400 == 0 => (seconds / 86_400, "day"),
        seconds if seconds % 3_600 == 0 => (seconds / 3_600, "hour"),
        seconds if seconds % 60 == 0 => (seconds / 60, "minute"),
        seconds => (seconds, "second"),
    };
    counted(number, unit)
}

/// `45 seconds`, `12 minutes 30 seconds`, `2 hours 5 minutes`: the two largest units of what went by.
pub fn lasted(time: SignedDuration) -> String {
    let seconds = time.as_secs().unsigned_abs();
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let first = units.iter().position(|(length, _)| seconds >= *length).unwrap_or(units.len() - 1);
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (length, unit) in units.iter().skip(first).take(2) {
        if rest / length > 0 || parts.is_empty() {
            parts.push(counted(rest / length, unit));
        }
        rest %= length;
    }
    parts.join(" ")
}

/// `1 mention`, `2 mentions`.
pub fn counted(number: impl Into<u64>, one: &str) -> String {
    let number = number.into();
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

/// With a capital at its beginning and a full stop at its end.
pub fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let Some(first) = chars.next() else { return String::new() };
    let stop = if words.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{}{}{stop}", first.to_uppercase(), chars.as_str())
}
