//! `holdline demo`: the whole chain on this machine. Nothing to configure, nothing leaves it.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;

use super::demo_player::Player;
use super::run::StopAsked;
use super::{log, out};
use crate::app::{App, Mode, StartError};
use crate::config::{Config, Look, Need, SAMPLE_KEY_FILE, load, report, sample};
use crate::engine::Clock;
use crate::mail::Mailbox;

const KEY_BYTES: usize = 32;
const MAIL_FROM: &str = "Riverside Holdline <holdline@riverside.example>";

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Play all the parts by itself, print the timeline as it happens, and succeed only if a statement was posted
    #[arg(long)]
    unattended: bool,
    /// Where to serve the pages; another free port is taken where this one is in use
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

pub(super) fn run(options: &Options) -> ExitCode {
    log::begin("holdline=error,error", log::Format::Plain);
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(play(options)),
        Err(error) => out::fail(error),
    }
}

async fn play(options: &Options) -> ExitCode {
    let folder = match tempfile::Builder::new().prefix("holdline-demo-").tempdir() {
        Ok(folder) => folder,
        Err(error) => return out::fail(format_args!("no temporary folder could be made: {error}")),
    };
    let (app, mailbox) = match start(folder.path(), options).await {
        Ok(started) => started,
        Err(why) => return out::fail(why),
    };
    let code = if options.unattended {
        match Player::new(&app.engine, app.address, mailbox).play().await {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => out::fail(why),
        }
    } else {
        let stop_asked = StopAsked::listen();
        explain(app.address);
        stop_asked.wait().await;
        ExitCode::SUCCESS
    };
    app.stop().await;
    code
}

async fn start(folder: &Path, options: &Options) -> Result<(App, Mailbox), String> {
    write_sample(folder).map_err(|error| format!("the sample could not be written: {error}"))?;
    let mailbox = Mailbox::new(MAIL_FROM).map_err(|error| error.to_string())?;
    let attempt = |address: SocketAddr| {
        let mailbox = mailbox.clone();
        async move { App::start(configuration(folder, address)?, Mode::Demo(mailbox), Clock::System).await }
    };
    let started = match attempt(options.listen).await {
        Err(StartError::Listen { .. }) => attempt(SocketAddr::new(options.listen.ip(), 0)).await,
        other => other,
    };
    started.map(|app| (app, mailbox)).map_err(|error| error.to_string())
}

fn write_sample(folder: &Path) -> io::Result<()> {
    for (name, text) in sample() {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)?;
    }
    let key: [u8; KEY_BYTES] = rand::random();
    fs::write(folder.join(SAMPLE_KEY_FILE), hex::encode(key))
}

fn configuration(folder: &Path, address: SocketAddr) -> Result<Config, StartError> {
    let mut config = load(folder, Need::WithoutMail).map(|loaded| loaded.config).map_err(|problems| {
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = report(&problems, Look::Plain, &mut text);
        StartError::Sample(text)
    })?;
    config.server.listen = address;
    config.server.url = format!("http://{address}");
    Ok(config)
}

fn explain(address: SocketAddr) {
    out::line(format_args!(
        "\
Holdline is running with an invented hospital. Everything stays on this machine.

  1. Open  http://{address}/demo  and pick who to be. Start as Ana Ruiz, the communications lead.
  2. Within a minute people begin to talk about leaked records, and Ana gets an alert by mail.
     Read it, open the incident, say that it is real, and claim it.
  3. Fill in and confirm the facts (Chi Nwosu confirms when the hospital learned of it).
  4. Be the people who are asked: read their mail, open its link, type its code, approve.
  5. See the statement at  http://{address}/newsroom , then stand the incident down.

  Mail of everybody:  http://{address}/mailbox
  Incidents:          http://{address}/

Ctrl-C ends it and removes everything. `holdline demo --unattended` plays all the parts by itself."
    ));
}
