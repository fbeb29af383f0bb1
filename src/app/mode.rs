//! Live, demo or rehearsal: where mail goes, what the run reaches the public with, and so what everything is stamped as.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use jiff::Timestamp;

use super::channels::connect;
use super::{StartError, post_office};
use crate::channel::{Outside, Stage};
use crate::config::{Config, Need};
use crate::core::setting::Setting;
use crate::engine::{Engine, Hands, LiveHands};
use crate::mail::{Mailbox, Post, Smtp};
use crate::net::Http;
use crate::pager::Pager;

/// Decided once, where the program is put together.
#[derive(Clone)]
pub enum Mode {
    /// Mail leaves by SMTP.
    Live,
    /// Mail stays in a built-in mailbox that anybody at this machine can read, and visitors pick who to be.
    Demo(Mailbox),
    /// A rehearsal with the real feeds: mail stays in the built-in mailbox, and no channel is there at all. Pages are
    /// served on this machine alone, at this port.
    DryRun(Mailbox, u16),
}

impl Mode {
    pub(super) fn setting(&self) -> Setting {
        match self {
            Self::Live | Self::Demo(_) => Setting::Live,
            Self::DryRun(..) => Setting::Rehearsal,
        }
    }

    /// What the folder is read for.
    pub(super) fn need(&self) -> Need {
        match self {
            Self::Live => Need::Run,
            Self::Demo(_) => Need::WithoutMail,
            Self::DryRun(..) => Need::DryRun,
        }
    }

    /// Whether rehearsals with the team may run beside it.
    pub(super) fn rehearses_with_the_team(&self) -> bool {
        match self {
            Self::Live | Self::Demo(_) => true,
            Self::DryRun(..) => false,
        }
    }

    /// The mailbox in place of mail, where there is one.
    pub(super) fn mailbox(&self) -> Option<&Mailbox> {
        match self {
            Self::Live => None,
            Self::Demo(mailbox) | Self::DryRun(mailbox, _) => Some(mailbox),
        }
    }

    /// Where pages are served. Where anybody may be anybody, only this machine is listened to.
    pub(super) fn listen(&self, config: &Config) -> Result<SocketAddr, StartError> {
        match self {
            Self::Live => Ok(config.server.listen),
            Self::Demo(_) if config.server.listen.ip().is_loopback() => Ok(config.server.listen),
            Self::Demo(_) => Err(StartError::NotThisMachine(config.server.listen)),
            Self::DryRun(_, port) => Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), *port)),
        }
    }

    /// Where metrics and health are told without a session. A rehearsal leaves that to the daemon that it runs beside.
    pub(super) fn metrics(&self, config: &Config) -> Option<SocketAddr> {
        match self {
            Self::Live | Self::Demo(_) => config.server.metrics,
            Self::DryRun(..) => None,
        }
    }

    /// What mails link to.
    pub(super) fn url(&self, config: &Config, address: SocketAddr) -> String {
        match self {
            Self::Live | Self::Demo(_) => match config.server.url.strip_suffix(":0") {
                // Port 0 is the port that was given to us.
                Some(host) => format!("{host}:{}", address.port()),
                None => config.server.url.clone(),
            },
            Self::DryRun(..) => format!("http://{address}"),
        }
    }

    /// Where mail goes: to the server of the settings, or into the built-in mailbox.
    pub(super) fn post(&self, config: &Config) -> Result<Post, StartError> {
        Ok(match self {
            Self::Live => Post::Smtp(Box::new(Smtp::new(config.mail.as_ref().ok_or(StartError::NoMail)?)?)),
            Self::Demo(mailbox) | Self::DryRun(mailbox, _) => Post::Capture(mailbox.clone()),
        })
    }

    /// What feeds are fetched with; a demo fetches nothing.
    pub(super) fn feeds_with(&self) -> Result<Option<Http>, StartError> {
        Ok(match self {
            Self::Live | Self::DryRun(..) => Some(Http::new()?),
            Self::Demo(_) => None,
        })
    }

    /// What this run reaches the public with, as the folder is by now. A rehearsal goes on with the stage it has.
    pub(super) fn hands(&self, config: &Config, with: Parted<'_>, since: Timestamp) -> Hands {
        let pager =
            with.http.zip(config.pager.as_ref()).map(|(http, settings)| Pager::new(http.clone(), settings.clone()));
        let outside = match self {
            Self::Live => Outside { http: with.http.cloned(), post_office: Some(post_office(with.post, with.engine)) },
            Self::Demo(_) => Outside { http: None, post_office: Some(post_office(with.post, with.engine)) },
            Self::DryRun(..) => return Hands::Rehearsal(Stage::default()),
        };
        let channels = connect(&config.channels, &config.written.channels, &outside, since);
        Hands::Live(LiveHands { channels, outside, pager })
    }
}

/// What hands are made with, beside the folder.
#[derive(Clone, Copy)]
pub(super) struct Parted<'a> {
    pub(super) http: Option<&'a Http>,
    pub(super) post: &'a Arc<Post>,
    pub(super) engine: &'a Engine,
}
