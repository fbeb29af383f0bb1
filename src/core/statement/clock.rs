//! Times as a statement writes them: date, clock time and zone, in the organisation's zone and the text's language.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::core::period::Period;

/// Promised times are rounded up to this, in seconds: readers are told five-minute marks.
const PROMISE_STEP_SECONDS: i64 = 5 * 60;

const MONTHS_ES: [&str; 12] = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];

/// When the next word is promised: the deadline for this post and the period after it, rounded up to five minutes.
/// `keeps` is the earlier promise that the post is to keep: while it lies ahead, the post is not due after it.
pub fn promised_at(at: Timestamp, within: Option<Period>, next_update: Period, keeps: Option<Timestamp>) -> Timestamp {
    let deadline = within.map_or(at, |within| within.after(at));
    let deadline = keeps.filter(|keeps| *keeps > at).map_or(deadline, |keeps| deadline.min(keeps));
    let promised = next_update.after(deadline);
    let seconds = promised.as_second() + i64::from(promised.subsec_nanosecond() > 0);
    let over = seconds.rem_euclid(PROMISE_STEP_SECONDS);
    let rounded = if over == 0 { seconds } else { seconds + PROMISE_STEP_SECONDS - over };
    Timestamp::from_second(rounded).unwrap_or(promised)
}

/// `22 November, 14:20 EST`. With the date, so that it is right when read after midnight; other languages than
/// English and Spanish get it in digits.
pub fn clock_time(at: Timestamp, zone: &TimeZone, language: &str) -> String {
    let zoned = at.to_zoned(zone.clone());
    let date = match primary(language) {
        "en" => zoned.strftime("%-d %B").to_string(),
        "es" => format!("{} de {}", zoned.day(), month_es(&zoned)),
        _ => zoned.strftime("%Y-%m-%d").to_string(),
    };
    format!("{date}, {} {}", zoned.strftime("%H:%M"), zone_name(&zoned))
}

/// `22 November 2026, 14:20 EST`, for times that may lie further back.
pub fn clock_time_with_year(at: Timestamp, zone: &TimeZone, language: &str) -> String {
    let zoned = at.to_zoned(zone.clone());
    let date = match primary(language) {
        "en" => zoned.strftime("%-d %B %Y").to_string(),
        "es" => format!("{} de {} de {}", zoned.day(), month_es(&zoned), zoned.year()),
        _ => zoned.strftime("%Y-%m-%d").to_string(),
    };
    format!("{date}, {} {}", zoned.strftime("%H:%M"), zone_name(&zoned))
}

/// The language without its region: `es` of `es-MX`.
fn primary(language: &str) -> &str {
    language.split(['-', '_']).next().unwrap_or(language)
}

fn month_es(zoned: &Zoned) -> &'static str {
    let index = usize::try_from(zoned.month() - 1).unwrap_or_default();
    MONTHS_ES.get(index).copied().unwrap_or_default()
}

/// The abbreviation that holds at that moment; zones that have none get their distance from UTC.
fn zone_name(zoned: &Zoned) -> String {
    let abbreviation = zoned.strftime("%Z").to_string();
    if !abbreviation.starts_with(['+', '-']) {
        return abbreviation;
    }
    let minutes = zoned.offset().seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    match (minutes.abs() / 60, minutes.abs() % 60) {
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}

/// How a correction begins in one language.
pub(super) struct CorrectionWords {
    /// Before the headline.
    pub(super) word: &'static str,
    /// The first line of the text.
    pub(super) line: String,
}

/// English, Spanish, French and German have a sentence; other languages get word and time alone.
pub(super) fn correction_words(posted_at: Timestamp, zone: &TimeZone, language: &str) -> CorrectionWords {
    let posted = clock_time(posted_at, zone, language);
    let (word, line) = match primary(language) {
        "en" => ("Correction", format!("Correction to our statement of {posted}.")),
        "es" => ("Corrección", format!("Corrección de nuestra declaración del {posted}.")),
        "fr" => ("Correction", format!("Correction de notre déclaration du {posted}.")),
        "de" => ("Korrektur", format!("Korrektur unserer Mitteilung vom {posted}.")),
        _ => ("Correction", format!("Correction: {posted}.")),
    };
    CorrectionWords { word, line }
}
