//! The newsroom: the public page of official statements. Serves stored bytes, after checking their hash as it serves.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde::Serialize;

use super::Site;
use super::board::Found;
use super::problem::Problem;
use crate::core::incident::IncidentId;
use crate::core::name::{ChannelName, StepId};
use crate::core::rules::Reach;
use crate::core::statement::Package;

/// How many statements are listed.
const LISTED_MAX: usize = 50;

#[derive(Serialize)]
struct List {
    organisation: String,
    url: String,
    updated: String,
    items: Vec<Item>,
}

#[derive(Serialize)]
struct Item {
    path: String,
    headline: String,
    language: String,
    posted: String,
    posted_machine: String,
    /// The statement that this one corrects.
    corrects: Option<Other>,
    /// What corrects it, the latest first.
    corrected_by: Vec<Other>,
    texts: Vec<PublicText>,
}

/// Another statement of the page.
#[derive(Serialize)]
struct Other {
    path: String,
    posted: String,
}

#[derive(Serialize)]
struct PublicText {
    language: String,
    /// Where a text beside the first place's stands, as the approved package names it.
    place: Option<String>,
    title: Option<String>,
    body: String,
}

/// A statement that is on the page, by the incident's word.
struct Posted {
    id: IncidentId,
    step: StepId,
    /// The places of the page that it stands in, the one with room for the whole text first.
    channels: Vec<ChannelName>,
    at: Timestamp,
}

pub(super) async fn page(State(site): State<Arc<Site>>) -> Result<Response, Problem> {
    let list = aside(&site, Site::list).await?;
    Ok(site.public_page("newsroom", &site.frame("Newsroom", None), &list))
}

/// Reads the store off the threads that serve everybody else.
async fn aside<T: Send + 'static>(
    site: &Arc<Site>,
    read: impl FnOnce(&Site) -> T + Send + 'static,
) -> Result<T, Problem> {
    let site = Arc::clone(site);
    let read = tokio::task::spawn_blocking(move || read(&site)).await;
    read.map_err(|_| {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "Not shown", "The newsroom could not be read.").at("/newsroom")
    })
}

pub(super) async fn feed(State(site): State<Arc<Site>>) -> Result<Response, Problem> {
    let list = aside(&site, Site::list).await?;
    let rendered = site.pages.render("feed", &list).map_err(|error| {
        tracing::error!(%error, "the feed could not be rendered");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "Not shown", "The feed could not be shown.").at("/newsroom")
    })?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/atom+xml; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    Ok((headers, rendered).into_response())
}

pub(super) async fn statement(
    State(site): State<Arc<Site>>,
    Path((id, step)): Path<(IncidentId, String)>,
) -> Result<Response, Problem> {
    let gone = || Problem::not_found("There is no such statement.").at("/newsroom");
    let found = site.find(id).map_err(|_| gone())?;
    if found.incident.setting != site.engine.standing().setting {
        return Err(gone());
    }
    let step = StepId::from(step);
    if let Some(at) = taken_down(&found, &step) {
        let words = format!("This statement was taken down at {}.", site.shown(&found).time(at));
        return Err(Problem::new(StatusCode::GONE, "Taken down", words).at("/newsroom"));
    }
    let posted = posted(&found, &step).ok_or_else(gone)?;
    let item = aside(&site, move |site| site.item(&found, &posted)).await?.ok_or_else(|| {
        let words = "This statement is not shown, because what is stored is not what was approved.";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "Not shown", words).at("/newsroom")
    })?;
    Ok(site.public_page("newsroom_statement", &site.frame(&item.headline, None), &item))
}

impl Site {
    /// The latest statements first. One whose bytes are not the approved ones is left out.
    fn list(&self) -> List {
        let board = self.engine.board();
        let mut all: Vec<(Found, Posted)> = Vec::new();
        let setting = self.engine.standing().setting;
        for entry in board.incidents.values().filter(|entry| entry.incident.setting == setting) {
            for step in entry.incident.statements.keys() {
                let found = Found { incident: Arc::clone(&entry.incident), rules: Arc::clone(&entry.rules) };
                if let Some(posted) = posted(&found, step) {
                    all.push((found, posted));
                }
            }
        }
        all.sort_by_key(|(_, posted)| std::cmp::Reverse(posted.at));
        all.truncate(LISTED_MAX);
        let updated = all.first().map_or(Timestamp::UNIX_EPOCH, |(_, posted)| posted.at);
        List {
            organisation: self.engine.standing().organisation.name.clone(),
            url: self.url.clone(),
            updated: machine_time(updated),
            items: all.iter().filter_map(|(found, posted)| self.item(found, posted)).collect(),
        }
    }

    fn item(&self, found: &Found, posted: &Posted) -> Option<Item> {
        let package = self.checked(found, posted)?;
        let texts = texts(&package, posted);
        let corrections = found.incident.corrections_of(&posted.step);
        Some(Item {
            path: format!("/newsroom/{}/{}", posted.id, posted.step),
            headline: package.headline().to_owned(),
            language: texts.first().map_or_else(|| "en".to_owned(), |text| text.language.clone()),
            posted: time(found, posted.at),
            posted_machine: machine_time(posted.at),
            corrects: package.corrects.as_ref().and_then(|corrects| other(found, &corrects.statement)),
            corrected_by: corrections.iter().filter_map(|step| other(found, step)).collect(),
            texts,
        })
    }

    /// The stored package, where its bytes are those that were approved.
    fn checked(&self, found: &Found, posted: &Posted) -> Option<Package> {
        // What is public stands on the votes of its time, also where somebody who gave one has left since.
        let approved = found.incident.statements.get(&posted.step)?.posting()?.ballot.digest();
        match self.engine.stored_package(posted.id, approved) {
            Ok(package) => Some(package),
            Err(error) => {
                let (incident, setting) = (posted.id, found.incident.setting.logged());
                tracing::error!(incident, statement = %posted.step, %error, setting, "a statement is not shown");
                None
            }
        }
    }
}

/// Where and since when a statement is on the page.
fn posted(found: &Found, step: &StepId) -> Option<Posted> {
    let posting = found.incident.statements.get(step)?.posting()?;
    let mut on_page: Vec<(bool, &ChannelName, Timestamp)> = Vec::new();
    for (channel, post) in &posting.posts {
        let Some(rules) = found.rules.channels.get(channel).filter(|rules| rules.reach == Reach::Page) else {
            continue;
        };
        if let Some(at) = post.public_at().and_then(|_| post.confirmed_at()) {
            on_page.push((rules.limit.is_some(), channel, at));
        }
    }
    on_page.sort();
    let at = on_page.iter().map(|(_, _, at)| *at).min()?;
    let channels = on_page.into_iter().map(|(_, channel, _)| channel.clone()).collect();
    Some(Posted { id: found.incident.id, step: step.clone(), channels, at })
}

/// When a statement went from the page, where it stands in no place of it any more.
fn taken_down(found: &Found, step: &StepId) -> Option<Timestamp> {
    if posted(found, step).is_some() {
        return None;
    }
    let posts = &found.incident.statements.get(step)?.posting()?.posts;
    let on_page = |channel: &ChannelName| found.rules.channels.get(channel).is_some_and(|of| of.reach == Reach::Page);
    posts.iter().filter(|(channel, _)| on_page(channel)).filter_map(|(_, post)| post.down_at()).max()
}

/// Another statement, where the page shows it.
fn other(found: &Found, step: &StepId) -> Option<Other> {
    let other = posted(found, step)?;
    Some(Other { path: format!("/newsroom/{}/{}", other.id, other.step), posted: time(found, other.at) })
}

fn time(found: &Found, at: Timestamp) -> String {
    at.to_zoned(found.rules.organisation.zone()).strftime("%-d %B %Y, %H:%M %Z").to_string()
}

/// Every text of the page's places.
fn texts(package: &Package, posted: &Posted) -> Vec<PublicText> {
    let mut texts = Vec::new();
    for (nth, channel) in posted.channels.iter().enumerate() {
        let account = package.placement(channel).map(|placement| placement.account.clone());
        texts.extend(package.variants_for(channel).map(|variant| PublicText {
            language: variant.language.clone(),
            place: account.clone().filter(|_| nth > 0),
            title: variant.title.clone(),
            body: variant.body.clone(),
        }));
    }
    texts
}

/// RFC 3339, in whole seconds.
fn machine_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
