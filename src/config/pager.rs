//! The pager of `holdline.yaml`: one shape with the secret address that it goes to, and when it stands in for mail.

use std::time::Duration;

use secrecy::ExposeSecret as _;

use super::keys;
use super::kinds::Surroundings;
use super::node::Table;
use super::secret::is_stand_in;
use crate::core::period::Period;
use crate::pager::{PagerSettings, Shape, check_address};

/// How long no mail was taken before alerts that wait for it are paged.
const WHEN_MAIL_FAILS_FOR: Period = Period::minutes(5);
const SHAPES: [(&str, Shape); 3] = [("webhook", Shape::Plain), ("slack", Shape::Slack), ("teams", Shape::Teams)];

/// None where there is no pager, or something is wrong with it.
pub(super) fn read(file: &Table<'_>, around: Surroundings<'_>) -> Option<PagerSettings> {
    let sheet = file.sheet;
    let table = file.table("pager", keys::PAGER)?;
    let mut named = SHAPES.iter().filter_map(|(key, shape)| Some((table.get(key)?, *shape)));
    let (Some((node, shape)), None) = (named.next(), named.next()) else {
        let help = "write one of webhook, slack or teams, as in slack: { env: HOLDLINE_PAGER_URL }";
        sheet.refuse(table.at, "a pager has exactly one place that it pages", help);
        return None;
    };
    let url = around.secrets.find(sheet, node)?;
    let private = table.flag("private").unwrap_or(false);
    if !is_stand_in(&url)
        && let Err(error) = check_address(url.expose_secret(), private)
    {
        sheet.refuse_error(&node.at, &error);
        return None;
    }
    let secret = table.get("secret").and_then(|node| around.secrets.find(sheet, node));
    if let Some(node) = table.get("secret").filter(|_| shape != Shape::Plain) {
        sheet.refuse(&node.at, "only a `webhook` is signed", "take `secret` out");
    }
    let patience = table.parsed("when_mail_fails_for", Period::parse).unwrap_or(WHEN_MAIL_FAILS_FOR);
    Some(PagerSettings { shape, url, secret, private, when_mail_fails_for: Duration::from_secs(patience.as_seconds()) })
}
