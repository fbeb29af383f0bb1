//! `holdline audit erase`: words taken away by law, while the record still holds and says who took them and why.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;

use super::{audit_keys, entries, folder_record};
use crate::cli::out;
use crate::core::name::PersonId;
use crate::engine::{Erase, Eraser, Plan};

#[derive(Debug, Args)]
#[command(after_help = "\
Holdline must be stopped. The entries themselves stay: what kind of thing happened, when, and a hash of what it said \
from which nothing can be read. An incident of which anything was erased is not shown any more, only that it was.\n\n\
Backups and mails hold their own copies: erase those, too, and erase again after a restore.")]
pub(in crate::cli) struct Options {
    /// The folder with holdline.yaml
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Another store than the folder's, such as that of rehearsals with the team beside it
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// Everything of this incident; it must be over
    #[arg(long, value_name = "N", conflicts_with = "entry", required_unless_present_any = ["entry", "mentions_with"])]
    incident: Option<u32>,
    /// Single entries, by their numbers; `holdline audit list` shows them
    #[arg(long, value_name = "N", num_args = 1..)]
    entry: Vec<u64>,
    /// Every stored mention with these words, whoever wrote it; `holdline audit find` shows them
    #[arg(long, value_name = "WORDS", conflicts_with_all = ["entry", "incident"])]
    mentions_with: Option<String>,
    /// Who decided it: a short name under `people:`
    #[arg(long, value_name = "PERSON")]
    by: String,
    /// Why, in one sentence; it stays in the record
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Empty the stored mentions that are quoted there, too; they still count as heard
    #[arg(long)]
    mentions: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(options: &Options) -> ExitCode {
    match erase(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Some(why)) => out::fail(why),
        Err(None) => ExitCode::FAILURE,
    }
}

/// The error is none where it was said already.
fn erase(options: &Options) -> Result<(), Option<String>> {
    let reason = options.reason.trim();
    if reason.is_empty() {
        return Err(Some("say why with --reason; it stays in the record".to_owned()));
    }
    let record = folder_record(&options.folder).ok_or(None)?;
    let by = PersonId::from(options.by.as_str());
    if !record.people.contains(&by) {
        let people: Vec<&str> = record.people.iter().map(PersonId::as_str).collect();
        return Err(Some(format!("there is no `{}` under `people:`; name one of {}", options.by, people.join(", "))));
    }
    let keys = audit_keys(&record).ok_or(None)?;
    let what = match (options.incident, &options.mentions_with) {
        (Some(incident), _) => Erase::Incident(incident),
        (None, Some(words)) if words.trim().is_empty() => return Err(Some("say which words".to_owned())),
        (None, Some(words)) => Erase::MentionsWith(words.clone()),
        (None, None) => Erase::Entries(options.entry.clone()),
    };
    let with_mentions = options.mentions || options.mentions_with.is_some();
    let said = |error: crate::engine::EraseError| Some(error.to_string());
    let store = options.store.as_ref().unwrap_or(&record.store);
    if !store.is_file() {
        return Err(Some(format!("there is no store at {}", store.display())));
    }
    let mut eraser = Eraser::open(store, keys, out::salts()).map_err(said)?;
    let plan = eraser.plan(&what).map_err(said)?;
    say(&plan, with_mentions);
    if plan.bodies() + plan.mentions.len() > 0 && !options.yes && !asked() {
        return Err(Some("nothing was erased".to_owned()));
    }
    let emptied = eraser.carry_out(&plan, &by, reason, with_mentions, Timestamp::now()).map_err(said)?;
    out::line(format_args!(
        "Erased: {} bodies and {emptied} mentions. The file was written anew without them; the record holds and says so.",
        plan.bodies()
    ));
    out::line("Backups and mails hold their own copies: erase those, too.");
    Ok(())
}

fn say(plan: &Plan, with_mentions: bool) {
    if plan.held > 0 {
        out::line(format_args!("{} mentions stay: an incident that is held quotes them.", plan.held));
    }
    if plan.bodies() == 0 && plan.mentions.is_empty() {
        out::line("Nothing is left to erase there; the file is only swept once more.");
        return;
    }
    let spans: Vec<String> = plan.spans.iter().map(|span| entries(span.first, span.last)).collect();
    let kinds: Vec<String> = plan.kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    if plan.bodies() > 0 {
        out::line(format_args!("To be erased for good: {} ({}).", spans.join(", "), kinds.join(", ")));
    }
    for incident in &plan.incidents {
        out::line(format_args!(
            "Incident {incident} can then not be shown any more, nor statements of it in the newsroom."
        ));
    }
    if plan.owed > 0 {
        out::line(format_args!("{} mails and times that are still owed are dropped with it.", plan.owed));
    }
    match (plan.mentions.len(), with_mentions) {
        (0, _) => {}
        (count, true) if plan.bodies() == 0 => out::line(format_args!("{count} mentions are emptied.")),
        (count, true) => out::line(format_args!("{count} mentions that are quoted there are emptied.")),
        (count, false) => {
            out::line(format_args!(
                "{count} mentions that are quoted there stay in the store; --mentions empties them."
            ));
        }
    }
}

fn asked() -> bool {
    if !std::io::stdin().is_terminal() {
        out::error("Nobody can be asked here; --yes goes on without asking.");
        return false;
    }
    out::line("It cannot be undone. Type `erase` to go on:");
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).is_ok_and(|_| answer.trim() == "erase")
}
