//! The web: what people open in a browser, and where others deliver mentions. Reads the board; writes only through the engine.

mod acts;
mod approval;
mod board;
mod demo;
mod desk;
mod feeds;
mod health;
mod incident;
mod lessons;
mod mailbox;
mod newsroom;
mod now;
mod pages;
mod problem;
mod router;
mod serve;
mod session;
mod sign_in;
mod statement;
mod statement_view;
mod watches;
mod webhook;

use tokio::sync::watch;

use self::pages::Pages;
pub use self::router::{WebError, router};
pub use self::serve::{CONNECTIONS_MAX, HEADERS_WITHIN, serve};
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
    /// The built-in mailbox. Where it is given, its pages and the demo's are there too.
    pub mailbox: Option<Mailbox>,
}

/// What every page is served from.
struct Site {
    engine: Engine,
    url: String,
    pages: Pages,
    hooks: Hooks,
    folder: watch::Receiver<FolderState>,
    mailbox: Option<Mailbox>,
}

impl Site {
    fn is_https(&self) -> bool {
        self.url.starts_with("https://")
    }
}
