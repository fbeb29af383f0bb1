//! The after-action report as people read it: one document, written as Markdown or as HTML. What it says is in
//! `content` and `overview` alone, so that both forms say the same; what is escaped is in the two writers alone.

mod content;
mod decisions;
mod document;
mod duty;
mod figures;
mod html;
mod markdown;
mod overview;
mod uses;

pub use content::document;
pub use document::{Block, Document, Table};
pub use html::{body, html};
pub use markdown::markdown;
pub use overview::{TREND_MAX, overview};
