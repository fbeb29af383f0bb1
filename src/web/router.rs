//! Every route. Public ones are listed by name; whatever is not among them asks for a session.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post};
use handlebars::TemplateError;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::csrf::{ConfigError, CsrfLayer, ProtectionError};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

use super::pages::{self, Pages};
use super::problem::{self, Problem};
use super::webhook::Hooks;
use super::{
    Operating, Site, Web, acts, approval, beneath, demo, desk, feeds, health, incident, lessons, mailbox, metrics,
    newsroom, rehearsals, report, session, sign_in, statement, watches, webhook,
};
use crate::core::setting::Setting;
use crate::feed::webhook::BODY_BYTES_MAX;

/// The longest form, in bytes: a package's texts fit, with room.
const FORM_BYTES_MAX: usize = 1024 * 1024;
/// How long one answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Nothing is loaded, framed or run but our own style and forms.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";
/// Browsers keep to https for a year once they came that way.
const HTTPS_FOR: &str = "max-age=31536000";

/// Why the web cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    #[error("a page template is broken: {0}")]
    Template(#[from] Box<TemplateError>),
    #[error("the server's url cannot be used: {0}; write it as https://holdline.example.org")]
    Url(#[from] ConfigError),
}

/// All pages of an installation.
pub fn router(web: Web) -> Result<Router, WebError> {
    let Web { engine, url, webhooks, folder, operating, mailbox, rehearsal, live } = web;
    let csrf = CsrfLayer::new().add_trusted_origin(origin(&url))?.with_rejection_response(foreign);
    let answered = Arc::clone(&operating.answered);
    let (pages, hooks) = (Pages::new()?, Hooks::new(webhooks));
    let site = Arc::new(Site { engine, url, pages, hooks, folder, operating, mailbox, rehearsal, live });
    // A rehearsal's newsroom is nobody's but the team's.
    let rehearsed = site.engine.standing().setting == Setting::Rehearsal;
    let (open, closed) =
        if rehearsed { (public(), private().merge(newsroom())) } else { (public().merge(newsroom()), private()) };
    let private = closed.route_layer(from_fn_with_state(Arc::clone(&site), session::required));
    let mut routes = open.merge(private);
    if site.mailbox.is_some() {
        routes = routes.merge(demo_only());
    }
    let routes = routes
        .fallback(nowhere)
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(csrf)
        .layer(from_fn_with_state(Arc::clone(&site), problem::shown))
        .layer(CatchPanicLayer::custom(|_| problem::panicked()))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_WITHIN));
    Ok(with_headers(routes, &site).layer(from_fn_with_state(answered, metrics::counted)).with_state(site))
}

/// What is served at the operator's own address, where nobody signs in: numbers and states, and no page.
pub fn operating_router(operating: Operating) -> Router {
    Router::new()
        .route("/metrics", get(metrics::page))
        .route("/health", get(health::parts))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_WITHIN))
        .with_state(operating)
}

/// What needs no session. Nothing else is served without one.
fn public() -> Router<Arc<Site>> {
    Router::new()
        .route("/style.css", get(pages::style))
        .route("/a/{token}", get(approval::page).post(approval::answer))
        .route("/sign-in", get(sign_in::page).post(sign_in::ask))
        .route("/sign-in/{token}", get(sign_in::code_page).post(sign_in::enter))
        .route("/rehearsal", any(beneath::rehearsal))
        .route("/rehearsal/", any(beneath::rehearsal))
        .route("/rehearsal/{*path}", any(beneath::rehearsal))
        .route("/health", get(health::ready))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/in/{*path}", post(webhook::deliver).layer(DefaultBodyLimit::max(BODY_BYTES_MAX)))
}

fn newsroom() -> Router<Arc<Site>> {
    Router::new()
        .route("/newsroom", get(newsroom::page))
        .route("/newsroom/feed.atom", get(newsroom::feed))
        .route("/newsroom/{incident}/{statement}", get(newsroom::statement))
}

/// Only where mail goes into the built-in mailbox: the machine's own demo.
fn demo_only() -> Router<Arc<Site>> {
    Router::new()
        .route("/demo", get(demo::page))
        .route("/demo/be/{person}", post(demo::be))
        .route("/mailbox", get(mailbox::page))
        .route("/mailbox/{number}", get(mailbox::letter))
        .route("/mailbox/{number}/html", get(mailbox::html))
}

fn private() -> Router<Arc<Site>> {
    Router::new()
        .route("/", get(desk::page))
        .route("/feeds", get(feeds::page))
        .route("/metrics", get(metrics::page))
        .route("/health/parts", get(health::parts))
        .route("/open", post(desk::open))
        .route("/posting", post(desk::posting))
        .route("/watches", get(watches::page))
        .route("/watches/silence", post(watches::silence))
        .route("/watches/silence/{number}/end", post(watches::end_silence))
        .route("/sign-out", post(sign_in::out))
        .route("/reports", get(report::list))
        .route("/rehearsals", get(rehearsals::list))
        .route("/rehearsals/{id}", get(rehearsals::page))
        .route("/incident/{id}", get(incident::page))
        .route("/incident/{id}/report", get(report::page))
        .route("/incident/{id}/report.md", get(report::download))
        .route("/incident/{id}/verify", post(acts::verify))
        .route("/incident/{id}/claim", post(acts::claim))
        .route("/incident/{id}/severity", post(acts::severity))
        .route("/incident/{id}/stand-down", post(acts::stand_down))
        .route("/incident/{id}/close", post(acts::close))
        .route("/incident/{id}/playbook", post(acts::playbook))
        .route("/incident/{id}/switch", post(acts::switch))
        .route("/incident/{id}/link", post(acts::link))
        .route("/incident/{id}/merge", post(acts::merge))
        .route("/incident/{id}/lesson", post(lessons::add))
        .route("/incident/{id}/lesson/{lesson}/done", post(lessons::done))
        .route("/incident/{id}/change/{change}", post(acts::change))
        .route("/incident/{id}/fact/{fact}", post(acts::fact))
        .route("/incident/{id}/task/{step}", post(acts::task))
        .route("/incident/{id}/statement/{step}/edit", post(statement::edit))
        .route("/incident/{id}/statement/{step}/redraft", post(statement::redraft))
        .route("/incident/{id}/hand-over", post(acts::hand_over))
        .route("/incident/{id}/accept", post(acts::accept))
        .route("/incident/{id}/begin", post(acts::begin))
        .route("/incident/{id}/skip", post(acts::skip))
        .route("/incident/{id}/add-task", post(acts::add_task))
        .route("/incident/{id}/story", post(acts::story))
        .route("/incident/{id}/statement/{step}/used", post(statement::used))
        .route("/incident/{id}/statement/{step}/says", post(statement::says))
        .route("/incident/{id}/statement/{step}/say-now", post(statement::say_now))
        .route("/incident/{id}/statement/{step}/ask", post(statement::ask_again))
        .route("/incident/{id}/statement/{step}/lift", post(statement::lift))
        .route("/incident/{id}/statement/{step}/posted", post(statement::posted_by_hand))
        .route("/incident/{id}/statement/{step}/settle", post(statement::settle))
        .route("/incident/{id}/statement/{step}/take-down", post(statement::take_down))
        .route("/incident/{id}/statement/{step}/correct", post(statement::correct))
}

/// Said on every answer, also on refusals; a page may say something stricter or looser of its own.
fn with_headers(routes: Router<Arc<Site>>, site: &Arc<Site>) -> Router<Arc<Site>> {
    let set = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    let routes = routes
        .layer(set(header::CONTENT_SECURITY_POLICY, POLICY))
        .layer(set(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set(header::REFERRER_POLICY, "no-referrer"))
        .layer(set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
        .layer(set(header::CACHE_CONTROL, "no-store"))
        .layer(from_fn_with_state(Arc::clone(site), no_robots));
    if site.is_https() { routes.layer(set(header::STRICT_TRANSPORT_SECURITY, HTTPS_FOR)) } else { routes }
}

/// Search engines may keep the newsroom and nothing else; nothing at all of a rehearsal.
async fn no_robots(
    State(site): State<Arc<Site>>,
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> Response {
    let live = site.engine.standing().setting == Setting::Live;
    let newsroom = live && request.uri().path().starts_with("/newsroom");
    let mut response = next.run(request).await;
    if !newsroom {
        let value = HeaderValue::from_static("noindex");
        response.headers_mut().insert(HeaderName::from_static("x-robots-tag"), value);
    }
    response
}

fn foreign<B>(_: ProtectionError) -> axum::http::Response<B>
where
    B: From<&'static str> + Default,
{
    let words =
        "This form was sent from another site, so it was not taken. Open the page itself and send it from there.";
    let mut response = axum::http::Response::new(B::from(words));
    *response.status_mut() = StatusCode::FORBIDDEN;
    response
}

async fn nowhere() -> Response {
    Problem::not_found("There is no such page.").into_response()
}

/// Scheme, host and port of an address.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find('/').map_or(url.len(), |at| host + at);
    &url[..end]
}
