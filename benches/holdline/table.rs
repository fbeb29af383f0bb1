//! The one table: goal, Holdline, baseline, ratio, reached or not.

use std::fmt;

/// What a line is held to.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    /// Holdline over the baseline, where more is better.
    Ratio(f64),
    /// Holdline over the baseline, where less is better.
    RatioAtMost(f64),
    AtLeast(f64),
    AtMost(f64),
    /// Shown beside the rest and held to nothing.
    Shown,
}

pub(crate) struct Line {
    pub(crate) what: String,
    pub(crate) unit: &'static str,
    pub(crate) ours: f64,
    /// Name and figure.
    pub(crate) baseline: Option<(String, f64)>,
    pub(crate) goal: Goal,
}

enum Row {
    Part(String),
    Line(Line),
    NotRun(String),
}

#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

impl Table {
    pub(crate) fn begin(&mut self, part: &str, about: &str) {
        self.rows.push(Row::Part(format!("{part} {about}")));
    }

    /// A line, also said at once: a whole run takes minutes.
    pub(crate) fn line(&mut self, line: Line) {
        eprintln!("{line}");
        self.rows.push(Row::Line(line));
    }

    pub(crate) fn against(
        &mut self,
        what: impl Into<String>,
        unit: &'static str,
        ours: f64,
        baseline: (&str, f64),
        goal: Goal,
    ) {
        let baseline = Some((baseline.0.to_owned(), baseline.1));
        self.line(Line { what: what.into(), unit, ours, baseline, goal });
    }

    pub(crate) fn alone(&mut self, what: impl Into<String>, unit: &'static str, ours: f64, goal: Goal) {
        self.line(Line { what: what.into(), unit, ours, baseline: None, goal });
    }

    pub(crate) fn not_run(&mut self, why: impl Into<String>) {
        let why = why.into();
        eprintln!("*** NOT RUN: {why}");
        self.rows.push(Row::NotRun(why));
    }
}

impl Line {
    fn ratio(&self) -> Option<f64> {
        self.baseline.as_ref().map(|(_, theirs)| self.ours / theirs)
    }

    fn reached(&self) -> Option<bool> {
        match self.goal {
            Goal::Ratio(least) => self.ratio().map(|ratio| ratio >= least),
            Goal::RatioAtMost(most) => self.ratio().map(|ratio| ratio <= most),
            Goal::AtLeast(least) => Some(self.ours >= least),
            Goal::AtMost(most) => Some(self.ours <= most),
            Goal::Shown => None,
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ours = format!("{} {}", number(self.ours), self.unit);
        let (name, theirs) =
            self.baseline.as_ref().map_or(("-", String::new()), |(name, theirs)| (name.as_str(), number(*theirs)));
        let ratio = self.ratio().map_or_else(|| "-".to_owned(), |ratio| format!("{}x", number(ratio)));
        let goal = match self.goal {
            Goal::Ratio(least) => format!(">= {}x", number(least)),
            Goal::RatioAtMost(most) => format!("<= {}x", number(most)),
            Goal::AtLeast(least) => format!(">= {} {}", number(least), self.unit),
            Goal::AtMost(most) => format!("<= {} {}", number(most), self.unit),
            Goal::Shown => "shown".to_owned(),
        };
        let reached = match self.reached() {
            Some(true) => "reached",
            Some(false) => "NOT REACHED",
            None => "",
        };
        let baseline = format!("{name} {theirs}");
        write!(f, "  {:<58} {ours:>17}   {baseline:<34} {ratio:>9}   {goal:<14} {reached}", self.what)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {:<58} {:>17}   {:<34} {:>9}   {:<14}", "", "Holdline", "baseline", "ratio", "goal")?;
        for row in &self.rows {
            match row {
                Row::Part(part) => writeln!(f, "{part}")?,
                Row::Line(line) => writeln!(f, "{line}")?,
                Row::NotRun(why) => writeln!(f, "  NOT RUN: {why}")?,
            }
        }
        Ok(())
    }
}

/// Three figures that mean something, thousands apart.
fn number(value: f64) -> String {
    const THOUSANDS_FROM: f64 = 10_000.0;
    let digits = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    if value.abs() < THOUSANDS_FROM {
        return text;
    }
    let mut apart = String::new();
    for (at, digit) in text.chars().enumerate() {
        if at > 0 && (text.len() - at) % 3 == 0 {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart
}
