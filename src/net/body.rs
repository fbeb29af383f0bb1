//! An answer's body as it comes in: unpacked here, a piece at a time, with a bound on what comes out and on how far it swells.

use std::io::{self, Write};
use std::time::Duration;

use flate2::write::MultiGzDecoder;
use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use tokio::time::{Instant, timeout_at};

/// The packings that are asked for, and understood.
pub(super) const PACKINGS: &str = "gzip, br";
/// How many times larger than its packed form a body may be. Prose packs to a tenth; only a trap swells a hundredfold.
pub const RATIO_MAX: usize = 100;
/// Up to here the ratio is nobody's business, in bytes.
pub const PACKED_FLOOR_BYTES: usize = 64 * 1024;
/// What the unpacker of brotli works in, in bytes.
const BROTLI_BUFFER_BYTES: usize = 4096;

/// Why a body was not read to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    #[error("its answer is longer than {0} bytes")]
    TooLong(usize),
    #[error("its answer unpacks to more than {RATIO_MAX} times its size")]
    Swells,
    #[error("its answer is packed in several layers, or in a way that was not asked for")]
    Packing,
    #[error("its packed answer cannot be unpacked")]
    Garbled,
    #[error("its answer broke off")]
    BrokenOff,
    #[error("its answer came too slowly")]
    TooSlow,
}

/// The least that must have come by any time after a while, in bytes for each second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) bytes_per_second: u64,
    pub(super) after: Duration,
}

/// A body, unpacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    Whole(Vec<u8>),
    /// What came of it, and why the rest did not. Nothing at all where it was not to be read.
    Part(Vec<u8>, Unread),
}

/// Reads a body to its end. `bytes` counts what came over the network, also where it comes to nothing.
pub(super) async fn read_body(mut response: Response, bytes_max: usize, pace: Option<Pace>, bytes: &mut u64) -> Body {
    let mut unpacking = match Unpacking::begin(response.headers(), bytes_max) {
        Ok(unpacking) => unpacking,
        Err(why) => return Body::Part(Vec::new(), why),
    };
    match fill(&mut unpacking, &mut response, pace, bytes).await {
        Ok(()) => unpacking.end(),
        Err(why) => unpacking.so_far(why),
    }
}

async fn fill(
    unpacking: &mut Unpacking,
    response: &mut Response,
    pace: Option<Pace>,
    bytes: &mut u64,
) -> Result<(), Unread> {
    let begun = Instant::now();
    loop {
        let next = match pace {
            Some(pace) => {
                let due = pace.after + Duration::from_secs(*bytes / pace.bytes_per_second.max(1));
                timeout_at(begun + due, response.chunk()).await.map_err(|_| Unread::TooSlow)?
            }
            None => response.chunk().await,
        };
        match next.map_err(|_| Unread::BrokenOff)? {
            Some(chunk) => {
                *bytes += chunk.len() as u64;
                unpacking.take(&chunk)?;
            }
            None => return Ok(()),
        }
    }
}

enum Unpacking {
    Plain(Bounded),
    Gzip(Box<MultiGzDecoder<Bounded>>),
    Brotli(Box<brotli::DecompressorWriter<Bounded>>),
}

impl Unpacking {
    fn begin(headers: &HeaderMap, bytes_max: usize) -> Result<Self, Unread> {
        let bounded = Bounded { bytes: Vec::new(), bytes_max, packed: None };
        let mut named = headers.get_all(CONTENT_ENCODING).iter();
        let packing = named.next().map(|value| value.to_str().map_or("?", str::trim).to_ascii_lowercase());
        if named.next().is_some() {
            return Err(Unread::Packing);
        }
        let packed = Bounded { packed: Some(0), ..bounded };
        match packing.as_deref().unwrap_or_default() {
            "" | "identity" => Ok(Self::Plain(Bounded { packed: None, ..packed })),
            "gzip" | "x-gzip" => Ok(Self::Gzip(Box::new(MultiGzDecoder::new(packed)))),
            "br" => Ok(Self::Brotli(Box::new(brotli::DecompressorWriter::new(packed, BROTLI_BUFFER_BYTES)))),
            _ => Err(Unread::Packing),
        }
    }

    fn out(&mut self) -> &mut Bounded {
        match self {
            Self::Plain(out) => out,
            Self::Gzip(decoder) => decoder.get_mut(),
            Self::Brotli(decoder) => decoder.get_mut(),
        }
    }

    fn take(&mut self, chunk: &[u8]) -> Result<(), Unread> {
        if let Some(packed) = &mut self.out().packed {
            *packed += chunk.len();
        }
        let taken = match self {
            Self::Plain(out) => out.write_all(chunk),
            Self::Gzip(decoder) => decoder.write_all(chunk),
            Self::Brotli(decoder) => decoder.write_all(chunk),
        };
        taken.map_err(|_| self.why())
    }

    fn end(mut self) -> Body {
        let ended = match &mut self {
            Self::Plain(_) => Ok(()),
            Self::Gzip(decoder) => decoder.try_finish(),
            Self::Brotli(decoder) => decoder.close(),
        };
        if ended.is_ok() {
            return Body::Whole(std::mem::take(&mut self.out().bytes));
        }
        let why = self.why();
        self.so_far(why)
    }

    fn so_far(mut self, why: Unread) -> Body {
        match why {
            Unread::BrokenOff | Unread::TooSlow | Unread::Garbled => {
                // What is still within the unpacker, as far as there is any.
                let _ = match &mut self {
                    Self::Plain(_) => Ok(()),
                    Self::Gzip(decoder) => decoder.flush(),
                    Self::Brotli(decoder) => decoder.flush(),
                };
                let out = self.out();
                let is_bounded = out.bytes.len() <= out.bytes_max && !out.swells();
                Body::Part(if is_bounded { std::mem::take(&mut out.bytes) } else { Vec::new() }, why)
            }
            Unread::TooLong(_) | Unread::Swells | Unread::Packing => Body::Part(Vec::new(), why),
        }
    }

    /// What stopped it: a bound of ours, else what the other side sent.
    fn why(&mut self) -> Unread {
        let out = self.out();
        if out.bytes.len() > out.bytes_max {
            Unread::TooLong(out.bytes_max)
        } else if out.swells() {
            Unread::Swells
        } else {
            Unread::Garbled
        }
    }
}

/// Takes bytes until it holds more than it may.
struct Bounded {
    bytes: Vec<u8>,
    bytes_max: usize,
    /// What came packed so far, where it did.
    packed: Option<usize>,
}

impl Bounded {
    fn swells(&self) -> bool {
        let most = |packed: usize| packed.saturating_mul(RATIO_MAX).max(PACKED_FLOOR_BYTES);
        self.packed.is_some_and(|packed| self.bytes.len() > most(packed))
    }
}

impl Write for Bounded {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(more);
        if self.bytes.len() > self.bytes_max || self.swells() {
            return Err(io::Error::other("over its bound"));
        }
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
