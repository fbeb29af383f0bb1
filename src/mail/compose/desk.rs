//! Mails that belong to no incident: signing in, and the audit log's signed head.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::press::{Frame, Kind};
use super::{ComposeError, Composer, Key, Letter, stamp, subject};
use crate::core::health::{Blind, Health};
use crate::core::name::FeedName;
use crate::core::proved::Reach;
use crate::core::rules::Organisation;
use crate::core::setting::Setting;
use crate::core::shown::incidents;
use crate::core::statement::clock_time;

/// How many blind spots a letter names; the rest is counted.
pub const BLIND_NAMED_MAX: usize = 20;

/// What a letter that belongs to no incident is written from.
#[derive(Clone, Copy, Debug)]
pub struct House<'a> {
    pub organisation: &'a Organisation,
    pub setting: Setting,
    pub message_id: &'a str,
    pub to_name: &'a str,
    pub to: &'a str,
}

/// A signed head of the audit log.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    pub seq: u64,
    pub at: Timestamp,
    pub mac: &'a str,
    pub signature: &'a str,
    pub public_key: &'a str,
}

#[derive(Serialize)]
struct SignIn<'a> {
    name: &'a str,
    link: &'a str,
    code: &'a str,
    until: String,
    /// The incidents that it opens, where it opens nothing else.
    within: Option<String>,
}

#[derive(Serialize)]
struct SignedHead<'a> {
    seq: u64,
    at: String,
    mac: &'a str,
    signature: &'a str,
    public_key: &'a str,
}

#[derive(Serialize)]
struct BlindSpots<'a> {
    feeds: Vec<BlindSpot<'a>>,
    /// How many are not named.
    more: Option<usize>,
    page: String,
}

#[derive(Serialize)]
struct BlindSpot<'a> {
    feed: &'a str,
    what: String,
    why: Option<&'a str>,
    since: Option<String>,
    /// It is not asked again.
    gone: bool,
}

#[derive(Serialize)]
struct FolderRefused<'a> {
    problems: &'a [String],
    more: Option<u32>,
}

#[derive(Serialize)]
struct Restored {
    at: String,
    entry: u64,
}

impl Composer {
    pub fn sign_in(
        &self,
        house: &House<'_>,
        key: Key<'_>,
        until: Timestamp,
        reach: &Reach,
    ) -> Result<Letter, ComposeError> {
        let until = clock_time(until, &house.organisation.zone(), "en");
        let within = match reach {
            Reach::Everywhere => None,
            Reach::Within(within) => Some(incidents(within)),
        };
        let data = SignIn { name: house.to_name, link: key.link, code: key.code, until, within };
        self.house_letter(house, Kind::SignIn, "Sign in to Holdline", &data)
    }

    pub fn head(&self, house: &House<'_>, head: &Head<'_>) -> Result<Letter, ComposeError> {
        let at = format!("{} ({})", clock_time(head.at, &house.organisation.zone(), "en"), head.at);
        let Head { seq, mac, signature, public_key, .. } = *head;
        let data = SignedHead { seq, at, mac, signature, public_key };
        self.house_letter(house, Kind::Head, &format!("Holdline audit head {seq}"), &data)
    }

    /// That Holdline goes on from a backup: what that means for what was posted, mailed and erased since.
    pub fn restored(&self, house: &House<'_>, copied_at: Timestamp, entry: u64) -> Result<Letter, ComposeError> {
        let at = format!("{} ({copied_at:.0})", clock_time(copied_at, &house.organisation.zone(), "en"));
        let about = format!("Holdline was started from a backup of {copied_at:.0}");
        self.house_letter(house, Kind::Restored, &about, &Restored { at, entry })
    }

    /// That nothing is heard of these feeds where something should be. What was told last comes first.
    pub fn blind_spots(
        &self,
        house: &House<'_>,
        feeds: &BTreeMap<FeedName, Health>,
        url: &str,
    ) -> Result<Letter, ComposeError> {
        let zone = house.organisation.zone();
        let mut spots: Vec<(&FeedName, &Health, Timestamp, Blind)> =
            feeds.iter().filter_map(|(name, health)| Some((name, health, health.blind?.0, health.blind?.1))).collect();
        spots.sort_by_key(|(name, _, told, _)| (Reverse(*told), *name));
        let about = match spots.as_slice() {
            [(feed, _, _, blind)] => format!("Blind spot: the feed {feed} {blind}"),
            spots => format!("Blind spots: nothing is heard of {} feeds", spots.len()),
        };
        let named = spots.iter().take(BLIND_NAMED_MAX).map(|(feed, health, _, blind)| BlindSpot {
            feed: feed.as_str(),
            what: blind.to_string(),
            why: health.why.as_deref(),
            since: health.heard.or(health.succeeded).map(|at| clock_time(at, &zone, "en")),
            gone: *blind == Blind::Gone,
        });
        let more = spots.len().checked_sub(BLIND_NAMED_MAX).filter(|more| *more > 0);
        let data = BlindSpots { feeds: named.collect(), more, page: format!("{url}/feeds") };
        self.house_letter(house, Kind::Blind, &about, &data)
    }

    /// That the folder was changed and cannot be used as it is.
    pub fn folder_refused(&self, house: &House<'_>, problems: &[String], more: u32) -> Result<Letter, ComposeError> {
        let about = "Holdline: the last change of the folder is not used";
        self.house_letter(
            house,
            Kind::FolderRefused,
            about,
            &FolderRefused { problems, more: (more > 0).then_some(more) },
        )
    }

    pub(super) fn house_letter<T: Serialize>(
        &self,
        house: &House<'_>,
        kind: Kind,
        about: &str,
        data: &T,
    ) -> Result<Letter, ComposeError> {
        let stamp = stamp(house.setting, house.organisation);
        let frame = Frame { stamp, organisation: house.organisation.name.clone(), incident: None };
        let (text, html) = self.render(kind, &frame, data)?;
        Ok(Letter {
            message_id: house.message_id.to_owned(),
            thread: None,
            to_name: house.to_name.to_owned(),
            to: house.to.to_owned(),
            subject: subject(house.setting, about),
            text,
            html,
            picture: None,
        })
    }
}
