//! What people are told in a rehearsal alone.

use super::notice::Words;
use crate::core::name::ChannelName;

pub(super) fn injected(words: &str) -> Words {
    Words {
        subject: "Something happens".to_owned(),
        sentence: words.to_owned(),
        now: "Do what you would do on the day, and write it down on the incident's page:".to_owned(),
    }
}

/// Nobody outside reads it: what is said is what would be.
pub(super) fn posted_in_a_rehearsal(channel: &ChannelName, name: &str, url: &str) -> Words {
    Words {
        subject: format!("Would be posted on {channel}, {name}"),
        sentence: format!(
            "In earnest the {name} would be public on {channel} now. In the rehearsal it is kept as {url}"
        ),
        now:
            "Nothing is public. In earnest you would read it once where the public reads it; the rehearsal goes on at:"
                .to_owned(),
    }
}
