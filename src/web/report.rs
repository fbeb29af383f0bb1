//! The after-action report as a page, to read, to print and to take along; and incidents over time.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use super::Site;
use super::problem::Problem;
use super::session::Visitor;
use crate::core::incident::IncidentId;
use crate::report::{body, document, markdown, overview};

#[derive(Serialize)]
struct Page {
    /// HTML whose words were escaped where it was written.
    body: String,
    incident: Option<IncidentId>,
    /// Incidents with a report of their own.
    each: Vec<IncidentId>,
}

pub(super) async fn page(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<IncidentId>,
) -> Result<Response, Problem> {
    let made = site.engine.report(id).await?;
    let document = document(&made.report, &made.quotes);
    let frame = site.frame(&document.title, Some(&visitor)).carrying(document.stamp.clone());
    let page = Page { body: body(&document), incident: Some(id), each: Vec::new() };
    Ok(site.page("report", &frame, &page))
}

pub(super) async fn download(State(site): State<Arc<Site>>, Path(id): Path<IncidentId>) -> Result<Response, Problem> {
    let made = site.engine.report(id).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/markdown; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"incident-{id}-report.md\"")),
    ];
    Ok((headers, markdown(&document(&made.report, &made.quotes))).into_response())
}

pub(super) async fn list(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
) -> Result<Response, Problem> {
    let reports = site.engine.reports().await?;
    let document = overview(&reports);
    let each = reports.reports.iter().map(|report| report.incident).collect();
    let page = Page { body: body(&document), incident: None, each };
    Ok(site.page("report", &site.frame(&document.title, Some(&visitor)), &page))
}
