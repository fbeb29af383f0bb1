//! `holdline run`: the daemon.

use std::convert::Infallible;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::service::ServiceManager;
use super::{check, log, out};
use crate::app::{App, Mode};
use crate::config::Need;
use crate::engine::Clock;

#[derive(Debug, Args)]
#[command(after_help = "\
HOLDLINE_LOG sets how much is logged, as in HOLDLINE_LOG=holdline=debug.\n\n\
SIGHUP takes up the changed folder; SIGTERM stops: what is under way is finished within seconds, and what is not comes \
again at the next start. Where a service manager asks for it, Holdline says when it is ready, reloading and stopping, and \
that it lives (sd_notify).")]
pub(super) struct Options {
    /// The folder with holdline.yaml, playbooks and templates
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// How log lines are written
    #[arg(long, value_name = "FORMAT", env = "HOLDLINE_LOG_FORMAT", default_value = "plain")]
    log: log::Format,
}

pub(super) fn run(options: &Options) -> ExitCode {
    log::begin("holdline=info,warn", options.log);
    let Some(config) = check::load(&options.folder, Need::Run) else { return ExitCode::FAILURE };
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
    if let Some(address) = app.metrics {
        tracing::info!(%address, "metrics and health are told");
    }
    app.follow_folder();
    let manager = ServiceManager::of_environment();
    manager.ready();
    let code = tokio::select! {
        never = look_when_asked(&app, &manager) => match never {},
        never = manager.live(&app.engine) => match never {},
        () = asked_to_stop() => ExitCode::SUCCESS,
        () = app.engine.writer_ended() => {
            // Nothing can be written down any more: whoever looks after the service starts it anew from the record.
            out::fail("the writer ended by itself; the record stands as it was committed")
        }
    };
    tracing::info!("Holdline is stopping");
    manager.stopping();
    app.stop().await;
    tracing::info!("Holdline has stopped");
    code
}

/// Looks at the folder whenever a service manager asks for it (SIGHUP).
async fn look_when_asked(app: &App, manager: &ServiceManager) -> Infallible {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::hangup()) {
        Ok(mut signals) => loop {
            signals.recv().await;
            manager.reloading();
            app.look_at_folder().await;
            manager.ready();
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
