//! What happened before a story begins: an earlier process that ended in order, at the point where the story takes over.

use holdline::core::incident::Event;
use holdline::core::mention::Mention;
use holdline::store::Claimed;

use super::posting::Errand;
use super::world::World;
use super::{people, posting};
use crate::hospital::person;

pub(super) fn said(of: &str, times: usize, text: &str) -> Vec<Mention> {
    let mention = |nth: usize| Mention {
        id: format!("{of}{nth}"),
        title: None,
        // Of many lengths, and no copies of one another.
        text: format!("{text} {nth} {}", format!("and{nth:05} ").repeat(nth % 90)),
        author: Some(format!("{of} voice {nth}")),
        url: None,
        language: None,
        published: None,
        reach: None,
    };
    (0..times).map(mention).collect()
}

pub(super) fn leak() -> Vec<Mention> {
    said("leak", 11, "Riverside leaked my records")
}

pub(super) fn nothing(_: &mut World) {}

pub(super) fn opened(world: &mut World) {
    world.open();
    world.work(|work| work.open(&"breach".into(), &person("ana"), "a call")).unwrap();
    world.inside();
}

pub(super) fn alarmed(world: &mut World) {
    world.open();
    world.work(|work| work.take_in(&"listening".into(), &leak())).unwrap();
    world.inside();
}

pub(super) fn asking(world: &mut World) {
    opened(world);
    world.must(&Event::Claimed { by: person("ben") });
    let [(fact, value), _] = people::facts();
    world.must(&Event::FactConfirmed { fact, value, by: person("ana") });
    world.inside();
}

pub(super) fn approved(world: &mut World) {
    asking(world);
    for name in ["chi", "dev", "eve"] {
        assert!(people::approve(world, 1, name, None), "{name}");
    }
}

pub(super) fn intended(world: &mut World) {
    approved(world);
    for row in claim(world) {
        match posting::errand_of(&row) {
            Some(Errand::Post(job)) => posting::intend(world, &row, &job),
            Some(Errand::LookUp(_)) | None => people::carry_out(world, &row),
        }
    }
}

pub(super) fn posted(world: &mut World) {
    approved(world);
    people::outside(world);
    let [_, (fact, value)] = people::facts();
    world.must(&Event::FactConfirmed { fact, value, by: person("ana") });
    world.inside();
    for name in ["chi", "dev", "eve"] {
        assert!(people::approve(world, 1, name, None), "{name}");
    }
    people::outside(world);
}

pub(super) fn claim(world: &mut World) -> Vec<Claimed> {
    world.work(|work| work.claim_outside(64)).unwrap()
}
