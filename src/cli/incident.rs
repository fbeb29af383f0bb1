//! `holdline incident`: open, look at and lead incidents from the terminal, through the running daemon.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::audit::store_in;
use super::out;
use super::stop_posting::say;
use crate::control::{ControlError, IncidentRequest, Request, ask, socket_of};
use crate::core::name::{FactName, PersonId, PlaybookName, StepId};

/// Who does it, and in which folder.
#[derive(Debug, Args)]
pub(super) struct By {
    /// Who does it: a name of `people:`
    #[arg(long, value_name = "PERSON")]
    by: PersonId,
    #[command(flatten)]
    at: At,
}

#[derive(Debug, Args)]
pub(super) struct At {
    /// The folder with holdline.yaml
    #[arg(long, value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// The store, should holdline.yaml not be readable right now
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
}

/// Two incidents, and what they have to do with one another.
#[derive(Debug, Args)]
pub(super) struct Two {
    /// The number of one
    incident: u32,
    /// The number of the other
    other: u32,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    by: By,
}

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Every command but `list`, `deadlines` and `show` is written into the record under the name that --by gives: whoever can reach the \
socket beside the store is taken at their word, which is why nothing is approved here.")]
pub(super) enum Incident {
    /// Open an incident by hand
    Open {
        /// The playbook that it runs; `none` where a person picks one later
        playbook: PlaybookName,
        /// Why, for the record and for those who are alerted
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        by: By,
    },
    /// The incidents, the latest first
    List(At),
    /// What is owed by when in everything that is open, and by whom
    Deadlines(At),
    /// Where an incident stands: facts, tasks, statements and posts
    Show {
        /// Its number
        incident: u32,
        #[command(flatten)]
        at: At,
    },
    /// Say who leads an incident
    Claim {
        /// Its number
        incident: u32,
        #[command(flatten)]
        by: By,
    },
    /// Write down what is known; a person confirms it on the page
    Fact {
        /// The incident's number
        incident: u32,
        /// The fact's name in the playbook
        fact: FactName,
        /// What is known
        value: String,
        #[command(flatten)]
        by: By,
    },
    /// Ask people whether an incident is over
    StandDown {
        /// Its number
        incident: u32,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        by: By,
    },
    /// Show two incidents on each other's page
    Link(Two),
    /// Take the link between two incidents away
    Unlink(Two),
    /// Go on by another playbook: what is not posted is withdrawn, and its steps begin now
    Switch {
        /// The incident's number
        incident: u32,
        /// The other playbook
        playbook: PlaybookName,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// An open task that is dropped; the others stay
        #[arg(long, value_name = "TASK")]
        drop: Vec<StepId>,
        #[command(flatten)]
        by: By,
    },
    /// Stand an incident down into another, which takes over what is left of it
    Merge {
        /// The one that ends
        incident: u32,
        /// The one that goes on
        #[arg(long, value_name = "INCIDENT")]
        into: u32,
        /// Why they are one
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        by: By,
    },
    /// Close an incident that was stood down
    Close {
        /// Its number
        incident: u32,
        /// What is to be remembered
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
        #[command(flatten)]
        by: By,
    },
}

pub(super) fn run(command: Incident) -> ExitCode {
    let (at, request) = request(command);
    let Some(store) = at.store.or_else(|| store_in(&at.folder)) else {
        return out::fail("the store is not known; name it with --store FILE, or the folder with holdline.yaml");
    };
    let asked = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(ask(&socket_of(&store), &Request::Incident(request))),
        Err(error) => return out::fail(error),
    };
    match asked {
        Ok(answer) => say(answer),
        Err(error @ ControlError::NobodyThere) => out::fail(format_args!("{error}; start it with `holdline run`")),
        Err(error) => out::fail(error),
    }
}

fn request(command: Incident) -> (At, IncidentRequest) {
    match command {
        Incident::Open { playbook, reason, by: By { by, at } } => (at, IncidentRequest::Open { playbook, by, reason }),
        Incident::List(at) => (at, IncidentRequest::List),
        Incident::Deadlines(at) => (at, IncidentRequest::Deadlines),
        Incident::Show { incident, at } => (at, IncidentRequest::Show { incident }),
        Incident::Claim { incident, by: By { by, at } } => (at, IncidentRequest::Claim { incident, by }),
        Incident::Fact { incident, fact, value, by: By { by, at } } => {
            (at, IncidentRequest::Fact { incident, fact, value, by })
        }
        Incident::StandDown { incident, reason, by: By { by, at } } => {
            (at, IncidentRequest::StandDown { incident, by, reason })
        }
        Incident::Close { incident, reason, by: By { by, at } } => {
            (at, IncidentRequest::Close { incident, by, reason })
        }
        Incident::Link(Two { incident, other, reason, by: By { by, at } }) => {
            (at, IncidentRequest::Link { incident, other, by, reason })
        }
        Incident::Unlink(Two { incident, other, reason, by: By { by, at } }) => {
            (at, IncidentRequest::Unlink { incident, other, by, reason })
        }
        Incident::Switch { incident, playbook, reason, drop, by: By { by, at } } => {
            let drop = drop.into_iter().collect();
            (at, IncidentRequest::Switch { incident, playbook, by, reason, drop })
        }
        Incident::Merge { incident, into, reason, by: By { by, at } } => {
            (at, IncidentRequest::Merge { incident, into, by, reason })
        }
    }
}
