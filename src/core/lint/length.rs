//! A text is longer than a channel takes.

use super::{Checked, Hit, Level, Rule, When};

pub(super) const RULE: Rule = Rule {
    name: "length",
    level: Level::Block,
    when: When::Saved,
    why: "the service would refuse the post, or cut it, in the minute it is needed",
    source: "twitter-text configuration v3; lexicon app.bsky.feed.post; Mastodon's StatusLengthValidator",
    check,
};

fn check(checked: &Checked<'_>) -> Vec<Hit> {
    let package = checked.package;
    let mut hits = Vec::new();
    for placement in &package.placements {
        let Some(limit) = placement.limit else { continue };
        for variant in package.variants_for(&placement.channel) {
            let measured = limit.measure(&variant.text());
            if !measured.fits() {
                hits.push(Hit {
                    place: format!("{}, {}", placement.channel, variant.label()),
                    found: format!("{measured} {}", measured.unit),
                    remedy: format!("shorten the text by {} {}", measured.over(), measured.unit),
                });
            }
        }
    }
    hits
}
