//! What a spike says of the talk that made it, and that logs of before it said so are still read.

use holdline::core::incident::{Event, Opening};
use serde_json::{Value, json};

/// An opening as versions wrote it that told neither stories nor sources.
fn opening_of_before(spike: &Value) -> Value {
    json!({ "opened": {
        "setting": "live",
        "rules": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "cause": "spike",
        "roster": { "people": {}, "roles": {} },
        "spike": spike,
    } })
}

#[test]
fn openings_of_versions_that_told_no_stories_are_read() {
    let written = json!({
        "watch": "breach", "count": 6, "window": "15m", "more_than": 5, "voices": 6, "at": "2026-11-22T14:03:00Z",
        "minutes": [1, 2, 3], "evidence": [{ "feed": "news", "mention": "a1" }],
    });
    let read: Event = serde_json::from_value(opening_of_before(&written)).unwrap();
    let Event::Opened(Opening { spike: Some(spike), .. }) = &read else { panic!("{read:?}") };
    assert_eq!((spike.count, spike.voices, spike.evidence.len(), &spike.talk), (6, 6, 1, &None));
    let again = serde_json::to_value(&read).unwrap();
    assert_eq!(serde_json::from_value::<Event>(again).unwrap(), read);
}
