//! What a look at a post that a person made showed.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// The approved words stand there.
    Matches,
    /// Other words stand there.
    Differs,
    CouldNotBeSeen {
        why: String,
    },
}
