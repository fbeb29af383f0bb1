//! A chart in a sentence, for those who hear it and for mail programs that show no pictures.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::{Chart, Point};
use crate::core::statement::clock_time_with_year;

impl Chart {
    /// `22 November 2026, 13:40 EST to 14:40 EST`: from when to when, with date and zone.
    pub fn span(&self) -> String {
        let (from, to) = (self.moment(self.begins), self.moment(self.ends()));
        let same_day = from.split_once(", ").zip(to.split_once(", ")).filter(|(from, to)| from.0 == to.0);
        match same_day {
            Some((_, (_, hour))) => format!("{from} to {hour}"),
            None => format!("{from} to {to}"),
        }
    }

    /// Everything that the picture shows, in words.
    pub fn described(&self) -> String {
        // Writing into a string does not fail.
        let mut words = format!("{}, {}.", capital(&self.counted), self.span());
        let most =
            self.points.iter().enumerate().rev().max_by(|(_, one), (_, other)| one.count.total_cmp(&other.count));
        if let Some((place, point)) = most {
            let _ = write!(words, " The most were {}, at {}.", amount(point.count), self.hour(self.at(place)));
        }
        if let Some(expected) = self.points.iter().rev().find_map(|point| point.expected) {
            let _ = write!(words, " At the end about {} were expected.", amount(expected));
        }
        if let Some(line) = self.points.iter().rev().find_map(|point| point.line) {
            let _ = write!(words, " The watch alarms above {}.", amount(line));
        }
        match self.crossings.as_slice() {
            [] => words += " It did not alarm in this time.",
            [one] => {
                let _ = write!(words, " It alarmed at {}.", self.hour(self.at(*one)));
            }
            [first, .., last] => {
                let (first, last) = (self.moment(self.at(*first)), self.moment(self.at(*last)));
                let _ = write!(words, " It alarmed {} times, first on {first}, last on {last}.", self.crossings.len());
            }
        }
        words
    }

    /// What the line says beside the picture: `alarms above 5`.
    pub fn line_words(&self) -> Option<String> {
        let lines = || self.points.iter().filter_map(|point| point.line);
        range_words("alarms above", lines().fold(f64::INFINITY, f64::min), lines().fold(0.0, f64::max))
    }

    /// `expected 1.2`.
    pub fn expected_words(&self) -> Option<String> {
        let all = || self.points.iter().filter_map(|point: &Point| point.expected);
        range_words("expected", all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max))
    }

    /// `14:40 EST` where the chart is of one day, else the whole date with it.
    pub fn hour(&self, at: Timestamp) -> String {
        let (moment, begins) = (self.moment(at), self.moment(self.begins));
        let day = |moment: &str| moment.split_once(", ").map(|(day, hour)| (day.to_owned(), hour.to_owned()));
        match (day(&moment), day(&begins), day(&self.moment(self.ends()))) {
            (Some((_, hour)), Some((first, _)), Some((last, _))) if first == last => hour,
            _ => moment,
        }
    }

    /// `22 November 2026, 14:40 EST`.
    pub fn moment(&self, at: Timestamp) -> String {
        clock_time_with_year(at, &self.zone, "en")
    }
}

fn range_words(what: &str, least: f64, most: f64) -> Option<String> {
    let (least, most) = (least.is_finite().then(|| amount(least))?, amount(most));
    Some(if least == most { format!("{what} {least}") } else { format!("{what} {least} to {most}") })
}

/// A count as people read it: whole where it is whole or large, else with one figure after the point.
pub fn amount(count: f64) -> String {
    const WHOLE_FROM: f64 = 20.0;
    if count >= WHOLE_FROM || (count - count.round()).abs() < 0.05 {
        format!("{count:.0}")
    } else {
        format!("{count:.1}")
    }
}

/// The same in few characters, for an axis: `20k`, `1.5M`.
pub(super) fn short(count: f64) -> String {
    /// From which count on a unit is used, what it stands for, and how it is written.
    const UNITS: [(f64, f64, &str); 3] = [(1e9, 1e9, "bn"), (1e6, 1e6, "M"), (1e4, 1e3, "k")];
    match UNITS.into_iter().find(|(from, ..)| count >= *from) {
        Some((_, one, unit)) => format!("{}{unit}", (count / one * 10.0).round() / 10.0),
        None => amount(count),
    }
}

fn capital(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
