//! A chart in characters, for terminals and plain text: eighths of a block, no colour.

use super::{Chart, Tick};

const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Columns for the count's labels and the axis.
const MARGIN: usize = 9;
/// The fewest columns that still make a picture.
const COLUMNS_MIN: usize = 20;
const COLUMNS_MAX: usize = 400;
/// Rows of the picture itself.
const ROWS: usize = 10;
/// A label of time and the blank after it.
const LABEL_COLUMNS: usize = 12;

/// One character a point, from `▁` for nothing to `█` for the most.
pub fn sparkline(counts: impl Iterator<Item = f64> + Clone) -> String {
    let most = counts.clone().fold(0.0, f64::max);
    let mark = |count: f64| if count > 0.0 { EIGHTHS[(eighths(count / most, 7) + 1).clamp(2, 8)] } else { '▁' };
    counts.map(mark).collect()
}

impl Chart {
    /// The chart in lines of at most `width` columns: blocks for counts, `─` for the line, `·` for what was expected,
    /// `▲` below where it alarmed.
    pub fn in_blocks(&self, width: usize) -> String {
        let columns = width.saturating_sub(MARGIN).clamp(COLUMNS_MIN, COLUMNS_MAX);
        let chart = self.fitted(columns);
        let marks = chart.count_ticks(ROWS / 2 + 1);
        let top = marks.last().map_or(1.0, |tick| tick.along).max(1.0);
        let mut lines: Vec<String> = (0..ROWS).rev().map(|row| chart.row(row, top, &marks)).collect();
        lines.push(format!("{:>7} └{}", "0", "─".repeat(chart.points.len())));
        lines.push(chart.below());
        if !chart.crossings.is_empty() {
            lines.push(chart.alarms());
        }
        let mut legend = vec![format!("█ {}", chart.counted)];
        legend.extend(chart.line_words().map(|words| format!("─ {words}")));
        legend.extend(chart.expected_words().map(|words| format!("· {words}")));
        legend.extend((!chart.crossings.is_empty()).then(|| "▲ alarm".to_owned()));
        legend.extend((!chart.events.is_empty()).then(|| "▔ known event".to_owned()));
        lines.push(format!("         {}", legend.join("   ")));
        lines.push(format!("         {}", self.span()));
        lines.join("\n")
    }

    /// One row of characters; rows count from the bottom.
    fn row(&self, row: usize, top: f64, marks: &[Tick]) -> String {
        let label = marks.iter().find(|tick| tick.along > 0.0 && height(tick.along, top) == row);
        let mut line =
            format!("{:>7} {}", label.map_or("", |tick| &tick.label), if label.is_some() { '┤' } else { '│' });
        for (place, point) in self.points.iter().enumerate() {
            let filled = eighths(point.count / top, ROWS * 8).saturating_sub(row * 8).min(8);
            let at = |value: Option<f64>| value.is_some_and(|value| height(value, top) == row);
            let event = row + 1 == ROWS && self.events.iter().any(|event| event.contains(&place));
            line.push(match (filled, at(point.line), at(point.expected)) {
                (0, true, _) => '─',
                (0, false, true) => '·',
                (0, false, false) if event => '▔',
                (filled, ..) => EIGHTHS[filled],
            });
        }
        line
    }

    /// The marks of time, each with its label to the right of it.
    fn below(&self) -> String {
        let mut line = String::new();
        for tick in self.time_ticks((self.points.len() / LABEL_COLUMNS).max(2)) {
            let from = MARGIN + eighths(tick.along, 1);
            let written = line.chars().count();
            if from > written || written == 0 {
                line.push_str(&" ".repeat(from - written));
                line.push('╵');
                line.push_str(&tick.label);
            }
        }
        line
    }

    fn alarms(&self) -> String {
        let last = self.crossings.last().copied().unwrap_or(0);
        let mark = |place| if self.crossings.binary_search(&place).is_ok() { '▲' } else { ' ' };
        " ".repeat(MARGIN) + &(0..=last).map(mark).collect::<String>()
    }
}

/// The row in which a value lies.
fn height(value: f64, top: f64) -> usize {
    (eighths(value / top, ROWS * 8).max(1) - 1) / 8
}

/// A share of `whole`, rounded; nothing for what is no share.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "clamped")]
fn eighths(share: f64, whole: usize) -> usize {
    (share * whole as f64).round().clamp(0.0, 1_000_000.0) as usize
}
