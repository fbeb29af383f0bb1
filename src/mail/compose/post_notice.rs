//! Notices about posts: what a channel refused, lost, shows otherwise or does not show any more, and the kill switch.

use super::notice::Words;
use crate::core::name::{ChannelName, StepId};
use crate::core::shown::Shown;

pub(super) fn post_failed(statement: &StepId, channel: &ChannelName, why: &str) -> Words {
    let name = Shown::statement_name(statement);
    Words {
        subject: format!("Not posted on {channel}, {name}"),
        sentence: format!("{channel} did not take the {name}, and it is not tried again: {why}"),
        now: "Post it there by hand if it must be there; the approved text is on the incident's page.".to_owned(),
    }
}

pub(super) fn post_unknown(statement: &StepId, channel: &ChannelName, why: &str) -> Words {
    let name = Shown::statement_name(statement);
    Words {
        subject: format!("Is it on {channel}? {name}"),
        sentence: format!("{channel} cannot say whether it took the {name}: {why}"),
        now: format!(
            "Look at {channel} yourself. Then say on the incident's page whether it is there. Holdline never guesses."
        ),
    }
}

pub(super) fn post_differs(statement: &StepId, channel: &ChannelName, url: &str) -> Words {
    let name = Shown::statement_name(statement);
    Words {
        subject: format!("NOT the approved words on {channel}, {name}"),
        sentence: format!("What stands at {url} is not the approved text of the {name}."),
        now:
            "Compare it with the approved text on the incident's page. Mend the post or take it down; nobody approved \
              the words that stand there."
                .to_owned(),
    }
}

pub(super) fn post_not_seen(statement: &StepId, channel: &ChannelName, url: &str) -> Words {
    let name = Shown::statement_name(statement);
    Words {
        subject: format!("Look at {channel} yourself, {name}"),
        sentence: format!("Holdline could not see the {name} at {url}; it may need a sign-in there."),
        now: "Open the address and compare it, word for word, with the approved text on the incident's page."
            .to_owned(),
    }
}

pub(super) fn taken_down(statement: &StepId, channel: &ChannelName) -> Words {
    let name = Shown::statement_name(statement);
    Words {
        subject: format!("Taken down from {channel}, {name}"),
        sentence: format!("The {name} is not public on {channel} any more."),
        now: "Copies of it may live on elsewhere. Say what is right now, if something must be said.".to_owned(),
    }
}

pub(super) fn not_taken_down(statement: &StepId, channel: &ChannelName, why: &str) -> Words {
    let name = Shown::statement_name(statement);
    Words {
        subject: format!("STILL PUBLIC on {channel}, {name}"),
        sentence: format!("The {name} could not be taken down from {channel}: {why}"),
        now: "Take it down there by hand if it must go.".to_owned(),
    }
}

pub(super) fn posting_stopped(by: &str, reason: &str) -> Words {
    let ends = if reason.is_empty() { ".".to_owned() } else { format!(": {reason}") };
    Words {
        subject: "Posting is stopped".to_owned(),
        sentence: format!("{by} stopped all posting{ends}"),
        now: "Post nothing by hand either. What is approved meanwhile waits, and goes out when posting is resumed."
            .to_owned(),
    }
}

pub(super) fn posting_resumed(by: &str) -> Words {
    Words {
        subject: "Posting is resumed".to_owned(),
        sentence: format!("{by} resumed posting."),
        now: "What was approved and is not out of date goes out now. Look at the incident's page.".to_owned(),
    }
}

pub(super) fn take_down_by_hand(statement: &StepId, channel: &ChannelName, url: &str) -> Words {
    let name = Shown::statement_name(statement);
    Words {
        subject: format!("Take it down from {channel}, {name}"),
        sentence: format!("The {name} is to be taken down, and Holdline cannot do it there itself: {url}"),
        now: "Take the post down, then say on the incident's page that it is down.".to_owned(),
    }
}
