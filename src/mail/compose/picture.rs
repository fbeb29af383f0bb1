//! The chart in a letter: a picture that travels with it.

use std::sync::PoisonError;

use super::{Composer, Scene};
use crate::chart::{Place, png};
use crate::mail::{PICTURE_BYTES_MAX, Picture};

impl Composer {
    /// Why the incident opened, as a picture. None where nothing was counted, and where it cannot be drawn: the letter
    /// has the numbers in words too, and must go out either way.
    pub(super) fn picture(&self, scene: &Scene<'_>) -> Option<Picture> {
        let chart = scene.shown().chart()?;
        let content_id = format!("chart.{}", scene.message_id);
        let incident = scene.incident.id;
        // Everybody who is told of an incident gets the same picture, one letter after the other.
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, png)) = drawn.as_ref().filter(|(of, _)| *of == chart) {
            return Some(Picture { content_id, png: png.clone() });
        }
        match png(&chart, Place::Phone) {
            Ok(png) if png.len() <= PICTURE_BYTES_MAX => {
                *drawn = Some((chart, png.clone()));
                Some(Picture { content_id, png })
            }
            Ok(png) => {
                tracing::warn!(incident, bytes = png.len(), "a chart is too large for a mail and was left out");
                None
            }
            Err(error) => {
                tracing::warn!(incident, %error, "a mail goes without its chart");
                None
            }
        }
    }
}
