//! Looking names up, once for each connection; what was found is judged before anything connects to it.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;

use super::global::{is_global, is_metadata};

/// How many of a name's addresses are tried.
const ADDRESSES_MAX: usize = 8;

/// Names as this machine looks them up.
pub struct SystemNames;

impl Resolve for SystemNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// A name leads, beside or instead of elsewhere, to an address that is not public.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to an address that is not public")]
pub(super) struct NotGlobal;

/// Lets a name through only where every address of it is public. The connection is made to what was judged, and to nothing
/// else: a name server that answers otherwise the next time is asked only by the next request, and judged again.
pub(super) struct OnlyGlobal(pub(super) Arc<dyn Resolve>);

/// Lets a name through wherever it leads but to where clouds keep a machine's keys: for a server that settings name and call
/// private.
pub(super) struct Anywhere(pub(super) Arc<dyn Resolve>);

impl Resolve for OnlyGlobal {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.0.resolve(name);
        Box::pin(async move {
            let found: Vec<SocketAddr> = found.await?.collect();
            if !found.iter().all(|address| is_global(address.ip())) {
                return Err(NotGlobal.into());
            }
            Ok(Box::new(found.into_iter().take(ADDRESSES_MAX)) as Addrs)
        })
    }
}

impl Resolve for Anywhere {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.0.resolve(name);
        Box::pin(async move {
            let found: Vec<SocketAddr> = found.await?.collect();
            if found.iter().any(|address| is_metadata(address.ip())) {
                return Err(NotGlobal.into());
            }
            Ok(Box::new(found.into_iter().take(ADDRESSES_MAX)) as Addrs)
        })
    }
}
