//! The chart in a letter: a picture that travels with it.

use super::Scene;
use crate::chart::{Place, png};
use crate::mail::{PICTURE_BYTES_MAX, Picture};

impl Scene<'_> {
    /// Why the incident opened, as a picture. None where nothing was counted, and where it cannot be drawn: the letter
    /// has the numbers in words too, and must go out either way.
    pub(super) fn picture(&self) -> Option<Picture> {
        let chart = self.shown().chart()?;
        let incident = self.incident.id;
        match png(&chart, Place::Phone) {
            Ok(png) if png.len() <= PICTURE_BYTES_MAX => {
                Some(Picture { content_id: format!("chart.{}", self.message_id), png })
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
