//! `holdline run`: the daemon.

use std::convert::Infallible;
use std::path::Path;
use std::process::ExitCode;

use super::{check, log, out};
use crate::app::{App, Mode};
use crate::config::Need;
use crate::engine::Clock;

pub(super) fn run(folder: &Path) -> ExitCode {
    log::begin("holdline=info,warn");
    let Some(config) = check::load(folder, Need::Run) else { return ExitCode::FAILURE };
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(serve(config)),
        Err(error) => out::fail(error),
    }
}

async fn serve(config: crate::config::Config) -> ExitCode {
    let app = match App::start(config, Mode::Live, Clock::System).await {
        Ok(app) => app,
        Err(error) => return out::fail(error),
    };
    tracing::info!(address = %app.address, url = %app.engine.standing().url, "Holdline is running");
    app.follow_folder();
    let code = tokio::select! {
        never = look_when_asked(&app) => match never {},
        () = asked_to_stop() => ExitCode::SUCCESS,
        () = app.engine.writer_ended() => {
            // Nothing can be written down any more: whoever looks after the service starts it anew from the record.
            out::fail("the writer ended by itself; the record stands as it was committed")
        }
    };
    tracing::info!("Holdline is stopping");
    app.stop().await;
    code
}

/// Looks at the folder whenever a service manager asks for it (SIGHUP).
async fn look_when_asked(app: &App) -> Infallible {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::hangup()) {
        Ok(mut signals) => loop {
            signals.recv().await;
            app.look_at_folder().await;
        },
        Err(_) => std::future::pending().await,
    }
}

/// Returns on Ctrl-C, or on what a service manager sends.
pub(super) async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signals) => {
                signals.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
