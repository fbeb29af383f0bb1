//! Promise 2: a rehearsal runs the same engine over the same playbooks, and cannot leave the building.

mod dry_run;
mod namespace;
mod over;
mod scenarios;
mod terminal;
mod types;
mod void;
mod with_team;
