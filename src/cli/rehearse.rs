//! `holdline rehearse`: a playbook in simulated time with a cast that answers. Nothing is sent, and no socket is opened.

mod keep;
mod print;
mod team;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use self::keep::{Ended, Kept};
use self::print::Printer;
use super::{check, log, out};
use crate::app::Rehearsed;
use crate::config::{Config, Look, Need, scenario};
use crate::core::name::{PersonId, PlaybookName};
use crate::core::period::{Period, PeriodError};
use crate::core::playbook::{FactKind, FactValue};
use crate::core::rehearsal::{Found, Scenario, find, score};
use crate::core::rules::Rules;
use crate::engine::NO_PLAYBOOK;
use crate::rehearsal::{Play, PlayError, without_a_scenario};
use crate::report::document;

/// Faster than anybody reads; more makes no difference.
const SPEED_MAX: u32 = 100_000;

/// Injects are invented for a cast. Real people are not made silent, and their mail server is not taken down.
const NO_SCENARIO_WITH_THE_TEAM: &str = "a scenario is for the cast; with the team real people answer, and the calls and news \
    of a scenario are told them by whoever leads the exercise. Leave out --scenario, or leave out --with-team";

#[derive(Debug, Args)]
#[command(after_help = "\
Everybody answers after two minutes, unless the scenario says otherwise: they claim, confirm facts, do tasks, approve. \
Scenarios are files playbooks/scenarios/NAME.yaml of the folder; `holdline check` reads them too, and docs/reference.md \
explains every key. No secret is read, no mail is sent, nothing is posted.

Exit codes: 0 everything that the scenario expects happened; 1 something of it did not, or the rehearsal could not be \
played; 2 the command line cannot be read.")]
pub(super) struct Options {
    /// The playbook to rehearse
    #[arg(required_unless_present_any = ["list", "stop"])]
    playbook: Option<String>,
    /// The folder with holdline.yaml, playbooks and templates
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// A scenario: the name of one in playbooks/scenarios, or a file
    #[arg(long, value_name = "NAME|FILE")]
    scenario: Option<String>,
    /// How much faster than the clock time goes by, as in 60x; without it, as fast as this machine can
    #[arg(long, value_name = "60x", value_parser = speed)]
    speed: Option<u32>,
    /// When it begins, as in \"2026-12-24 22:00\"; now, unless said
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// With the real people and their mailboxes, in the running daemon: announced by mail, stamped, ended by a live incident
    #[arg(long, conflicts_with_all = ["speed", "at", "out"])]
    with_team: bool,
    /// With the team: how long after the announcement it begins, as in 2h; 10m, unless said
    #[arg(long = "in", value_name = "TIME", value_parser = period, requires = "with_team")]
    after: Option<Period>,
    /// With the team: who opens the incident; whoever would be alerted first, unless said
    #[arg(long, value_name = "PERSON", requires = "with_team")]
    by: Option<String>,
    /// The rehearsals with the team that took place, and how they went
    #[arg(long, conflicts_with_all = ["with_team", "scenario", "speed", "at", "out", "stop"])]
    list: bool,
    /// End the rehearsal with the team that is announced or under way
    #[arg(long, conflicts_with_all = ["with_team", "scenario", "speed", "at", "out"])]
    stop: bool,
    /// A new folder for report, timeline, score, mails (.eml, .html, .txt), drafts and posts
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn speed(text: &str) -> Result<u32, String> {
    let number = text.strip_suffix('x').and_then(|number| number.parse().ok());
    let fits = number.filter(|number| (1..=SPEED_MAX).contains(number));
    fits.ok_or_else(|| format!("`{text}` is not a speed; write it as in 60x"))
}

fn period(text: &str) -> Result<Period, PeriodError> {
    Period::parse(text)
}

pub(super) fn run(options: &Options) -> ExitCode {
    log::begin("holdline=error,error", log::Format::Plain);
    if options.with_team && options.scenario.is_some() {
        return out::fail(NO_SCENARIO_WITH_THE_TEAM);
    }
    if options.with_team || options.list || options.stop {
        return team::run(options);
    }
    let Some(config) = check::load(&options.folder, Need::Rehearsal) else { return ExitCode::FAILURE };
    let begins = match begins(options.at.as_deref(), &config.organisation.zone()) {
        Ok(at) => at,
        Err(why) => return out::fail(why),
    };
    let scenario = match chosen(options, &config, begins) {
        Ok(scenario) => scenario,
        Err(code) => return code,
    };
    // No driver for sockets is there at all.
    match tokio::runtime::Builder::new_current_thread().enable_time().build() {
        Ok(runtime) => match runtime.block_on(rehearse(options, config, scenario, begins)) {
            Ok(code) => code,
            Err(why) => out::fail(why),
        },
        Err(error) => out::fail(error),
    }
}

/// The scenario that is named, or the one in which everybody answers.
fn chosen(options: &Options, config: &Config, begins: Timestamp) -> Result<Scenario, ExitCode> {
    let playbook = PlaybookName::from(options.playbook.as_deref().unwrap_or_default());
    let Some(rules) = config.rules.get(&playbook) else {
        let names = config.rules.keys().map(PlaybookName::as_str).filter(|name| *name != NO_PLAYBOOK);
        let there = names.collect::<Vec<_>>().join(", ");
        return Err(out::fail(format_args!("there is no playbook called {playbook}; there are {there}")));
    };
    let Some(named) = &options.scenario else {
        let lead = first_alerted(rules, config, begins)
            .ok_or_else(|| out::fail("nobody could be alerted by this playbook"))?;
        return Ok(without_a_scenario(&playbook, &lead));
    };
    let found = match config.scenarios.get(named) {
        Some(found) => found.clone(),
        None if !Path::new(named).exists() => return Err(out::fail(no_such_scenario(named, config))),
        None => scenario(Path::new(named), config).map_err(|problems| {
            check::show(&problems, Look::Marked);
            ExitCode::FAILURE
        })?,
    };
    if found.playbook != playbook {
        let why = format_args!("this scenario is of the playbook {}, not of {playbook}", found.playbook);
        return Err(out::fail(why));
    }
    Ok(found)
}

fn no_such_scenario(named: &str, config: &Config) -> String {
    let there: Vec<&str> = config.scenarios.keys().map(String::as_str).collect();
    let there = if there.is_empty() { "none in playbooks/scenarios".to_owned() } else { there.join(", ") };
    format!("there is no scenario called {named}, and no such file; there are {there}")
}

fn first_alerted(rules: &Rules, config: &Config, at: Timestamp) -> Option<PersonId> {
    let day = at.to_zoned(config.organisation.zone()).date();
    let to = rules.playbook.alerts().flat_map(|(_, alert)| &alert.to);
    let mut seats = to.flat_map(|role| config.roster.seats(role.as_str(), day));
    seats.next().map(|seat| seat.person)
}

/// The full minute at which it begins.
fn begins(written: Option<&str>, zone: &TimeZone) -> Result<Timestamp, String> {
    let at = match written.map(|written| FactKind::Datetime.parse(written, zone)) {
        None => Timestamp::now(),
        Some(Ok(FactValue::Datetime(at))) => at,
        Some(Ok(FactValue::Text(_) | FactValue::Number(_) | FactValue::Phone(_) | FactValue::Link(_))) => {
            return Err("this is not a time; write it as in 2026-12-24 22:00".to_owned());
        }
        Some(Err(error)) => return Err(error.to_string()),
    };
    let minute = at.as_second().div_euclid(60) * 60;
    Timestamp::from_second(minute).map_err(|error| error.to_string())
}

async fn rehearse(
    options: &Options,
    config: Config,
    scenario: Scenario,
    begins: Timestamp,
) -> Result<ExitCode, String> {
    let kept = options.out.as_deref().map(Kept::begin).transpose()?;
    let store = tempfile::Builder::new().prefix("holdline-rehearsal-").tempdir();
    let store = store.map_err(|error| format!("no temporary folder could be made: {error}"))?;
    let (organisation, roster) = (config.organisation.clone(), config.roster.clone());
    let rehearsed = Rehearsed::start(config, store.path(), begins).map_err(|error| error.to_string())?;
    let mut printer = Printer::new(&organisation, begins);
    printer.head(&scenario);
    let played = play(options.speed, &rehearsed, scenario.clone(), &mut printer).await;
    let finished = match played {
        Ok(play) => {
            let ended = ended(&rehearsed, &play).await.map_err(|error| error.to_string())?;
            let retold = ended.retold.as_ref();
            let found: Vec<Found> = scenario.expect.iter().map(|expected| find(expected, retold)).collect();
            printer.expectations(&found, &roster);
            printer.came_to_nothing(&play.came_to_nothing());
            let scored = retold.map(score);
            printer.score(scored.as_ref(), &roster);
            printer.not_posted(&rehearsed.engine, play.incident(), scored.as_ref());
            let opened = retold.is_some();
            if let Some(kept) = kept {
                kept.keep(&rehearsed, &ended, printer.lines())?;
                out::line(format_args!(
                    "\nThe report (report.html, report.md), mails, drafts, posts, timeline and score are in {}.",
                    kept.folder().display()
                ));
            }
            let met = opened && found.iter().all(|found| found.met);
            Ok(if met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Err(why) => Err(why),
    };
    rehearsed.stop().await;
    finished
}

async fn ended(rehearsed: &Rehearsed, play: &Play) -> Result<Ended, PlayError> {
    let report = match play.incident() {
        Some(id) => Some(rehearsed.engine.report(id).await?),
        None => None,
    };
    let report = report.map(|made| document(&made.report, &made.quotes));
    Ok(Ended { retold: play.retold()?, report })
}

/// Plays to the end, printing what happens as it happens.
async fn play(
    speed: Option<u32>,
    rehearsed: &Rehearsed,
    scenario: Scenario,
    printer: &mut Printer,
) -> Result<Play, String> {
    let Rehearsed { engine, clock, mailbox, stage, .. } = rehearsed;
    let begun = Play::begin(engine.clone(), clock.clone(), mailbox.clone(), stage.clone(), scenario).await;
    let mut play = begun.map_err(|error| error.to_string())?;
    loop {
        let next = play.act().await.map_err(|error| error.to_string())?;
        let timeline = match play.incident() {
            Some(id) => engine.timeline(id).map_err(|error| error.to_string())?,
            None => Vec::new(),
        };
        printer.happened(play.take_told(), &timeline);
        printer.progress(engine, play.incident(), mailbox.all().len());
        let Some(next) = next else { return Ok(play) };
        if let Some(speed) = speed {
            tokio::time::sleep(real(next.duration_since(clock.now()), speed)).await;
        }
        play.go_to(next).await.map_err(|error| error.to_string())?;
    }
}

/// How long a simulated span takes.
fn real(span: SignedDuration, speed: u32) -> Duration {
    Duration::try_from(span).unwrap_or_default() / speed.max(1)
}
