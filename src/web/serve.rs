//! Serving connections: so many at once, each with a bound on how long its headers may take.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// How long a request's headers may take to come, also the first of a connection.
pub const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// Connections at once; whoever comes then waits in the kernel's queue.
pub const CONNECTIONS_MAX: usize = 1_024;
/// How long answers under way may take once Holdline is to stop.
const STOP_WITHIN: Duration = Duration::from_secs(5);
/// Waits after an accept that failed, as when there are no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// One for each connection that may be open.
pub type Places = Arc<Semaphore>;

pub fn places() -> Places {
    Arc::new(Semaphore::new(CONNECTIONS_MAX))
}

/// Serves until `stop`, then lets answers under way end.
pub async fn serve(listener: TcpListener, router: Router, places: Places, stop: CancellationToken) {
    let graceful = GracefulShutdown::new();
    loop {
        let taken = tokio::select! {
            () = stop.cancelled() => break,
            taken = accept(&listener, &places) => taken,
        };
        match taken {
            Some((stream, place)) => connect(stream, place, router.clone(), &graceful),
            None => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
    if tokio::time::timeout(STOP_WITHIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("some answers were still under way when Holdline stopped");
    }
}

async fn accept(listener: &TcpListener, places: &Places) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(error) => {
            tracing::warn!(%error, "a connection could not be taken");
            None
        }
    }
}

fn connect(stream: TcpStream, place: OwnedSemaphorePermit, router: Router, graceful: &GracefulShutdown) {
    // Answers are small; waiting to fill a packet only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps its delay");
    }
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
    let served = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let served = graceful.watch(served);
    tokio::spawn(async move {
        if let Err(error) = served.await {
            tracing::debug!(%error, "a connection ended early");
        }
        drop(place);
    });
}
