//! How the duty went from hand to hand.

use super::content::{Words, or_dash};
use super::document::Document;
use crate::core::report::{Came, HandedOver};
use crate::core::shown::lasted;

/// Nothing where it stayed in one hand.
pub(super) fn section(told: &Words<'_>, document: &mut Document) {
    if told.account.handed_over.is_empty() {
        return;
    }
    document.heading("Hand-overs");
    let rows = told.account.handed_over.iter().map(|offer| row(told, offer)).collect();
    document.table(&["Offered", "By", "To", "Accepted", "After", "How it went"], rows, "None.");
}

fn row(told: &Words<'_>, offer: &HandedOver) -> Vec<String> {
    let (accepted, after, how) = match &offer.came {
        Came::Accepted { by, at, late } => {
            let instead = if *by == offer.to { "" } else { ", in place of whom it was offered to" };
            let how = if *late { "accepted too late" } else { "accepted in time" };
            let accepted = format!("{}, {}", told.time(*at), told.shown.name(by));
            (Some(accepted), Some(lasted(at.duration_since(offer.at))), format!("{how}{instead}"))
        }
        Came::Replaced => (None, None, "offered anew before anybody accepted".to_owned()),
        Came::Open { unanswered: true } => (None, None, "nobody accepted; the duty stayed where it was".to_owned()),
        Came::Open { unanswered: false } => (None, None, "not accepted yet".to_owned()),
    };
    vec![
        told.time(offer.at),
        told.shown.name(&offer.by),
        told.shown.name(&offer.to),
        or_dash(accepted),
        or_dash(after),
        how,
    ]
}
