//! The chart of a backtest: in a file, and as wide as the terminal.

use std::fs;
use std::path::Path;

use terminal_size::{Width, terminal_size};

use crate::chart::{Place, png, svg};
use crate::core::chart::Chart;

/// Where nobody says how wide it is, as in a file or a pipe.
const WIDTH: usize = 100;

enum Kind {
    Png,
    Svg,
}

fn kind_of(file: &Path) -> Result<Kind, String> {
    let ending = file.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("png") => Ok(Kind::Png),
        Some("svg") => Ok(Kind::Svg),
        Some(_) | None => Err(format!("{}: a chart is a .png or an .svg file; name it so", file.display())),
    }
}

pub(super) fn check_name(file: &Path) -> Result<(), String> {
    kind_of(file).map(|_| ())
}

pub(super) fn write(chart: &Chart, file: &Path) -> Result<(), String> {
    let drawn = match kind_of(file)? {
        Kind::Png => png(chart, Place::Paper),
        Kind::Svg => svg(chart, Place::Paper, "chart").map(String::into_bytes),
    };
    let bytes = drawn.map_err(|error| error.to_string())?;
    fs::write(file, bytes).map_err(|error| format!("{} cannot be written: {error}", file.display()))
}

pub(super) fn terminal_width() -> usize {
    terminal_size().map_or(WIDTH, |(Width(width), _)| usize::from(width))
}
