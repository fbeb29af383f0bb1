//! The store: one SQLite file, one writer, a chain over everything that happened.

mod audit;
mod backup;
mod batch;
mod broken;
mod chain;
mod erase;
mod error;
mod feeds;
mod find;
mod follow;
mod history;
mod installation;
mod kept;
mod keys;
mod lock;
mod outbox;
mod reader;
mod signed;
mod writer;

pub use audit::{Audit, Erasure, Restore, Seen};
pub use backup::{BackupError, Copied};
pub use batch::{Batch, StoredSession};
pub use broken::{Broken, Place, Problem};
pub use chain::{Chain, Entry, Head};
pub use error::StoreError;
pub use find::Found;
pub use follow::Unchecked;
pub use history::ErasedSpans;
pub use installation::{InstallationEffect, InstallationEvent, RehearsalNews, Span};
pub use kept::KeptFolder;
pub use keys::{Key, Keys, fingerprint};
pub use outbox::{Claimed, EffectId, OwedNow, Settled};
pub use reader::{Reader, StoredEvent};
pub use signed::{KeyChange, SignedHead};
pub use writer::{Salts, Writer};

/// The number under which the installation's own events are filed; incidents count from one.
pub const INSTALLATION: u32 = 0;
