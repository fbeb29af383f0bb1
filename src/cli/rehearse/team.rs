//! `holdline rehearse --with-team`, `--list` and `--stop`: said to the running daemon, in which such rehearsals take place.

use std::path::PathBuf;
use std::process::ExitCode;

use super::super::audit::store_in;
use super::super::out;
use super::super::stop_posting::say;
use super::Options;
use crate::app::team_store;
use crate::control::{ControlError, RehearsalRequest, Request, ask, socket_of};
use crate::core::name::{PersonId, PlaybookName};

pub(super) fn run(options: &Options) -> ExitCode {
    // Without a playbook the first thing named is the folder.
    let folder = match (&options.playbook, options.with_team) {
        (Some(named), false) => PathBuf::from(named),
        (Some(_), true) | (None, _) => options.folder.clone(),
    };
    // A broken file must not stand between a person and the end of a rehearsal: where the store is named, nothing is read.
    let named = options.store.clone();
    let Some(store) = named.or_else(|| store_in(&folder)) else {
        return out::fail(
            "the store is not known; name it with --store FILE and the running Holdline answers all the same",
        );
    };
    let request = Request::Rehearsal(request(options));
    let asked = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(ask(&socket_of(&store), &request)),
        Err(error) => return out::fail(error),
    };
    match asked {
        Ok(answer) => say(answer),
        Err(ControlError::NobodyThere) if options.list => out::fail(format_args!(
            "Holdline does not run here; their record is read without it by \
             `holdline report --list {} --store {}`",
            folder.display(),
            team_store(&store).display()
        )),
        Err(ControlError::NobodyThere) => {
            out::fail("Holdline does not run here, and rehearsals with the team take place in it: start it first")
        }
        Err(error) => out::fail(error),
    }
}

fn request(options: &Options) -> RehearsalRequest {
    if options.list {
        return RehearsalRequest::List;
    }
    if options.stop {
        return RehearsalRequest::Stop { reason: "somebody ended it by hand".to_owned() };
    }
    RehearsalRequest::Begin {
        playbook: PlaybookName::from(options.playbook.as_deref().unwrap_or_default()),
        by: options.by.as_deref().map(PersonId::from),
        after: options.after,
    }
}
