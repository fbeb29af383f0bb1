//! Holdline watches what people say about an organisation, opens an incident when talk spikes, runs the crisis playbook
//! for it, drafts statements, gets them approved by e-mail, and only then posts them.
//!
//! The map, from the inside out:
//! - [`core`]: pure rules: matching, counting, detection, the incident, drafting, lint, approval;
//! - [`store`], [`feed`], [`mail`], [`channel`]: four shells that never import one another;
//! - [`net`]: the guarded way out that feeds and channels call other servers by;
//! - [`pager`]: a second way to wake people, beside mail;
//! - [`chart`]: charts as pictures, for mails, pages and files;
//! - [`report`]: the after-action report as Markdown and HTML;
//! - [`engine`]: the only writer, the outbox, intake and sessions;
//! - [`config`], [`web`]: what people write and what they see;
//! - [`control`]: the socket that the operator's commands use;
//! - [`app`]: puts it all together; [`cli`]: the commands;
//! - [`crash`]: places where a test lets the process die, and nothing at all in a released program.

pub mod app;
pub mod channel;
pub mod chart;
pub mod cli;
pub mod config;
pub mod control;
pub mod core;
pub mod crash;
pub mod engine;
pub mod feed;
pub mod mail;
pub mod net;
pub mod pager;
pub mod rehearsal;
pub mod report;
pub mod store;
pub mod web;
