//! The pure core: time, randomness and input are arguments; nothing here reads a clock, a socket or a file.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod accounts;
pub mod approval;
pub mod chart;
pub mod condition;
pub mod count;
pub mod detect;
pub mod hash;
pub mod health;
pub mod host;
pub mod incident;
pub mod language;
pub mod lint;
pub mod mention;
pub mod name;
pub mod past;
pub mod period;
pub mod playbook;
pub mod proved;
pub mod query;
pub mod quiet;
pub mod rehearsal;
pub mod report;
pub mod retention;
pub mod roster;
pub mod rules;
pub mod schedule;
pub mod setting;
pub mod severity;
pub mod shown;
pub mod statement;
pub mod story;
pub mod tone;
pub mod watch;
