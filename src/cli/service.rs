//! Tells the service manager how it goes: ready, reloading, stopping, and from time to time that it lives. By the
//! protocol of sd_notify(3): datagrams to the socket that `$NOTIFY_SOCKET` names. Without one nobody is told.

use std::convert::Infallible;
use std::env;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::process;
use std::time::Duration;

use crate::engine::Engine;

/// What stands at the beginning of a name that no file has.
const ABSTRACT: u8 = b'@';

pub(super) struct ServiceManager {
    socket: Option<UnixDatagram>,
    /// How long it may hear nothing before it starts us anew.
    patience: Option<Duration>,
}

impl ServiceManager {
    pub(super) fn of_environment() -> Self {
        let named = env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty());
        let socket = named.and_then(|name| {
            connect(name.as_bytes())
                .inspect_err(|error| tracing::warn!(%error, "the service manager cannot be told anything"))
                .ok()
        });
        Self { socket, patience: patience() }
    }

    pub(super) fn ready(&self) {
        self.say("READY=1\nSTATUS=Listening.");
    }

    pub(super) fn reloading(&self) {
        self.say("RELOADING=1\nSTATUS=Taking up the changed folder.");
    }

    pub(super) fn stopping(&self) {
        self.say("STOPPING=1\nSTATUS=Finishing what is under way.");
    }

    /// Says that it lives, as long as the writer answers, whatever it answers: a full disk is no reason to start anew.
    pub(super) async fn live(&self, engine: &Engine) -> Infallible {
        let Some(patience) = self.patience.filter(|_| self.socket.is_some()) else {
            return std::future::pending().await;
        };
        loop {
            if tokio::time::timeout(patience / 2, engine.check()).await.is_ok() {
                self.say("WATCHDOG=1");
            } else {
                tracing::error!("the writer does not answer; the service manager is not told that it lives");
            }
            tokio::time::sleep(patience / 3).await;
        }
    }

    fn say(&self, state: &str) {
        let sent = self.socket.as_ref().map(|socket| socket.send(state.as_bytes()));
        if let Some(Err(error)) = sent {
            tracing::warn!(%error, "the service manager could not be told");
        }
    }
}

fn connect(name: &[u8]) -> io::Result<UnixDatagram> {
    let address = match name.split_first() {
        Some((&ABSTRACT, name)) => SocketAddr::from_abstract_name(name)?,
        Some(_) | None => SocketAddr::from_pathname(std::ffi::OsStr::from_bytes(name))?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.connect_addr(&address)?;
    Ok(socket)
}

/// The watchdog's time, where it is meant for this process.
fn patience() -> Option<Duration> {
    let meant = env::var("WATCHDOG_PID").map_or(true, |pid| pid == process::id().to_string());
    let microseconds = env::var("WATCHDOG_USEC").ok()?.parse().ok()?;
    (meant && microseconds > 0).then(|| Duration::from_micros(microseconds))
}
