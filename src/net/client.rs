//! The guarded client: one request, one connection, to an address that was judged. No retry, no proxy, no cookie, bounds on everything.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::Resolve;
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response, StatusCode, Url};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::body::{Body, PACKINGS, read_body};
use super::global::{is_global, is_metadata};
use super::names::{Anywhere, NotGlobal, OnlyGlobal, SystemNames};
use super::socket::tls;

/// Longest wait for name, connection and TLS.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest wait, once connected, until the answer begins.
pub const FIRST_BYTE_TIMEOUT: Duration = Duration::from_secs(10);
/// How many redirects are followed where they are at all.
pub const REDIRECTS_MAX: usize = 3;
pub const USER_AGENT: &str = concat!("Holdline/", env!("CARGO_PKG_VERSION"));

/// The guarded client. Clones share nothing that matters: no connection is kept.
#[derive(Clone)]
pub struct Http {
    global: Client,
    anywhere: Client,
    names: Arc<dyn Resolve>,
    pub(super) tls: TlsConnector,
}

/// Why there is no client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("TLS to other servers cannot be set up: {0}; install the machine's CA certificates")]
pub struct HttpSetupError(String);

/// Where a call may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// An address that somebody wrote: only to public addresses, on ports 80 and 443.
    Public,
    /// The server that settings name, on its own port; to private addresses where settings call it private.
    Server { private: bool },
}

/// Whether redirects are followed. What follows one is a bare GET; where it leads to another server, that is judged
/// as a stranger's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tries {
    One,
    WithRedirects,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub reach: Reach,
    pub tries: Tries,
    /// For the whole, from the look-up to the last byte.
    pub within: Duration,
    /// The most that is read of an answer, decoded.
    pub body_bytes_max: usize,
}

/// What a server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Where it came from in the end.
    pub url: Url,
    /// None where it was larger than asked for, or broke off.
    pub body: Option<Vec<u8>>,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing was sent.
    #[error("this address may not be called")]
    NotAllowed,
    /// No connection stood, so nothing was sent.
    #[error("no connection could be made")]
    NotReached,
    /// What was sent may have been taken.
    #[error("the connection broke before an answer came")]
    Lost,
    /// What was sent may have been taken.
    #[error("no answer came in time")]
    TooSlow,
    #[error("it redirects too often")]
    Redirects,
}

impl Http {
    /// Looks names up as this machine does.
    pub fn new() -> Result<Self, HttpSetupError> {
        Self::with_names(Arc::new(SystemNames))
    }

    pub fn with_names(names: Arc<dyn Resolve>) -> Result<Self, HttpSetupError> {
        let global = client(Arc::new(OnlyGlobal(Arc::clone(&names))))?;
        let anywhere = client(Arc::new(Anywhere(Arc::clone(&names))))?;
        let tls = tls().map_err(|error| HttpSetupError(error.to_string()))?;
        Ok(Self { global, anywhere, names, tls })
    }

    /// Names, looked up and judged as this reach asks.
    pub(super) fn names(&self, reach: Reach) -> Box<dyn Resolve> {
        let names = Arc::clone(&self.names);
        match reach {
            Reach::Public | Reach::Server { private: false } => Box::new(OnlyGlobal(names)),
            Reach::Server { private: true } => Box::new(Anywhere(names)),
        }
    }

    /// Makes one call, and follows its redirects where that is asked for.
    pub async fn call(&self, call: Call) -> Result<Answer, Fault> {
        timeout(call.within, self.follow(call)).await.unwrap_or(Err(Fault::TooSlow))
    }

    async fn follow(&self, mut call: Call) -> Result<Answer, Fault> {
        for _ in 0..=REDIRECTS_MAX {
            let response = self.once(&call).await?;
            let next = match call.tries {
                Tries::One => None,
                Tries::WithRedirects => redirected(&response),
            };
            let Some(next) = next else { return Ok(read(response, call.body_bytes_max).await) };
            // Only the server that settings name is trusted with more than a stranger's address, and only in its own name.
            let reach = if next.origin() == call.url.origin() { call.reach } else { Reach::Public };
            let (method, headers, body) = (Method::GET, HeaderMap::new(), Vec::new());
            call = Call { method, url: next, headers, body, reach, ..call };
        }
        Err(Fault::Redirects)
    }

    async fn once(&self, call: &Call) -> Result<Response, Fault> {
        let Call { method, url, headers, body, reach, .. } = call;
        self.send(method, url, headers, body, *reach).await
    }

    /// One request to where it may go, until its answer begins.
    pub(super) async fn send(
        &self,
        method: &Method,
        url: &Url,
        headers: &HeaderMap,
        body: &[u8],
        reach: Reach,
    ) -> Result<Response, Fault> {
        if !may_be_called(url, reach) {
            return Err(Fault::NotAllowed);
        }
        let client = match reach {
            Reach::Public | Reach::Server { private: false } => &self.global,
            Reach::Server { private: true } => &self.anywhere,
        };
        let mut request = client.request(method.clone(), url.clone()).headers(headers.clone());
        request = request.header(ACCEPT_ENCODING, PACKINGS);
        if !body.is_empty() {
            request = request.body(body.to_vec());
        }
        let head = timeout(CONNECT_TIMEOUT + FIRST_BYTE_TIMEOUT, request.send()).await;
        head.map_err(|_| Fault::TooSlow)?.map_err(|error| fault(&error))
    }
}

/// One connection for each request, so that each is judged; and never the same request twice.
fn client(names: Arc<dyn Resolve>) -> Result<Client, HttpSetupError> {
    let builder = Client::builder()
        .user_agent(USER_AGENT)
        .dns_resolver(names)
        .no_proxy()
        .redirect(Policy::none())
        .referer(false)
        .no_gzip()
        .no_brotli()
        .retry(reqwest::retry::never())
        .pool_max_idle_per_host(0)
        .connect_timeout(CONNECT_TIMEOUT);
    builder.build().map_err(|error| HttpSetupError(causes(&error)))
}

pub(super) fn may_be_called(url: &Url, reach: Reach) -> bool {
    let usual = match (url.scheme(), url.port()) {
        ("http" | "https", None) => true,
        ("http" | "https", Some(port)) => matches!(reach, Reach::Server { .. }) || matches!(port, 80 | 443),
        _ => false,
    };
    let signed_in = !url.username().is_empty() || url.password().is_some();
    let Some(host) = url.host_str() else { return false };
    // An address that is written out is never looked up, so it is judged here.
    let written: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    let anywhere = reach == Reach::Server { private: true };
    let may = |address| if anywhere { !is_metadata(address) } else { is_global(address) };
    usual && !signed_in && written.is_none_or(may)
}

/// Where a redirect leads, if it is one that can be followed.
pub(super) fn redirected(response: &Response) -> Option<Url> {
    let followed = [
        StatusCode::MOVED_PERMANENTLY,
        StatusCode::FOUND,
        StatusCode::SEE_OTHER,
        StatusCode::TEMPORARY_REDIRECT,
        StatusCode::PERMANENT_REDIRECT,
    ];
    let location = response.headers().get(LOCATION).filter(|_| followed.contains(&response.status()))?;
    response.url().join(location.to_str().ok()?).ok()
}

async fn read(response: Response, bytes_max: usize) -> Answer {
    let (status, headers, url) = (response.status(), response.headers().clone(), response.url().clone());
    let mut bytes = 0;
    let body = match read_body(response, bytes_max, None, &mut bytes).await {
        Body::Whole(body) => Some(body),
        Body::Part(..) => None,
    };
    Answer { status, headers, url, body }
}

fn fault(error: &reqwest::Error) -> Fault {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if cause.is::<NotGlobal>() {
            return Fault::NotAllowed;
        }
        source = cause.source();
    }
    if error.is_builder() {
        Fault::NotAllowed
    } else if error.is_connect() {
        Fault::NotReached
    } else if error.is_timeout() {
        Fault::TooSlow
    } else {
        Fault::Lost
    }
}

/// An error with what caused it; reqwest's own words stop at the first. Holds no address: nothing was called yet.
fn causes(error: &reqwest::Error) -> String {
    let mut said = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        said = format!("{said}: {cause}");
        source = cause.source();
    }
    said
}
