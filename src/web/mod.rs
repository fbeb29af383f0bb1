//! The web: what people open in a browser, and where others deliver mentions. Reads the board; writes only through the engine.

mod acts;
mod approval;
mod beneath;
mod board;
mod demo;
mod desk;
mod exposition;
mod feeds;
mod health;
mod incident;
mod lessons;
mod mailbox;
mod metrics;
mod newsroom;
mod now;
mod others;
mod pages;
mod problem;
mod rehearsals;
mod report;
mod router;
mod serve;
mod session;
mod sign_in;
mod statement;
mod statement_view;
mod watches;
mod webhook;

use std::sync::Arc;

use axum::extract::FromRef;
use tokio::sync::watch;

pub use self::beneath::{Beneath, Inside, REHEARSAL_PATH};
use self::metrics::Answered;
use self::pages::Pages;
pub use self::router::{WebError, operating_router, router};
pub use self::serve::{CONNECTIONS_MAX, HEADERS_WITHIN, Places, places, serve};
use self::webhook::Hooks;
pub use self::webhook::Webhooks;
use crate::engine::{Engine, FolderState};
use crate::mail::Mailbox;

/// What the web is put together from.
#[derive(Clone)]
pub struct Web {
    pub engine: Engine,
    /// What people open, without a slash at its end.
    pub url: String,
    /// Those of the folder of now.
    pub webhooks: watch::Receiver<Webhooks>,
    pub folder: watch::Receiver<FolderState>,
    pub operating: Operating,
    /// The built-in mailbox. Where it is given, its pages and the demo's are there too.
    pub mailbox: Option<Mailbox>,
    /// The site of rehearsals with the team, beneath a path of this one. A rehearsal has none of its own.
    pub rehearsal: Option<Beneath>,
    /// The live one, beside which this one rehearses with the team.
    pub live: Option<Engine>,
}

/// What metrics and health are told from.
#[derive(Clone)]
pub struct Operating {
    engine: Engine,
    folder: watch::Receiver<FolderState>,
    answered: Arc<Answered>,
    places: Places,
}

impl Operating {
    pub fn new(engine: Engine, folder: watch::Receiver<FolderState>, places: Places) -> Self {
        Self { engine, folder, answered: Arc::default(), places }
    }
}

/// What every page is served from.
struct Site {
    engine: Engine,
    url: String,
    pages: Pages,
    hooks: Hooks,
    folder: watch::Receiver<FolderState>,
    operating: Operating,
    mailbox: Option<Mailbox>,
    rehearsal: Option<Beneath>,
    live: Option<Engine>,
}

impl FromRef<Arc<Site>> for Operating {
    fn from_ref(site: &Arc<Site>) -> Self {
        site.operating.clone()
    }
}

impl Site {
    fn is_https(&self) -> bool {
        self.url.starts_with("https://")
    }
}
