//! The store: one SQLite file, one writer, a chain over everything that happened.

mod batch;
mod chain;
mod error;
mod installation;
mod outbox;
mod reader;
mod writer;

pub use batch::{Batch, StoredSession};
pub use chain::{Broken, Chain, Entry, Head, SignedHead};
pub use error::StoreError;
pub use installation::{InstallationEffect, InstallationEvent};
pub use outbox::{Claimed, EffectId, Settled};
pub use reader::{Reader, StoredEvent};
pub use writer::{Salts, Writer};

/// The number under which the installation's own events are filed; incidents count from one.
pub const INSTALLATION: u32 = 0;
