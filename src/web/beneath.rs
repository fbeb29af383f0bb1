//! A rehearsal's site beneath a path of the live one: asked without the path, and where its pages lead to is led there again.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use tokio::sync::watch;

use super::Site;
use super::problem::Problem;
use crate::engine::Engine;

/// Where the site of a rehearsal with the team lies.
pub const REHEARSAL_PATH: &str = "/rehearsal";
/// The largest page that is led back, in bytes.
const PAGE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// What leads on in our pages. Text of others is escaped there, and holds no quotation mark.
const LEADS: [&str; 3] = ["href=\"/", "action=\"/", "src=\"/"];

/// Rehearsals with the team: their site, and where their record is read.
#[derive(Clone)]
pub struct Inside {
    pub routes: Router,
    pub engine: Engine,
}

/// None while there was never one.
pub type Beneath = watch::Receiver<Option<Inside>>;

pub(super) async fn rehearsal(State(site): State<Arc<Site>>, mut request: Request) -> Response {
    let gone = || Problem::not_found("No rehearsal was begun here.").into_response();
    let (Some(inside), Some(uri)) = (site.inside(), without_path(request.uri())) else { return gone() };
    *request.uri_mut() = uri;
    // What the routes outside noted of the path would be taken for parts of the path inside.
    request.extensions_mut().clear();
    match TowerToHyperService::new(inside.routes).call(request).await {
        Ok(response) => led_back(response).await,
        Err(never) => match never {},
    }
}

impl Site {
    pub(super) fn inside(&self) -> Option<Inside> {
        self.rehearsal.as_ref()?.borrow().clone()
    }
}

fn without_path(uri: &Uri) -> Option<Uri> {
    let asked = uri.path_and_query()?.as_str();
    let rest = asked.strip_prefix(REHEARSAL_PATH)?;
    let rest = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
    rest.parse().ok()
}

async fn led_back(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    if let Some(location) = parts.headers.get(header::LOCATION).and_then(|to| to.to_str().ok())
        && location.starts_with('/')
        && let Ok(led) = HeaderValue::from_str(&format!("{REHEARSAL_PATH}{location}"))
    {
        parts.headers.insert(header::LOCATION, led);
    }
    let is_page = parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !is_page {
        return Response::from_parts(parts, body);
    }
    let Ok(page) = to_bytes(body, PAGE_BYTES_MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut page = String::from_utf8_lossy(&page).into_owned();
    for lead in LEADS {
        let led = lead.replace('/', &format!("{REHEARSAL_PATH}/"));
        page = page.replace(lead, &led);
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(page))
}
