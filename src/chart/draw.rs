//! How a chart looks: an area of counts, a dashed line above which it alarms, a dotted one for what was expected, a
//! mark where it alarmed. Lines differ in kind as well as in colour.

use plotters::coord::Shift;
use plotters::drawing::DrawingArea;
use plotters::element::{Circle, Drawable, PathElement, PointCollection, Polygon, Rectangle, Text};
use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, IntoFont as _, RGBColor, ShapeStyle, WHITE};

use super::ChartError;
use crate::core::chart::{Chart, Point};

/// A family that every browser has; the program's own font goes by the same name.
pub(super) const FONT: &str = "sans-serif";
/// The height of a line of text. Letters are about four fifths of it.
const LINE: i32 = 18;
const LEFT: i32 = 44;
const RIGHT: i32 = 14;
/// A mark of time and its label need so many dots.
const TIME_LABEL: i32 = 76;
const COUNT_LABEL: i32 = 40;
/// Dots of a dash and of what lies between two.
const DASH: (i32, i32) = (7, 4);
const DOT: (i32, i32) = (2, 4);
/// With more marks than this the picture shows them without their times.
const NAMED_CROSSINGS_MAX: usize = 1;

const INK: RGBColor = RGBColor(0x1a, 0x1a, 0x1a);
const GRID: RGBColor = RGBColor(0xdd, 0xdd, 0xdd);
const COUNT: RGBColor = RGBColor(0x0b, 0x4f, 0x8a);
const AREA: RGBColor = RGBColor(0xbc, 0xd4, 0xea);
const ALARM: RGBColor = RGBColor(0xa3, 0x00, 0x00);
const EXPECTED: RGBColor = RGBColor(0x44, 0x44, 0x44);
const EVENT: RGBColor = RGBColor(0xff, 0xe9, 0xa8);

/// How large a picture is, in dots of a page, and how many dots of the picture go to one of those.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) scale: u32,
}

type Paper<'a, B> = DrawingArea<B, Shift>;

/// The inner part of the picture and how values become places on it.
struct Frame<'a, B: DrawingBackend> {
    paper: &'a Paper<'a, B>,
    chart: &'a Chart,
    scale: i32,
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
    most: f64,
    /// From when to when, in lines that fit.
    span: Vec<String>,
}

pub(super) fn draw<B: DrawingBackend>(paper: &Paper<'_, B>, chart: &Chart, look: Look) -> Result<(), ChartError> {
    let dots = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let scale = dots(look.scale);
    let span = span(chart, dots(look.width));
    let legend = Legend::of(chart, dots(look.width) - LEFT - RIGHT);
    let top = (legend.rows + 1) * LINE + LINE / 2;
    let bottom = dots(look.height) - i32::try_from(span.len() + 1).unwrap_or(3) * LINE - 6;
    let ticks = chart.count_ticks(usize::try_from((bottom - top) / COUNT_LABEL).unwrap_or(2) + 1);
    let most = ticks.last().map_or(1.0, |tick| tick.along).max(chart.top());
    let right = dots(look.width) - RIGHT;
    let frame = Frame { paper, chart, scale, left: LEFT, right, top, bottom, most, span };
    paper.fill(&WHITE).map_err(|error| ChartError::Draw(error.to_string()))?;
    legend.draw(&frame)?;
    frame.events()?;
    for tick in &ticks {
        let y = frame.y(tick.along);
        frame.path(&[(frame.left, y), (frame.right, y)], GRID, 1)?;
        frame.text(&tick.label, (frame.left - 6, y), HPos::Right, VPos::Center, INK)?;
    }
    frame.counts()?;
    frame.values(|point| point.expected, EXPECTED, DOT)?;
    frame.values(|point| point.line, ALARM, DASH)?;
    frame.crossings()?;
    frame.times()
}

impl<B: DrawingBackend> Frame<'_, B> {
    fn x(&self, along: f64) -> i32 {
        let whole = number(self.chart.points.len().saturating_sub(1).max(1));
        self.left + rounded(f64::from(self.right - self.left) * along / whole)
    }

    fn y(&self, count: f64) -> i32 {
        self.bottom - rounded(f64::from(self.bottom - self.top) * (count / self.most).clamp(0.0, 1.0))
    }

    /// The frame's dots as the picture's.
    fn scaled(&self, (x, y): (i32, i32)) -> (i32, i32) {
        (x * self.scale, y * self.scale)
    }

    fn put<E>(&self, element: &E) -> Result<(), ChartError>
    where
        for<'e> &'e E: PointCollection<'e, (i32, i32)>,
        E: Drawable<B>,
    {
        self.paper.draw(element).map_err(|error| ChartError::Draw(error.to_string()))
    }

    fn path(&self, points: &[(i32, i32)], color: RGBColor, width: u32) -> Result<(), ChartError> {
        let points: Vec<_> = points.iter().map(|point| self.scaled(*point)).collect();
        let width = width * u32::try_from(self.scale).unwrap_or(1);
        self.put(&PathElement::new(points, ShapeStyle::from(&color).stroke_width(width)))
    }

    fn text(&self, text: &str, at: (i32, i32), across: HPos, down: VPos, color: RGBColor) -> Result<(), ChartError> {
        let style = (FONT, LINE * self.scale).into_font().color(&color).pos(Pos::new(across, down));
        self.put(&Text::new(text.to_owned(), self.scaled(at), style))
    }

    fn events(&self) -> Result<(), ChartError> {
        for event in &self.chart.events {
            let from = self.x(number(event.start));
            let to = self.x(number(event.end)).max(from + 2).min(self.right);
            let corners = [self.scaled((from, self.top)), self.scaled((to, self.bottom))];
            self.put(&Rectangle::new(corners, EVENT.filled()))?;
        }
        Ok(())
    }

    fn counts(&self) -> Result<(), ChartError> {
        let columns = usize::try_from(self.right - self.left).unwrap_or(1);
        let outline = self.chart.outline(columns).into_iter();
        let points = outline.filter_map(|place| Some((place, self.chart.points.get(place)?)));
        let edge: Vec<_> = points.map(|(place, point)| (self.x(number(place)), self.y(point.count))).collect();
        let (Some(first), Some(last)) = (edge.first(), edge.last()) else { return Ok(()) };
        let mut area: Vec<_> = edge.iter().map(|point| self.scaled(*point)).collect();
        area.push(self.scaled((last.0, self.bottom)));
        area.push(self.scaled((first.0, self.bottom)));
        self.put(&Polygon::new(area, AREA.filled()))?;
        self.path(&edge, COUNT, 2)
    }

    /// A broken line through the values that there are, each kept until the next.
    fn values(&self, value: fn(&Point) -> Option<f64>, color: RGBColor, dash: (i32, i32)) -> Result<(), ChartError> {
        let at = |x: i32| {
            let along = f64::from(x - self.left) / f64::from((self.right - self.left).max(1));
            let place = rounded(along * number(self.chart.points.len().saturating_sub(1)));
            usize::try_from(place).ok().and_then(|place| self.chart.points.get(place)).and_then(value)
        };
        for from in (self.left..self.right).step_by(usize::try_from(dash.0 + dash.1).unwrap_or(1)) {
            let to = (from + dash.0).min(self.right);
            if let Some((start, end)) = at(from).zip(at(to)).filter(|(start, end)| start.max(*end) <= self.most) {
                self.path(&[(from, self.y(start)), (to, self.y(end))], color, 2)?;
            }
        }
        Ok(())
    }

    fn crossings(&self) -> Result<(), ChartError> {
        for &place in &self.chart.crossings {
            let Some(point) = self.chart.points.get(place) else { continue };
            let (x, y) = (self.x(number(place)), self.y(point.count));
            self.path(&[(x, self.top), (x, self.bottom)], ALARM, 1)?;
            let radius = 4 * self.scale;
            self.put(&Circle::new(self.scaled((x, y)), radius, ALARM.filled()))?;
            if self.chart.crossings.len() <= NAMED_CROSSINGS_MAX {
                let words = format!("alarm {}", self.chart.hour(self.chart.at(place)));
                let half = self.left.midpoint(self.right);
                let (x, across) = if x > half { (x + RIGHT - 4, HPos::Right) } else { (x, HPos::Left) };
                self.text(&words, (x.min(self.right + RIGHT - 4), self.top - LINE), across, VPos::Top, ALARM)?;
            }
        }
        Ok(())
    }

    fn times(&self) -> Result<(), ChartError> {
        self.path(&[(self.left, self.bottom), (self.right, self.bottom)], INK, 1)?;
        let most = usize::try_from((self.right - self.left) / TIME_LABEL).unwrap_or(2).max(2);
        for tick in self.chart.time_ticks(most) {
            let x = self.x(tick.along);
            self.path(&[(x, self.bottom), (x, self.bottom + 4)], INK, 1)?;
            let at_edge = x > self.right - TIME_LABEL / 2;
            let (x, across) = if at_edge { (self.right + RIGHT - 2, HPos::Right) } else { (x, HPos::Center) };
            self.text(&tick.label, (x, self.bottom + 5), across, VPos::Top, INK)?;
        }
        let middle = self.left.midpoint(self.right) - (LEFT - RIGHT) / 2;
        for (row, words) in (1..).zip(&self.span) {
            self.text(words, (middle, self.bottom + 7 + row * LINE), HPos::Center, VPos::Top, INK)?;
        }
        Ok(())
    }
}

/// From when to when, in two lines where one is too long.
fn span(chart: &Chart, width: i32) -> Vec<String> {
    let words = chart.span();
    let fits = i32::try_from(words.chars().count()).unwrap_or(i32::MAX).saturating_mul(LETTER) <= width + LETTER;
    match words.split_once(" to ") {
        Some((from, to)) if !fits => vec![from.to_owned(), format!("to {to}")],
        Some(_) | None => vec![words],
    }
}

/// What each kind of line is, above the picture.
struct Legend {
    keys: Vec<Key>,
    rows: i32,
}

struct Key {
    words: String,
    color: RGBColor,
    dash: Option<(i32, i32)>,
    /// Row, and dots from the left.
    at: (i32, i32),
}

impl Legend {
    /// Puts the keys in rows of at most `width` dots.
    fn of(chart: &Chart, width: i32) -> Self {
        let mut keys = vec![(chart.counted.clone(), COUNT, None)];
        keys.extend(chart.line_words().map(|words| (words, ALARM, Some(DASH))));
        keys.extend(chart.expected_words().map(|words| (words, EXPECTED, Some(DOT))));
        let many = chart.crossings.len() > NAMED_CROSSINGS_MAX;
        keys.extend(many.then(|| ("alarm".to_owned(), ALARM, None)));
        keys.extend((!chart.events.is_empty()).then(|| ("known event".to_owned(), EVENT, None)));
        let (mut row, mut from) = (0, 0);
        let place = |(words, color, dash): (String, RGBColor, Option<(i32, i32)>)| {
            let wide = KEY + i32::try_from(words.chars().count()).unwrap_or(0) * LETTER + KEY / 2;
            if from > 0 && from + wide > width {
                (row, from) = (row + 1, 0);
            }
            let at = (row, from);
            from += wide;
            Key { words, color, dash, at }
        };
        let keys: Vec<Key> = keys.into_iter().map(place).collect();
        let rows = keys.last().map_or(0, |key| key.at.0) + 1;
        Self { keys, rows }
    }

    fn draw<B: DrawingBackend>(&self, frame: &Frame<'_, B>) -> Result<(), ChartError> {
        for Key { words, color, dash, at: (row, from) } in &self.keys {
            let (x, y) = (frame.left + from, LINE / 2 + row * LINE + 4);
            let end = x + KEY - 6;
            match dash {
                None => frame.path(&[(x, y), (end, y)], *color, 4)?,
                Some((on, off)) => {
                    for from in (x..end).step_by(usize::try_from(on + off).unwrap_or(1)) {
                        frame.path(&[(from, y), ((from + on).min(end), y)], *color, 2)?;
                    }
                }
            }
            frame.text(words, (x + KEY, y), HPos::Left, VPos::Center, INK)?;
        }
        Ok(())
    }
}

/// Dots of a key's line with the blank after it, and of a letter, a little more than most are.
const KEY: i32 = 30;
const LETTER: i32 = 9;

#[expect(clippy::cast_precision_loss, reason = "fewer points than a float counts")]
fn number(place: usize) -> f64 {
    place as f64
}

#[expect(clippy::cast_possible_truncation, reason = "dots of a picture")]
fn rounded(dots: f64) -> i32 {
    dots.round() as i32
}
