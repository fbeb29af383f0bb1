//! Why a watch says nothing, in words.

use super::words::counted;
use crate::core::detect::Why;
use crate::core::watch::Voices;

/// A reason to stay quiet, as a clause: `incident 3 is open and takes it as its own`.
pub fn why_words(why: &Why) -> String {
    match why {
        Why::TooFewVoices { voices, wanted } => {
            let say = if *voices == 1 { "says something of its own" } else { "say something of their own" };
            format!("{} {say} and the watch asks for {}", counted(*voices, "voice"), Voices(*wanted))
        }
        Why::AlreadyOpen(incident) => format!("incident {incident} is open and takes it as its own"),
        Why::StillAbove => {
            "the last incident of this watch is over, and the count has neither fallen back since nor clearly risen"
                .to_owned()
        }
        Why::WarmingUp => "too little was heard yet to tell what is usual".to_owned(),
        Why::TooFewMentions { mentions, wanted } => {
            format!("it is {} and the watch asks for {wanted}", counted(*mentions, "mention"))
        }
        Why::NotNegative { toned: 0, wanted, .. } => {
            format!("the tone of none of it can be told, and the watch asks for {} % negative", wanted.0)
        }
        Why::NotNegative { negative, toned, wanted } => {
            let wanted = wanted.0;
            format!("{negative} of {toned} whose tone can be told are negative, and the watch asks for {wanted} %")
        }
        Why::TooLittleReach { reach, wanted } => {
            format!("it reaches {reach} people as far as feeds say, and the watch asks for {wanted}")
        }
        Why::Deaf => "little was said, but not all of the time could it have been heard".to_owned(),
        Why::Echo => "it is no louder than the echo of the last alarm".to_owned(),
        Why::Late => "the mention is so late that it lies in no window that contains now".to_owned(),
        Why::Backlog(feed) => {
            format!("the feed {feed} had failed, and what it brought at its return does not say when it was written")
        }
        Why::HeldBack { by, severity } => {
            format!("it is held back by {by}; its incident would be {}", severity.to_string().to_lowercase())
        }
    }
}
