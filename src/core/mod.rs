//! The pure core: time, randomness and input are arguments; nothing here reads a clock, a socket or a file.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod approval;
pub mod condition;
pub mod count;
pub mod detect;
pub mod incident;
pub mod lint;
pub mod mention;
pub mod name;
pub mod past;
pub mod period;
pub mod playbook;
pub mod query;
pub mod roster;
pub mod rules;
pub mod setting;
pub mod severity;
pub mod shown;
pub mod statement;
pub mod watch;
