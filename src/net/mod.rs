//! The way out: a guarded HTTP client for the shells that call other people's servers. Below the shells; knows none of them.

mod body;
mod client;
mod fetch;
mod global;
mod html;
mod names;
mod server;
mod socket;
mod wait;

pub use body::{Body, PACKED_FLOOR_BYTES, RATIO_MAX, Unread};
pub use client::{
    Answer, CONNECT_TIMEOUT, Call, FIRST_BYTE_TIMEOUT, Fault, Http, HttpSetupError, REDIRECTS_MAX, Reach, Tries,
    USER_AGENT,
};
pub use fetch::{Fetch, Fetched, RATE_GRACE, RATE_MIN, Spent, Validators};
pub use global::{is_global, is_metadata};
pub use html::{Page, html_text, read_html};
pub use names::SystemNames;
pub use server::{AddressError, Schemes, server_address, written_address};
pub use socket::{Dial, DialFault, Said, Silence, Socket, SocketFault};
pub use wait::{RETRY_AFTER_MAX, retry_after};
// What a name server says can be told by a test; only that may differ.
pub use reqwest::dns::{Addrs, Name, Resolve, Resolving};
pub use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
pub use reqwest::{Method, StatusCode, Url};
