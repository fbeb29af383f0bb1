//! What people are told in a rehearsal alone.

use super::notice::Words;

pub(super) fn injected(words: &str) -> Words {
    Words {
        subject: "Something happens".to_owned(),
        sentence: words.to_owned(),
        now: "Do what you would do on the day, and write it down on the incident's page:".to_owned(),
    }
}
