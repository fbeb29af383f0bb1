//! Fetching what is published at an address: only if it changed, with every redirect judged, and no slower than a bound.

use std::time::Duration;

use reqwest::header::{ACCEPT, ETAG, HeaderMap, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use reqwest::{Method, Response, StatusCode, Url};
use tokio::time::timeout;

use super::body::{Body, Pace, read_body};
use super::client::{Fault, Http, REDIRECTS_MAX, Reach, redirected};

/// For a whole fetch, redirects included.
const FETCH_TIMEOUT: Duration = Duration::from_secs(30);
/// The least that a body comes with, in bytes for each second.
pub const RATE_MIN: u64 = 1024;
/// How long a body may be slower.
pub const RATE_GRACE: Duration = Duration::from_secs(5);

/// What is fetched.
#[derive(Clone, Debug)]
pub struct Fetch {
    pub url: Url,
    /// Its server may be at a private address.
    pub private: bool,
    /// The media types that are wanted.
    pub accept: &'static str,
    /// What the last answer was known by.
    pub known: Option<Validators>,
    /// The most that is read of an answer, unpacked.
    pub body_bytes_max: usize,
}

/// What an answer is known by when it is asked for again (RFC 9110, section 8.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validators {
    /// Where it came from; told to nobody else.
    pub url: Url,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
}

/// What came.
#[derive(Clone, Debug)]
pub struct Fetched {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Where it came from in the end.
    pub url: Url,
    pub body: Body,
    /// None where the answer carries none.
    pub validators: Option<Validators>,
}

/// What a fetch cost, whatever came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    pub requests: u32,
    /// Of bodies, as they came over the network.
    pub bytes: u64,
}

impl Http {
    pub async fn fetch(&self, fetch: &Fetch, spent: &mut Spent) -> Result<Fetched, Fault> {
        timeout(FETCH_TIMEOUT, self.follow_to(fetch, spent)).await.unwrap_or(Err(Fault::TooSlow))
    }

    async fn follow_to(&self, fetch: &Fetch, spent: &mut Spent) -> Result<Fetched, Fault> {
        let own = Reach::Server { private: fetch.private };
        let mut url = fetch.url.clone();
        for _ in 0..=REDIRECTS_MAX {
            // Only the server that settings name is trusted with more than a stranger's address.
            let reach = if url.origin() == fetch.url.origin() { own } else { Reach::Public };
            spent.requests += 1;
            let response = self.send(&Method::GET, &url, &asking(fetch, &url), &[], reach).await?;
            match redirected(&response) {
                Some(next) => url = next,
                None => return Ok(arrived(response, url, fetch.body_bytes_max, spent).await),
            }
        }
        Err(Fault::Redirects)
    }
}

async fn arrived(response: Response, url: Url, bytes_max: usize, spent: &mut Spent) -> Fetched {
    let (status, headers) = (response.status(), response.headers().clone());
    let pace = Pace { bytes_per_second: RATE_MIN, after: RATE_GRACE };
    let body = read_body(response, bytes_max, Some(pace), &mut spent.bytes).await;
    let said = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).map(str::to_owned);
    let (etag, last_modified) = (said(ETAG), said(LAST_MODIFIED));
    let known = etag.is_some() || last_modified.is_some();
    let validators = known.then(|| Validators { url: url.clone(), etag, last_modified });
    Fetched { status, headers, url, body, validators }
}

fn asking(fetch: &Fetch, url: &Url) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static(fetch.accept));
    let Some(known) = fetch.known.as_ref().filter(|known| known.url == *url) else { return headers };
    for (name, value) in [(IF_NONE_MATCH, &known.etag), (IF_MODIFIED_SINCE, &known.last_modified)] {
        // What cannot stand in a header cannot have come in one.
        if let Some(value) = value.as_ref().and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.insert(name, value);
        }
    }
    headers
}
