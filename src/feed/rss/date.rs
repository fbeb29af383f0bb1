//! Times as feeds write them: RFC 3339 and its shorter and looser forms, RFC 822 and its kin, and what C prints.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

/// A longer text is no time.
const TIME_BYTES_MAX: usize = 80;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Zones by name, in minutes east: those of RFC 822 and others that feeds are full of.
const ZONES: &[(&str, i32)] = &[
    ("z", 0),
    ("ut", 0),
    ("gmt", 0),
    ("utc", 0),
    ("est", -300),
    ("edt", -240),
    ("cst", -360),
    ("cdt", -300),
    ("mst", -420),
    ("mdt", -360),
    ("pst", -480),
    ("pdt", -420),
    ("akst", -540),
    ("akdt", -480),
    ("hst", -600),
    ("ast", -240),
    ("adt", -180),
    ("wet", 0),
    ("west", 60),
    ("bst", 60),
    ("cet", 60),
    ("cest", 120),
    ("met", 60),
    ("mest", 120),
    ("eet", 120),
    ("eest", 180),
    ("msk", 180),
    ("jst", 540),
    ("kst", 540),
    ("aest", 600),
    ("aedt", 660),
    ("a", -60),
    ("n", 60),
    ("m", -720),
    ("y", 720),
];

/// Reads a time in any form that is known; what names no zone is taken to be UTC.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.is_empty() || text.len() > TIME_BYTES_MAX || !text.is_ascii() {
        return None;
    }
    iso(text).or_else(|| worded(text))
}

/// ISO 8601 and what is near it: `2004-07-08T23:56:58.5+01:00`, `2004-07-08 23:56`, `20040708`, `2004-07`, `2004`.
fn iso(text: &str) -> Option<Timestamp> {
    let split = text.find(['T', 't', ' ']);
    let (day, rest) = split.map_or((text, ""), |at| (&text[..at], text[at + 1..].trim()));
    if !day.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        return None;
    }
    let date = iso_date(day)?;
    if rest.is_empty() {
        return utc(date.at(0, 0, 0, 0));
    }
    let zone = rest.find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.' | ','));
    let (clock, zone) = zone.map_or((rest, ""), |at| (&rest[..at], rest[at..].trim()));
    put_together(date, clock_time(clock)?, offset(zone)?)
}

fn iso_date(text: &str) -> Option<Date> {
    let number =
        |part: &str| -> Option<i16> { if part.bytes().all(|b| b.is_ascii_digit()) { part.parse().ok() } else { None } };
    let parts: Vec<&str> = text.trim_start_matches('-').split('-').collect();
    let (year, month, day) = match parts.as_slice() {
        [year] if year.len() == 8 => (number(&year[..4])?, number(&year[4..6])?, number(&year[6..])?),
        [year] if year.len() == 7 => return of_year(number(&year[..4])?, number(&year[4..])?),
        [year] if year.len() == 6 => (century(number(&year[..2])?), number(&year[2..4])?, number(&year[4..])?),
        [year] if year.len() == 5 => return of_year(century(number(&year[..2])?), number(&year[2..])?),
        [year] if year.len() == 4 => (number(year)?, 1, 1),
        [year, day] if day.len() == 3 => return of_year(full_year(year, number(year)?), number(day)?),
        [year, month] => (full_year(year, number(year)?), number(month)?, 1),
        [year, month, day] => (full_year(year, number(year)?), number(month)?, number(day)?),
        _ => return None,
    };
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn of_year(year: i16, day: i16) -> Option<Date> {
    let first = Date::new(year, 1, 1).ok()?;
    let fits = (1..=first.days_in_year()).contains(&day);
    if fits { first.checked_add(SignedDuration::from_hours(24 * (i64::from(day) - 1))).ok() } else { None }
}

fn full_year(written: &str, year: i16) -> i16 {
    if written.len() <= 2 { century(year) } else { year }
}

/// Two digits are of our time, as RFC 2822 reads them.
fn century(year: i16) -> i16 {
    match year {
        0..=49 => 2000 + year,
        50..=99 => 1900 + year,
        _ => year,
    }
}

/// `Thu, 01 Jan 2004 19:48:21 GMT`, in any order that people and C put it: a word is a month, a day or a zone, a number
/// with colons is the time, the other numbers are day and year.
fn worded(text: &str) -> Option<Timestamp> {
    let spaced = text.replace([',', '/'], " ");
    let mut found = Found::default();
    for word in spaced.split_whitespace() {
        found.take(word)?;
    }
    let date = Date::new(found.year?, found.month?, found.day?).ok()?;
    put_together(date, found.clock.unwrap_or(Time::midnight()), found.offset.unwrap_or(Offset::UTC))
}

#[derive(Default)]
struct Found {
    day: Option<i8>,
    month: Option<i8>,
    year: Option<i16>,
    clock: Option<Time>,
    offset: Option<Offset>,
}

impl Found {
    /// None where the word belongs in no date.
    fn take(&mut self, word: &str) -> Option<()> {
        let short = word.get(..3).unwrap_or(word);
        if word.contains('-') && !word.starts_with('-') && !word.contains(':') {
            // 01-Jan-2004, of RFC 850.
            return word.split('-').try_for_each(|part| self.take(part));
        }
        if word.contains(':') && word.starts_with(|c: char| c.is_ascii_digit()) {
            let end = word.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(word.len());
            self.clock = Some(clock_time(&word[..end])?);
            return if end < word.len() { self.zone(&word[end..]) } else { Some(()) };
        }
        if word.bytes().all(|b| b.is_ascii_digit()) {
            return self.number(word);
        }
        if let Some(at) = MONTHS.iter().position(|month| month.eq_ignore_ascii_case(short)) {
            self.month = i8::try_from(at + 1).ok();
            return Some(());
        }
        if DAYS.iter().any(|day| day.eq_ignore_ascii_case(short)) {
            return Some(());
        }
        self.zone(word)
    }

    fn number(&mut self, word: &str) -> Option<()> {
        let number: i16 = word.parse().ok()?;
        if word.len() <= 2 && self.day.is_none() {
            self.day = i8::try_from(number).ok();
        } else if self.year.is_none() {
            self.year = Some(full_year(word, number));
        } else {
            return None;
        }
        Some(())
    }

    fn zone(&mut self, word: &str) -> Option<()> {
        let zone = offset(word)?;
        // `GMT+1` and `+0100 (CET)` say it twice; the number is what counts.
        if self.offset.is_none() || word.starts_with(['+', '-']) {
            self.offset = Some(zone);
        }
        Some(())
    }
}

/// `23:56:58.5`, `23:56`, `2356`, `23`. A leap second is the one before it, and 24:00 is the end of the day.
fn clock_time(text: &str) -> Option<Time> {
    let (whole, _) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let parts: Vec<&str> = if whole.contains(':') {
        whole.split(':').collect()
    } else {
        [0, 2, 4].iter().filter_map(|at| whole.get(*at..at + 2)).collect()
    };
    let number = |at: usize| parts.get(at).map_or(Some(0), |part| part.parse::<i8>().ok());
    let (hour, minute, second) = (number(0)?, number(1)?, number(2)?);
    if parts.is_empty() || parts.len() > 3 {
        return None;
    }
    Time::new(hour, minute, if second == 60 { 59 } else { second }, 0).ok()
}

fn offset(text: &str) -> Option<Offset> {
    let text = text.trim().trim_matches(['(', ')']);
    if text.is_empty() {
        return Some(Offset::UTC);
    }
    if let Some((_, minutes)) = ZONES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
        return Offset::from_seconds(minutes * 60).ok();
    }
    let lower = text.to_ascii_lowercase();
    let number = lower.trim_start_matches("etc").trim_start_matches('/');
    let number = number.trim_start_matches("gmt").trim_start_matches("utc").trim();
    let (sign, digits) = match number.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let digits = digits.replace(':', "");
    if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = if digits.len() <= 2 { (digits.as_str(), "0") } else { digits.split_at(digits.len() - 2) };
    let seconds = (hours.parse::<i32>().ok()? * 60 + minutes.parse::<i32>().ok()?) * 60;
    Offset::from_seconds(sign * seconds).ok()
}

fn put_together(date: Date, clock: Time, offset: Offset) -> Option<Timestamp> {
    offset.to_timestamp(DateTime::from_parts(date, clock)).ok()
}

fn utc(at: DateTime) -> Option<Timestamp> {
    Offset::UTC.to_timestamp(at).ok()
}
