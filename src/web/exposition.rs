//! Prometheus' text format, version 0.0.4: families of samples, each with what it means and what kind of number it is.
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use std::fmt::{Display, Write as _};

/// What is answered with, so that it is read as this version.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Before every name.
const PREFIX: &str = "holdline";

/// Whether a number only rises, until the program starts anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

pub(super) type Labels<'a> = &'a [(&'a str, &'a dyn Display)];

#[derive(Default)]
pub(super) struct Exposition(String);

/// A family that was begun: its samples follow at once.
pub(super) struct Family<'a> {
    text: &'a mut String,
    name: &'a str,
}

impl Exposition {
    pub(super) fn family<'a>(&'a mut self, name: &'a str, kind: Kind, help: &str) -> Family<'a> {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        // Writing into a string does not fail, here and below.
        let _ = writeln!(self.0, "# HELP {PREFIX}_{name} {help}\n# TYPE {PREFIX}_{name} {kind}");
        Family { text: &mut self.0, name }
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

impl Family<'_> {
    pub(super) fn sample(&mut self, labels: Labels<'_>, value: impl Display) -> &mut Self {
        self.part("", labels, value)
    }

    /// A sample of a histogram, whose names end otherwise.
    pub(super) fn part(&mut self, ending: &str, labels: Labels<'_>, value: impl Display) -> &mut Self {
        let _ = write!(self.text, "{PREFIX}_{}{ending}", self.name);
        for (number, (label, is)) in labels.iter().enumerate() {
            let before = if number == 0 { '{' } else { ',' };
            let _ = write!(self.text, "{before}{label}=\"{}\"", escaped(&is.to_string()));
        }
        let _ = writeln!(self.text, "{} {value}", if labels.is_empty() { "" } else { "}" });
        self
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
