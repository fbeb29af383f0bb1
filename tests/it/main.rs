//! One binary for every test: it links once.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod breach;
mod channel;
mod compose;
mod config;
mod draft;
mod file_feed;
mod from_mention_to_post;
mod hospital;
mod length;
mod lint;
mod mail;
mod promise_one;
mod query;
mod query_properties;
mod real_input;
mod sample;
mod simulation;
mod store;
mod test_app;
mod tidy;
mod web_doors;
mod webhook;
