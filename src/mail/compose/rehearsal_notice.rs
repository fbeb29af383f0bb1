//! What people are told in a rehearsal alone.

use super::notice::Words;

pub(super) fn injected(words: &str) -> Words {
    Words {
        subject: "Something happens".to_owned(),
        sentence: words.to_owned(),
        now: "Do what you would do on the day, and write it down on the incident's page:".to_owned(),
    }
}

pub(super) fn broken_off(why: &str) -> Words {
    Words {
        subject: "The rehearsal is over".to_owned(),
        sentence: format!("The rehearsal was broken off: {why}"),
        now: "Answer no mail of it any more; its links and codes are void. Mails without the stamp are real. It stays to be \
              read at:"
            .to_owned(),
    }
}
