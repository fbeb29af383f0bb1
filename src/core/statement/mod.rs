//! Statements: drafting from templates, the package that approvals bind to, its lengths and its differences.

mod clock;
mod diff;
mod draft;
mod edit;
mod length;
mod links;
mod package;
mod render;
mod sighting;
mod template;
mod text;

pub use clock::{clock_time, clock_time_with_year, promised_at};
pub use diff::{DIFF_BYTES_MAX, Piece, VariantChange, changes, word_diff};
pub use draft::{DraftError, DraftInput, RENDERED_BYTES_MAX, Round, Says, TemplateFile, draft};
pub use edit::{EditError, edited};
pub use length::{Limit, Measured};
pub use links::{links, whole_links};
pub use package::{Corrects, Digest, Length, PACKAGE_BYTES_MAX, Package, Placement, Variant, is_public};
pub use sighting::{Seen, Unseen, even, sighted};
pub use template::{TEMPLATE_BYTES_MAX, TemplateProblem, TemplateSpec, check_template};
pub use text::hidden_character;
