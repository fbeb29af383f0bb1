//! What operators rely on: numbers and states, logs that hold no secret, a stop that loses nothing, what is deployed.

mod canary;
mod deploy;
mod documents;
mod incidents;
mod metrics;
mod paging;
mod post;
mod rehearsing;
mod retention;
mod running;
mod stopping;

use std::process::Command;

/// Whether a tool of theirs is here. Where it is not, that is said loudly, or fails where everything is required.
fn has(tool: &str, package: &str) -> bool {
    let found = Command::new("sh").args(["-c", "command -v \"$0\"", tool]).output().unwrap().status.success();
    let required = std::env::var("HOLDLINE_PEERS").is_ok_and(|peers| peers == "required");
    assert!(found || !required, "{tool} is required here: apt-get install {package}");
    if !found {
        eprintln!("NOT RUN: {tool} is missing; apt-get install {package}");
    }
    found
}
