//! Clock times as people write them in a text: `17:00`, `5 p.m.`, `17h30`, `noon`.

use std::ops::Range;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::core::lint) struct ClockTime {
    pub range: Range<usize>,
    pub hour: i8,
    pub minute: i8,
}

const NAMED: [(&str, i8); 5] = [("noon", 12), ("midday", 12), ("midnight", 0), ("mediodía", 12), ("medianoche", 0)];

/// Every absolute clock time of `text`, in order.
pub(in crate::core::lint) fn clock_times(text: &str) -> Vec<ClockTime> {
    let mut found = Vec::new();
    let mut end = 0;
    for (start, c) in text.char_indices() {
        if start < end
            || !c.is_alphanumeric()
            || text[..start].ends_with(|c: char| c.is_alphanumeric() || matches!(c, ':' | '+'))
        {
            continue;
        }
        if let Some(time) = numeric(text, start).or_else(|| named(text, start)) {
            end = time.range.end;
            found.push(time);
        }
    }
    found
}

fn named(text: &str, start: usize) -> Option<ClockTime> {
    let length = text[start..].find(|c: char| !c.is_alphabetic()).unwrap_or(text.len() - start);
    let word = text[start..start + length].to_lowercase();
    let (_, hour) = NAMED.iter().find(|(name, _)| *name == word)?;
    Some(ClockTime { range: start..start + length, hour: *hour, minute: 0 })
}

fn numeric(text: &str, start: usize) -> Option<ClockTime> {
    let (hour, after_hour) = digits(text, start, 1..=2)?;
    let (minute, after_minute, mark) = minutes(text, after_hour);
    let (half, end) = half_of_day(text, after_minute);
    let hour = match half {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(Half::Morning) => hour % 12,
        Some(Half::Evening) => hour % 12 + 12,
        None => match mark {
            Mark::Colon => hour,
            Mark::Hours if after_minute - after_hour > 2 || hour > 12 => hour,
            Mark::Hours | Mark::Weak => return None,
        },
    };
    let bounded = !text[end..].starts_with(|c: char| c.is_alphanumeric() || c == ':');
    (bounded && hour < 24 && minute < 60).then_some(ClockTime { range: start..end, hour, minute })
}

enum Half {
    Morning,
    Evening,
}

/// What stands between hour and minute.
enum Mark {
    Colon,
    /// `17h30`; without minutes only past noon, since `2 h` is how long something takes.
    Hours,
    /// A full stop, which half of the day must follow, or nothing.
    Weak,
}

fn minutes(text: &str, at: usize) -> (i8, usize, Mark) {
    let rest = &text[at..];
    for (mark, strength) in [(":", Mark::Colon), ("h", Mark::Hours), (".", Mark::Weak)] {
        if rest.starts_with(mark)
            && let Some((minute, end)) = digits(text, at + mark.len(), 2..=2)
        {
            return (minute, end, strength);
        }
    }
    for mark in [" h", "h"] {
        if rest.starts_with(mark) {
            return (0, at + mark.len(), Mark::Hours);
        }
    }
    (0, at, Mark::Weak)
}

fn half_of_day(text: &str, at: usize) -> (Option<Half>, usize) {
    let rest = &text[at..];
    let blanks = rest.len() - rest.trim_start_matches([' ', '\u{a0}', '\u{202f}']).len();
    let lower: String = rest[blanks..].chars().take(5).map(|c| c.to_ascii_lowercase()).collect();
    for form in ["a.m.", "p.m.", "a. m.", "p. m.", "a.m", "p.m", "am", "pm"] {
        if lower.starts_with(form) {
            let half = if form.starts_with('a') { Half::Morning } else { Half::Evening };
            return (Some(half), at + blanks + form.len());
        }
    }
    (None, at)
}

/// A number of so many digits that no further digit follows, and where it ends.
fn digits(text: &str, at: usize, count: std::ops::RangeInclusive<usize>) -> Option<(i8, usize)> {
    let rest = &text[at..];
    let length = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let number = rest[..length].parse().ok()?;
    count.contains(&length).then_some((number, at + length))
}
