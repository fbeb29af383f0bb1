//! `holdline run`: the daemon.

use std::convert::Infallible;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::service::ServiceManager;
use super::{check, log, out};
use crate::app::{App, Mode, REHEARSAL_FROM, StartError, last_good, place};
use crate::config::{Config, Look, Need, load as load_folder};
use crate::engine::Clock;
use crate::mail::Mailbox;

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
    /// A rehearsal with the real feeds: mail goes into a mailbox page on this machine, nothing is posted anywhere, no
    /// credential of a channel is read, and the store is one of its own
    #[arg(long)]
    dry_run: bool,
    /// Where a dry run serves its pages, on 127.0.0.1; another free port is taken where this one is in use
    #[arg(long, value_name = "PORT", default_value_t = 8081, requires = "dry_run")]
    port: u16,
}

pub(super) fn run(options: &Options) -> ExitCode {
    log::begin("holdline=info,warn", options.log);
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(start(options)),
        Err(error) => out::fail(error),
    }
}

/// Loads the folder. In a log for programs each warning is a line by its place alone: its words may quote a secret.
fn load(options: &Options, need: Need) -> Option<Config> {
    if options.log == log::Format::Plain {
        return check::load(&options.folder, need);
    }
    match load_folder(&options.folder, need) {
        Ok(loaded) => {
            for warning in loaded.warnings.iter().map(ToString::to_string) {
                tracing::warn!(
                    at = place(&warning),
                    "there is a warning about the folder; `holdline check` says which"
                );
            }
            Some(loaded.config)
        }
        Err(problems) => {
            check::show(&problems, Look::Plain);
            None
        }
    }
}

async fn start(options: &Options) -> ExitCode {
    let need = if options.dry_run { Need::DryRun } else { Need::Run };
    let load = || load(options, need);
    let (config, is_new) = match (load(), need) {
        (Some(config), _) => (config, true),
        (None, Need::Run) => match last_good(&options.folder) {
            Ok(config) => (config, false),
            Err(error) => return out::fail(error),
        },
        (None, _) => return ExitCode::FAILURE,
    };
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
        App::start(config, Mode::Live, Clock::System).await.map(|app| (app, String::new()))
    };
    match started {
        Ok((app, said)) => {
            if !is_new {
                // Says on the desk, in the log and to the operator what is wrong with it.
                app.look_at_folder().await;
            }
            serve(app, &said).await
        }
        Err(error) => out::fail(error),
    }
}

/// The rehearsal, and what there is to say of it once it runs.
async fn dry_run(config: Config, port: u16) -> Result<(App, String), StartError> {
    let mailbox = Mailbox::new(REHEARSAL_FROM)?;
    let store = config.store.clone();
    let app = App::start(config, Mode::DryRun(mailbox, port), Clock::System).await?;
    let said = format!(
        "\
This is a rehearsal with the real feeds. Everything is stamped, and nothing is mailed or posted to anybody.

  Be anybody:         http://{address}/demo
  Mail of everybody:  http://{address}/mailbox
  Incidents:          http://{address}/

Open an incident there, or let your feeds bring one. `holdline incident` and `holdline report` reach it with
  --store {store}

Ctrl-C ends it.",
        address = app.address,
        store = store.display()
    );
    Ok((app, said))
}

async fn serve(app: App, said: &str) -> ExitCode {
    // Listened for before anybody hears that it runs: unheard, each would end the program at once.
    let (mut hangups, stop_asked) = (signal(SignalKind::hangup()), StopAsked::listen());
    if !said.is_empty() {
        out::line(said);
    }
    tracing::info!(address = %app.address, url = %app.engine.standing().url, "Holdline is running");
    if let Some(address) = app.metrics {
        tracing::info!(%address, "metrics and health are told");
    }
    app.follow_folder();
    let manager = ServiceManager::of_environment();
    manager.ready();
    let code = tokio::select! {
        never = look_when_asked(&app, &manager, &mut hangups) => match never {},
        never = manager.live(&app.engine) => match never {},
        () = stop_asked.wait() => ExitCode::SUCCESS,
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
async fn look_when_asked(app: &App, manager: &ServiceManager, hangups: &mut io::Result<Signal>) -> Infallible {
    loop {
        next(hangups).await;
        manager.reloading();
        app.look_at_folder().await;
        manager.ready();
    }
}

/// What asks the program to stop: Ctrl-C, or what a service manager sends. From the moment of listening on neither ends it
/// in the middle of anything.
pub(super) struct StopAsked {
    terminate: io::Result<Signal>,
    interrupt: io::Result<Signal>,
}

impl StopAsked {
    pub(super) fn listen() -> Self {
        Self { terminate: signal(SignalKind::terminate()), interrupt: signal(SignalKind::interrupt()) }
    }

    pub(super) async fn wait(mut self) {
        tokio::select! {
            () = next(&mut self.terminate) => {}
            () = next(&mut self.interrupt) => {}
        }
    }
}

/// Returns at the next signal; never where it cannot be listened for.
async fn next(signals: &mut io::Result<Signal>) {
    match signals {
        Ok(signals) => drop(signals.recv().await),
        Err(_) => std::future::pending().await,
    }
}
