//! One binary for every test: it links once.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]
#![expect(clippy::print_stderr, reason = "a test that was not run says so")]

mod afterwards;
mod approval_properties;
mod attacks;
mod breach;
mod channel;
mod commands;
mod compose;
mod config;
mod cost;
mod crash;
mod detect;
mod draft;
mod file_feed;
mod flood;
mod from_mention_to_post;
mod fuzz;
mod hospital;
mod hostile;
mod length;
mod lint;
mod mail;
mod model;
mod net;
mod peer;
mod posting_protocol;
mod press;
mod promise_one;
mod query;
mod query_properties;
mod real_input;
mod record;
mod sample;
mod sighting;
mod simulation;
mod store;
mod streamed;
mod test_app;
mod tidy;
mod transcripts;
mod web_doors;
mod webhook;
mod writer;
mod wrong_clock;
