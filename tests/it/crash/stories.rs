//! Twelve stories: what Holdline writes down between its first start and a stand-down, each short enough to be broken off anywhere.

use std::sync::Arc;

use holdline::core::incident::{Asker, Author, Event, SETTLE, Settlement, Verification};
use holdline::core::mention::Mention;
use holdline::core::rules::Rules;
use holdline::engine::{Audience, SessionToken, Standing};
use holdline::store::InstallationEffect;
use serde_json::json;

use super::before::{alarmed, approved, asking, claim, intended, leak, nothing, posted, said};
use super::world::World;
use super::{people, posting};
use crate::hospital::{self, person};

pub(super) struct Story {
    pub(super) name: &'static str,
    /// What the configuration said before the story begins, and what it says from then on.
    pub(super) standing: fn() -> Standing,
    pub(super) standing_then: fn() -> Standing,
    /// What happened before, in an earlier process that ended in order.
    pub(super) prelude: fn(&mut World),
    tell: fn(&mut World),
    /// Every mention of prelude and story.
    pub(super) mentions: fn() -> Vec<Mention>,
    pub(super) matching: fn(&[Mention]) -> usize,
}

pub(super) const STORIES: &[Story] = &[
    Story { name: "first-start", prelude: nothing, tell: first_start, ..QUIET },
    Story { name: "mentions", prelude: World::open, tell: mentions, mentions: || [talk(), praise()].concat(), ..QUIET },
    Story { name: "spike", prelude: World::open, tell: spike, mentions: leak, matching: <[_]>::len, ..QUIET },
    Story {
        name: "facts-and-draft",
        prelude: alarmed,
        tell: facts_and_draft,
        mentions: leak,
        matching: <[_]>::len,
        ..QUIET
    },
    Story { name: "approval", prelude: asking, tell: approval, ..QUIET },
    Story { name: "posting", prelude: approved, tell: posting, ..QUIET },
    Story { name: "look-up", prelude: intended, tell: look_up, ..QUIET },
    Story {
        name: "by-hand",
        standing: with_a_board,
        standing_then: with_a_board,
        prelude: approved,
        tell: by_hand,
        ..QUIET
    },
    Story { name: "sign-in", prelude: World::open, tell: sign_in, ..QUIET },
    Story { name: "seal", prelude: World::open, tell: seal, ..QUIET },
    Story { name: "restart", standing_then: without_dev, prelude: asking, tell: restart, ..QUIET },
    Story { name: "stand-down", prelude: posted, tell: stand_down, ..QUIET },
];

const QUIET: Story = Story {
    name: "",
    standing: hospital::standing,
    standing_then: hospital::standing,
    prelude: nothing,
    tell: nothing,
    mentions: Vec::new,
    matching: |_| 0,
};

impl Story {
    pub(super) fn named(name: &str) -> &'static Self {
        STORIES.iter().find(|story| story.name == name).unwrap_or_else(|| panic!("no story {name}"))
    }

    /// From a start of the program to its orderly end.
    pub(super) fn play(&self, world: &mut World) {
        world.open();
        (self.tell)(world);
        world.close();
    }
}

/// A wire, the newsroom's page, and a board that somebody posts to by hand.
fn with_a_board() -> Standing {
    let mut standing = hospital::standing();
    let mut rules = serde_json::to_value(standing.rules["breach"].as_ref()).unwrap();
    rules["channels"]["board"] =
        json!({ "kind": "by_hand", "account": "Riverside", "reach": { "person": "comms-lead" }, "language": "en" });
    let step = &mut rules["playbook"]["timeline"][2]["kind"]["statement"]["channels"];
    step.as_array_mut().unwrap().push(json!("board"));
    let rules: Rules = serde_json::from_value(rules).unwrap();
    standing.rules.insert("breach".into(), Arc::new(rules));
    standing
}

fn without_dev() -> Standing {
    let mut standing = hospital::standing();
    let mut roster = (*standing.roster).clone();
    roster.leave(&person("dev"), "legal");
    standing.roster = Arc::new(roster);
    standing
}

fn talk() -> Vec<Mention> {
    said("talk", 1_500, "At Riverside today")
}

fn praise() -> Vec<Mention> {
    said("praise", 3, "Thank you, nurses")
}

fn first_start(world: &mut World) {
    world.work(|work| work.tick()).unwrap();
}

fn mentions(world: &mut World) {
    let feed = || "listening".into();
    let talk = talk();
    for (nth, batch) in talk.chunks(300).enumerate() {
        world
            .work(|work| {
                work.take_in(&feed(), batch)?;
                work.move_cursor(&feed(), &format!("batch {nth}"))
            })
            .unwrap();
    }
    let known = world.work(|work| work.take_in(&feed(), &talk[..300])).unwrap();
    assert_eq!(known.new, 0);
    for mention in praise() {
        world.work(|work| work.take_in(&feed(), std::slice::from_ref(&mention))).unwrap();
    }
}

fn spike(world: &mut World) {
    for batch in leak().chunks(4) {
        world.work(|work| work.take_in(&"listening".into(), batch)).unwrap();
    }
    world.inside();
    world.minutes_go_by(1);
    world.work(|work| work.tick()).unwrap();
    people::outside(world);
}

fn facts_and_draft(world: &mut World) {
    let (ana, reason) = (person("ana"), "we checked".to_owned());
    world.must(&Event::Verified { verdict: Verification::Real, by: ana.clone(), reason });
    world.must(&Event::Claimed { by: ana.clone() });
    let [(phone, number), (happened, text)] = people::facts();
    world.must(&Event::FactProposed { fact: happened, value: text, by: person("ben") });
    world.must(&Event::FactConfirmed { fact: phone, value: number, by: ana.clone() });
    world.inside();
    let incident = world.incident(1);
    let current = incident.statements["holding"].current().unwrap();
    let mut package = current.package.clone();
    package.findings.clear();
    package.variants[0].body.push_str(" Thank you.");
    let (replaces, basis, package) = (current.number, incident.events, Box::new(package));
    world.must(&Event::Saved {
        statement: "holding".into(),
        by: Author::Person(ana.clone()),
        replaces,
        basis,
        package,
    });
    world.must(&Event::TaskDone { task: "pause".into(), by: ana, note: "paused".to_owned() });
}

fn approval(world: &mut World) {
    people::outside(world);
    assert!(!people::approve(world, 1, "chi", Some("000000")));
    for name in ["chi", "dev", "eve"] {
        assert!(people::approve(world, 1, name, None), "{name}");
    }
}

fn posting(world: &mut World) {
    people::outside(world);
}

fn look_up(world: &mut World) {
    world.now = SETTLE.after(world.now);
    world.inside();
    // The post's own row tells that its outcome was lost, and the look-up is due at once.
    people::outside(world);
    people::outside(world);
    for (statement, channel) in posting::lost(world, 1) {
        let (by, found) = (person("ana"), Settlement::NotThere);
        world.must(&Event::PostSettled { statement, channel: channel.into(), by, found });
    }
    people::outside(world);
}

fn by_hand(world: &mut World) {
    people::outside(world);
    let (by, url) = (person("ana"), "https://board.example/7".to_owned());
    world.must(&Event::PostedByHand { statement: "holding".into(), channel: "board".into(), by, url });
}

fn sign_in(world: &mut World) {
    world.work(|work| work.ask_sign_in("ana@riverside.example")).unwrap();
    let rows = claim(world);
    let [row] = rows.as_slice() else { panic!("one sign-in mail is owed: {rows:?}") };
    people::carry_out(world, row);
    let InstallationEffect::SendSignIn { proved, until } = serde_json::from_str(&row.body).unwrap() else {
        panic!("{row:?}")
    };
    let (setting, number) = (world.standing.setting, row.id.number);
    let audience = Audience::SignIn { setting, number, proved: &proved, until };
    let links = world.recorder().links();
    let (token, code) = (links.token(audience), links.code(audience));
    let fresh = SessionToken::new([9; 32]);
    for (typed, right) in [("000000", false), ("111111", false), (code.as_str(), true)] {
        let entered = world.work(|work| Ok(work.sign_in(&token, typed, &fresh).map_err(|error| error.to_string())));
        assert_eq!(entered.unwrap().is_ok(), right);
    }
    world.minutes_go_by(5);
    world.work(|work| work.touch(fresh.as_str())).unwrap();
    world.work(|work| work.sign_out(fresh.as_str())).unwrap();
}

fn seal(world: &mut World) {
    for _ in 0..2 {
        world.work(|work| work.seal()).unwrap();
        people::outside(world);
        world.minutes_go_by(6 * 60);
    }
}

fn restart(world: &mut World) {
    world.inside();
    people::outside(world);
    world.close();
    world.minutes_go_by(2);
    world.open();
    assert!(people::approve(world, 1, "chi", None));
}

fn stand_down(world: &mut World) {
    let (by, reason) = (Asker::Person(person("ana")), "it is over".to_owned());
    world.must(&Event::StandDownAsked { by, reason });
    people::outside(world);
    let ben = ["ana", "ben"].into_iter().any(|name| people::approve(world, 1, name, None));
    assert!(ben, "nobody could stand it down");
    world.inside();
    people::outside(world);
}
