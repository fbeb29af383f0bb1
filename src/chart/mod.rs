//! Pictures of charts: SVG for pages, PNG for mails and files. The same chart gives the same bytes on every machine,
//! because the font is in the program.

mod draw;
mod indexed;

use plotters::backend::{BitMapBackend, RGBPixel, SVGBackend};
use plotters::drawing::IntoDrawingArea as _;
use plotters::style::{FontStyle, register_font};

use self::draw::{FONT, Look, draw};
use self::indexed::{RGB, encoded};
use crate::core::chart::Chart;

/// DejaVu Sans, Latin characters only; its licence is beside it.
const FONT_BYTES: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fonts/DejaVuSans.ttf"));
/// As wide as a phone, so that its letters are as large as those around it.
const PHONE: Look = Look { width: 360, height: 260, scale: 1 };
/// The same with two dots for one, since screens of phones have at least that many.
const PHONE_FINE: Look = Look { width: 360, height: 260, scale: 2 };
const PAPER: Look = Look { width: 960, height: 420, scale: 1 };
const PAPER_FINE: Look = Look { width: 960, height: 420, scale: 2 };

/// Where a picture is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a mail or on a page, on a phone.
    Phone,
    /// In a file of its own.
    Paper,
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    #[error("the chart's font cannot be read")]
    Font,
    #[error("the chart could not be drawn: {0}")]
    Draw(String),
    #[error("the chart could not be written as PNG: {0}")]
    Png(#[from] png::EncodingError),
}

/// The picture as an `<svg>` element without scripts and styles, named and described for those who cannot see it.
/// `id` tells its names apart from others on the page.
pub fn svg(chart: &Chart, place: Place, id: &str) -> Result<String, ChartError> {
    let look = match place {
        Place::Phone => PHONE,
        Place::Paper => PAPER,
    };
    let mut drawn = String::new();
    {
        let area = SVGBackend::with_string(&mut drawn, (look.width, look.height)).into_drawing_area();
        on_font(|| draw(&area, chart, look))?;
        area.present().map_err(|error| ChartError::Draw(error.to_string()))?;
    }
    Ok(named(&drawn, chart, id))
}

/// The picture as the bytes of a PNG file.
pub fn png(chart: &Chart, place: Place) -> Result<Vec<u8>, ChartError> {
    let look = match place {
        Place::Phone => PHONE_FINE,
        Place::Paper => PAPER_FINE,
    };
    let (width, height) = (look.width * look.scale, look.height * look.scale);
    let pixels = usize::try_from(width * height).unwrap_or_default();
    let mut image = vec![0; pixels * RGB];
    {
        let backend = BitMapBackend::<RGBPixel>::with_buffer_and_format(&mut image, (width, height))
            .map_err(|error| ChartError::Draw(error.to_string()))?;
        let area = backend.into_drawing_area();
        on_font(|| draw(&area, chart, look))?;
        area.present().map_err(|error| ChartError::Draw(error.to_string()))?;
    }
    Ok(encoded(&image, width, height)?)
}

/// Draws with the program's own font, whatever the machine has.
fn on_font(draw: impl FnOnce() -> Result<(), ChartError>) -> Result<(), ChartError> {
    register_font(FONT, FontStyle::Normal, FONT_BYTES).map_err(|_| ChartError::Font)?;
    draw()
}

/// Gives the element a role, a title and a description. What is drawn is hidden from screen readers: loose numbers
/// would be read out one by one.
fn named(drawn: &str, chart: &Chart, id: &str) -> String {
    let inside = drawn.split_once('>').map_or(drawn, |(_, inside)| inside);
    let Some((head, _)) = drawn.split_once('>') else { return String::new() };
    let (title, words) = (escaped(&chart.counted), escaped(&chart.described()));
    let inside = inside.trim().trim_end_matches("</svg>");
    format!(
        "{head} role=\"img\" aria-labelledby=\"{id}-title {id}-words\"><title id=\"{id}-title\">{title}</title>\
         <desc id=\"{id}-words\">{words}</desc><g aria-hidden=\"true\">{inside}</g></svg>"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
