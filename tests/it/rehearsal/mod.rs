//! Promise 2: a rehearsal runs the same engine over the same playbooks, and cannot leave the building.

mod dry_run;
mod types;
mod void;
