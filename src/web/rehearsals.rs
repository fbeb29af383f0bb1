//! Rehearsals with the team, on the live desk: how they went beside one another, and the report of each. Their record is
//! another store; nothing of it stands among what is live.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;

use super::Site;
use super::problem::Problem;
use super::session::Visitor;
use crate::core::incident::IncidentId;
use crate::core::report::Reports;
use crate::core::setting::Setting;
use crate::report::{body, document, overview};

#[derive(Serialize)]
struct Page {
    /// HTML whose words were escaped where it was written.
    body: String,
    each: Vec<IncidentId>,
    /// Whether it is all of them.
    list: bool,
}

pub(super) async fn list(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
) -> Result<Response, Problem> {
    let reports = match site.inside() {
        Some(inside) => inside.engine.reports().await?,
        None => Reports { reports: Vec::new(), left_out: 0 },
    };
    let document = overview(&reports);
    let each = reports.reports.iter().map(|report| report.incident).collect();
    let frame = site.frame("Rehearsals with the team", Some(&visitor));
    let frame = frame.stamped(Setting::Rehearsal, &site.engine.standing().organisation);
    Ok(site.page("rehearsals", &frame, &Page { body: body(&document), each, list: true }))
}

pub(super) async fn page(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<IncidentId>,
) -> Result<Response, Problem> {
    let Some(inside) = site.inside() else { return Err(Problem::not_found("No rehearsal was begun here.")) };
    let made = inside.engine.report(id).await?;
    let document = document(&made.report, &made.quotes);
    let frame = site.frame(&document.title, Some(&visitor));
    let frame = frame.stamped(Setting::Rehearsal, &site.engine.standing().organisation);
    Ok(site.page("rehearsals", &frame, &Page { body: body(&document), each: Vec::new(), list: false }))
}
