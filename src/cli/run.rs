//! `holdline run`: the daemon.

use std::convert::Infallible;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{check, log, out};
use crate::app::{App, Mode, StartError};
use crate::config::{Config, Need};
use crate::engine::Clock;
use crate::mail::Mailbox;

/// From whom the letters of a dry run are.
const DRY_FROM: &str = "Holdline rehearsal <holdline@rehearsal.invalid>";

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The folder with holdline.yaml, playbooks and templates
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// A rehearsal with the real feeds: mail goes into a mailbox page on this machine, nothing is posted anywhere, no
    /// credential of a channel is read, and the store is one of its own
    #[arg(long)]
    dry_run: bool,
    /// Where a dry run serves its pages, on 127.0.0.1; another free port is taken where this one is in use
    #[arg(long, value_name = "PORT", default_value_t = 8081, requires = "dry_run")]
    port: u16,
}

pub(super) fn run(options: &Options) -> ExitCode {
    log::begin("holdline=info,warn");
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(start(options)),
        Err(error) => out::fail(error),
    }
}

async fn start(options: &Options) -> ExitCode {
    let need = if options.dry_run { Need::DryRun } else { Need::Run };
    let load = || check::load(&options.folder, need);
    let Some(config) = load() else { return ExitCode::FAILURE };
    let started = if options.dry_run {
        match dry_run(config, options.port).await {
            // Whatever has that port, another one does as well.
            Err(StartError::Listen { .. }) => {
                let Some(config) = load() else { return ExitCode::FAILURE };
                dry_run(config, 0).await
            }
            other => other,
        }
    } else {
        App::start(config, Mode::Live, Clock::System).await
    };
    match started {
        Ok(app) => serve(app).await,
        Err(error) => out::fail(error),
    }
}

async fn dry_run(config: Config, port: u16) -> Result<App, StartError> {
    let mailbox = Mailbox::new(DRY_FROM)?;
    let app = App::start(config, Mode::DryRun(mailbox, port), Clock::System).await?;
    out::line(format_args!(
        "\
This is a rehearsal with the real feeds. Everything is stamped, and nothing is mailed or posted to anybody.

  Be anybody:         http://{address}/demo
  Mail of everybody:  http://{address}/mailbox
  Incidents:          http://{address}/

Ctrl-C ends it.",
        address = app.address
    ));
    Ok(app)
}

async fn serve(app: App) -> ExitCode {
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
