//! What people are told of talk that rises in an incident that is open.

use super::notice::Words;
use crate::core::name::WatchName;

pub(super) fn spike_rose(watch: &WatchName, count: u32, before: u32) -> Words {
    Words {
        subject: format!("More talk, {watch}"),
        sentence: format!(
            "The watch {watch} counts {count} mentions now; {before} were the most that you were told of."
        ),
        now: "Open the incident's page: see what is new in what is said, and whether it still is the same story."
            .to_owned(),
    }
}

pub(super) fn spike_joined(watch: &WatchName, count: u32) -> Words {
    Words {
        subject: format!("Another spike, {watch}"),
        sentence: format!(
            "The watch {watch} has a spike as well, of {count} mentions. It belongs to this incident; no other was opened."
        ),
        now: "Open the incident's page. If it is another story, open an incident by hand for it.".to_owned(),
    }
}

pub(super) fn stand_down_void(watch: &WatchName, count: u32, before: u32) -> Words {
    let more = if before == 0 { "it was quiet before".to_owned() } else { format!("{before} were the most before") };
    Words {
        subject: format!("Not over, {watch}"),
        sentence: format!(
            "A second wave came while people were asked whether this is over: {watch} counts {count} mentions, and {more}."
        ),
        now: "Whoever was asked to agree is not asked any more; their links decide nothing. Open the incident's page."
            .to_owned(),
    }
}
