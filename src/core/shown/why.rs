//! Why an incident opened: the numbers, the chart, and who said so.

use jiff::Timestamp;
use serde::Serialize;

use super::words::counted;
use super::{Shown, in_words};
use crate::core::incident::{Cause, Joined, Spike};

/// Minutes in one bar of the chart.
const BAR_MINUTES: usize = 5;
const MINUTE_SECONDS: i64 = 60;
const BLOCKS: [char; 7] = ['▂', '▃', '▄', '▅', '▆', '▇', '█'];

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Why {
    pub sentence: String,
    /// One character a minute; empty where no spike was counted.
    pub sparkline: String,
    /// What the sparkline spans, in words.
    pub span: String,
    pub bars: Vec<Bar>,
    /// The tallest bar, for the chart's scale.
    pub tallest: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bar {
    pub from: String,
    pub count: u32,
}

impl Shown<'_> {
    pub fn why(&self) -> Why {
        let opened = match &self.incident.cause {
            Cause::Person { by, reason } => format!("{} opened it by hand: {reason}", self.name(by)),
            Cause::Spike => "A spike opened it.".to_owned(),
        };
        let Some(spike) = &self.incident.spike else {
            return Why {
                sentence: opened,
                sparkline: String::new(),
                span: String::new(),
                bars: Vec::new(),
                tallest: 0,
            };
        };
        let bars = self.bars(spike);
        Why {
            sentence: format!("{opened} {}", self.counted(spike)),
            sparkline: sparkline(&spike.minutes),
            span: format!("the {} minutes up to {}", spike.minutes.len(), self.hour(spike.at)),
            tallest: bars.iter().map(|bar| bar.count).max().unwrap_or(0).max(1),
            bars,
        }
    }

    /// The spikes of other watches that the incident took, one sentence each.
    pub fn joined(&self) -> Vec<String> {
        let told = self.incident.joined.values().map(|Joined { spike, at, inhibited }| {
            let quietly = if *inhibited { " It is small beside this incident, so nobody was told." } else { "" };
            format!("Joined at {}. {}{quietly}", self.hour(*at), self.counted(spike))
        });
        told.collect()
    }

    fn counted(&self, spike: &Spike) -> String {
        format!(
            "In the {} up to {} there were {} from {}; the watch {} alarms above {}.",
            in_words(spike.window),
            self.hour(spike.at),
            counted(spike.count, "mention"),
            counted(spike.voices, "voice"),
            spike.watch,
            spike.more_than
        )
    }

    fn bars(&self, spike: &Spike) -> Vec<Bar> {
        let end = spike.at.as_second().div_euclid(MINUTE_SECONDS) + 1;
        let minutes = i64::try_from(spike.minutes.len()).unwrap_or(0);
        let starts = (end - minutes..).step_by(BAR_MINUTES);
        let bar = |(start, chunk): (i64, &[u32])| {
            let from = Timestamp::from_second(start * MINUTE_SECONDS).unwrap_or(spike.at);
            let hour = self.hour(from);
            let from = hour.split(' ').next().unwrap_or_default().to_owned();
            Bar { from, count: chunk.iter().sum() }
        };
        starts.zip(spike.minutes.chunks(BAR_MINUTES)).map(bar).collect()
    }
}

fn sparkline(minutes: &[u32]) -> String {
    let peak = minutes.iter().copied().max().unwrap_or(0).max(1);
    let block = |count: u32| {
        let place = u64::from(count) * (BLOCKS.len() as u64 - 1) / u64::from(peak);
        usize::try_from(place).ok().and_then(|place| BLOCKS.get(place)).copied().unwrap_or('█')
    };
    minutes.iter().map(|&count| if count == 0 { '▁' } else { block(count) }).collect()
}
