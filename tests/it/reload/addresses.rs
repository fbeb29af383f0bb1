//! Addresses that change while incidents are open: each session acts where the address that it proved is the person's.

use std::fs;
use std::sync::Arc;

use holdline::core::roster::Roster;
use holdline::engine::{NewFolder, SIGN_INS_AT_ONCE_MAX, Standing};
use reqwest::StatusCode;

use super::{MAIN, change, holding_is_asked, incident, look, mailed, refused, written};
use crate::test_app::{TestApp, Visitor};

const PEOPLE: [&str; 8] = ["ana", "ben", "chi", "cora", "dev", "eve", "fay", "guest"];

fn old(who: &str) -> String {
    format!("{who}@riverside.example")
}

fn new(who: &str) -> String {
    format!("{who}@riverside.test")
}

/// Gives people their address of the new domain, all in one change of the folder.
async fn move_to_the_new_domain(app: &TestApp, people: &[&str]) {
    let moved = people.iter().fold(written(app), |text, who| text.replace(&old(who), &new(who)));
    fs::write(app.file(MAIN), moved).unwrap();
    look(app).await;
}

async fn is_refused(who: &Visitor, path: &str, form: &[(&str, &str)]) -> String {
    let refused = who.post(path, form).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{path} {form:?}");
    refused.text().await.unwrap()
}

/// Opens an incident by hand, with the addresses that are the folder's by now.
async fn opens_another(app: &TestApp, who: &Visitor) {
    who.does("/open", &[("playbook", "data-breach"), ("reason", "another call")]).await;
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_every_address_changes_at_once_two_agree_by_their_old_ones() {
    let mut app = TestApp::start().await;
    let (ana, _) = incident(&mut app).await;
    move_to_the_new_domain(&app, &PEOPLE).await;
    assert_eq!(mailed(&app, &new("dev"), "A change of people waits for two"), 1);
    // One session is of before the change, the other is begun after it; the program stopped between.
    app.restart().await;
    let ana = ana.back_at(&app);
    let eve = app.sign_in_by(&old("eve"), "eve").await;
    let page = eve.text("/incident/1").await;
    assert!(page.contains("which opens incident 1 and nothing else") && !page.contains("href=\"/watches\""), "{page}");
    let changes = app.incident(1).changes.clone();
    let number = |who: &str| changes.iter().position(|offered| offered.change.person.as_str() == who).unwrap();
    let agree = |who: &str| format!("/incident/1/change/{}", number(who));
    for visitor in [&ana, &eve] {
        visitor.does(&agree("dev"), &[]).await;
    }
    // Whoever gains agrees to nothing of their own, and by the new address nobody agrees to anything.
    assert_eq!(eve.post(&agree("eve"), &[]).await.status(), StatusCode::CONFLICT);
    let ben = app.sign_in("ben").await;
    assert!(ben.text("/incident/1").await.contains("does not know you by the address"));
    is_refused(&ben, &agree("eve"), &[]).await;
    app.settle().await;
    assert_eq!(app.incident(1).roster.people["dev"].email, new("dev"));
    // From then on Dev acts by the new address, and by the old one nowhere.
    let dev = app.sign_in("dev").await;
    dev.does(&agree("eve"), &[]).await;
    ana.does(&agree("eve"), &[]).await;
    assert!(app.sign_in_link(&old("dev"), "dev").await.is_none());
    assert_eq!(eve.get("/incident/1").await.status(), StatusCode::SEE_OTHER, "it ended with the agreed change");
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_privacy_officer_whose_address_changes_confirms_by_the_old_one() {
    let mut app = TestApp::start().await;
    let (ana, _) = incident(&mut app).await;
    app.approve("eve").await;
    ana.does("/incident/1/fact/help_line", &[("value", "+1 555 010 0100"), ("press", "confirm")]).await;
    move_to_the_new_domain(&app, &["chi"]).await;
    let fact = [("value", "2026-11-22 08:40"), ("press", "confirm")];
    let muted = app.sign_in("chi").await;
    let said = is_refused(&muted, "/incident/1/fact/discovered_at", &fact).await;
    assert!(said.contains("sign in with the address that it knows"), "{said}");
    let chi = app.sign_in_by(&old("chi"), "chi").await;
    chi.does("/incident/1/fact/discovered_at", &fact).await;
    app.settle().await;
    assert_eq!(mailed(&app, &old("chi"), "Approve"), 1, "and she is asked where the incident knows her");
    app.approve("chi").await;
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_address_opens_its_incidents_and_nothing_else() {
    let mut app = TestApp::start().await;
    let (ana, _) = incident(&mut app).await;
    app.restart_with_dev_moved().await;
    let ana = ana.back_at(&app);
    opens_another(&app, &ana).await;
    let link = app.sign_in_link("  DEV@Riverside.Example ", "dev").await.unwrap();
    let letter = app.mailbox.to(&old("dev")).last().cloned().unwrap();
    assert!(letter.letter.text.contains("it opens incident 1 alone"), "{}", letter.letter.text);
    let dev = app.visitor();
    let entered = dev.post(&link.path, &[("code", &link.code)]).await;
    assert_eq!(entered.headers()["location"], "/incident/1", "after signing in one is where one can act");
    for path in [
        "/",
        "/feeds",
        "/metrics",
        "/health/parts",
        "/watches",
        "/reports",
        "/rehearsals",
        "/rehearsals/1",
        "/incident/2",
        "/incident/2/report",
        "/incident/02",
        "/incident/7",
    ] {
        let refused = dev.get(path).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{path}");
        let page = refused.text().await.unwrap();
        assert!(page.contains("opens incident 1 and nothing else") && page.contains("href=\"/incident/1\""), "{page}");
    }
    let silence = [("watch", "*"), ("for", "1h"), ("reason", "noise"), ("break_through", "critical")];
    is_refused(&dev, "/watches/silence", &silence).await;
    is_refused(&dev, "/watches/silence/1/end", &[]).await;
    is_refused(&dev, "/open", &[("playbook", "data-breach"), ("reason", "mine")]).await;
    is_refused(&dev, "/posting", &[("press", "stop"), ("reason", "mine")]).await;
    is_refused(&dev, "/incident/2/claim", &[]).await;
    let page = dev.text("/incident/1").await;
    assert!(!page.contains("2: Patient data breach"), "other incidents are not named to it: {page}");
    dev.text("/incident/1/report").await;
    dev.does("/incident/1/severity", &[("to", "critical"), ("reason", "they are all out")]).await;
    dev.does("/sign-out", &[]).await;
    assert_eq!(dev.get("/incident/1").await.status(), StatusCode::SEE_OTHER);
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_act_of_a_new_incident_reaches_an_old_one_by_the_new_address() {
    let mut app = TestApp::start().await;
    let (ana, _) = incident(&mut app).await;
    app.restart_with_dev_moved().await;
    let dev = app.sign_in("dev").await;
    opens_another(&app, &dev).await;
    let ana = ana.back_at(&app);
    let joins = |other, press| [("other", other), ("reason", "one story"), ("press", press)];
    let said = is_refused(&dev, "/incident/2/link", &joins("1", "link")).await;
    assert!(said.contains("Incident 1 does not know you by the address"), "{said}");
    is_refused(&dev, "/incident/1/link", &joins("2", "link")).await;
    ana.does("/incident/2/link", &joins("1", "link")).await;
    let (events, links) = (app.incident(1).events, app.incident(2).links.clone());
    is_refused(&dev, "/incident/2/link", &joins("1", "unlink")).await;
    for (from, into) in [("2", "1"), ("1", "2")] {
        is_refused(&dev, &format!("/incident/{from}/merge"), &[("other", into), ("reason", "mine")]).await;
    }
    let page = dev.text("/incident/2").await;
    assert!(!page.contains("Merge it into another incident"), "nor is it offered: {page}");
    // And the other way round: the old address reaches no new incident from the page of the old one.
    let old_dev = app.sign_in_by(&old("dev"), "dev").await;
    is_refused(&old_dev, "/incident/1/link", &joins("2", "unlink")).await;
    is_refused(&old_dev, "/incident/1/merge", &[("other", "2"), ("reason", "mine")]).await;
    // Posting is stopped by whoever is signed in, and resumed by whoever every open incident knows.
    dev.does("/posting", &[("press", "stop"), ("reason", "a doubt")]).await;
    is_refused(&dev, "/posting", &[("press", "resume")]).await;
    assert_eq!(app.incident(1).events, events + 1, "nothing but the stop is told there");
    assert_eq!(app.incident(2).links, links);
    ana.does("/posting", &[("press", "resume")]).await;
    app.settle().await;
}

impl TestApp {
    /// Dev's address is another after a stop.
    async fn restart_with_dev_moved(&mut self) {
        self.stop().await;
        fs::write(self.file(MAIN), written(self).replace(&old("dev"), &new("dev"))).unwrap();
        self.run().await;
        self.settle().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_who_swap_addresses_are_told_apart_in_each_incident() {
    let mut app = TestApp::start().await;
    incident(&mut app).await;
    let swapped = written(&app)
        .replace(&old("dev"), "x")
        .replace(&old("fay"), &old("dev"))
        .replace("email: x", &format!("email: {}", old("fay")));
    fs::write(app.file(MAIN), swapped).unwrap();
    look(&app).await;
    // Whoever reads Dev's old mailbox is Dev in the open incident, and Fay everywhere else.
    let before = app.mailbox.to(&old("dev")).len();
    let dev = app.sign_in_by(&old("dev"), "dev").await;
    assert_eq!(app.mailbox.to(&old("dev")).len(), before + 2, "one link for each of the two");
    let fay = app.sign_in_by(&old("dev"), "fay").await;
    dev.does("/incident/1/severity", &[("to", "serious"), ("reason", "by Dev")]).await;
    is_refused(&fay, "/incident/1/severity", &[("to", "critical"), ("reason", "by Fay")]).await;
    opens_another(&app, &fay).await;
    is_refused(&dev, "/incident/2/claim", &[]).await;
    fay.does("/incident/2/claim", &[]).await;
    assert_eq!(app.incident(2).roster.people["fay"].email, old("dev"));
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_was_asked_before_a_change_stands_for_the_address_that_it_went_to() {
    let mut app = TestApp::start().await;
    let of_nobody = app.sign_in_link(&old("dev"), "dev").await.unwrap();
    move_to_the_new_domain(&app, &["dev"]).await;
    let late = app.visitor().post(&of_nobody.path, &[("code", &of_nobody.code)]).await;
    assert_eq!(late.status(), StatusCode::FORBIDDEN, "no incident is open that knows it");
    change(&app, &new("dev"), &old("dev")).await;
    incident(&mut app).await;
    let link = app.sign_in_link(&old("dev"), "dev").await.unwrap();
    move_to_the_new_domain(&app, &["dev"]).await;
    let dev = app.visitor();
    dev.does(&link.path, &[("code", &link.code)]).await;
    assert_eq!(dev.get("/").await.status(), StatusCode::FORBIDDEN, "it is a session of the old address");
    dev.does("/incident/1/severity", &[("to", "critical"), ("reason", "they are all out")]).await;
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_owed_while_the_address_changes_is_mailed_to_nobody() {
    let app = TestApp::start().await;
    let mut standing = Standing::clone(&app.app().engine.standing());
    let mut roster = Roster::clone(&standing.roster);
    roster.people.get_mut("guest").unwrap().email = new("guest");
    standing.roster = Arc::new(roster);
    let folder = NewFolder::new(standing, Vec::new(), Vec::new()).unwrap();
    let both = app.app().engine.call(|work| {
        work.ask_sign_in(&old("guest"))?;
        work.take_up(folder)
    });
    both.await.unwrap();
    app.settle().await;
    assert_eq!(app.mailbox.all().len(), 0, "the new address is sent no link that was asked for the old one");
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_taken_out_and_put_in_again_has_no_earlier_address() {
    let mut app = TestApp::start().await;
    incident(&mut app).await;
    let dev = app.sign_in("dev").await;
    let text = written(&app);
    fs::remove_file(app.file("playbooks/scenarios/data-breach-lawyer-silent.yaml")).unwrap();
    let line = text.lines().find(|line| line.starts_with("  dev:")).unwrap().to_owned() + "\n";
    let without = text.replace(&line, "").replace("legal: [dev]", "legal: [guest]");
    fs::write(app.file(MAIN), without).unwrap();
    look(&app).await;
    assert_eq!(refused(&app), None);
    assert_eq!(dev.get("/incident/1").await.status(), StatusCode::SEE_OTHER, "who is not in the folder is nobody");
    let asked = app.visitor().post("/sign-in", &[("email", &old("dev"))]).await;
    assert_eq!(asked.status(), StatusCode::OK);
    app.settle().await;
    assert_eq!(mailed(&app, &old("dev"), "Sign in to Holdline"), 1, "the one of before");
    // Somebody else under the same name.
    fs::write(app.file(MAIN), text.replace("Dev Patel", "Devi Rao").replace(&old("dev"), &new("dev"))).unwrap();
    look(&app).await;
    assert_eq!(dev.get("/incident/1").await.status(), StatusCode::SEE_OTHER);
    assert!(app.sign_in_link(&old("dev"), "dev").await.is_none());
    let devi = app.sign_in("dev").await;
    is_refused(&devi, "/incident/1/severity", &[("to", "critical"), ("reason", "mine")]).await;
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_case_is_no_other_address_and_strangers_hear_nothing() {
    let mut app = TestApp::start().await;
    incident(&mut app).await;
    let dev = app.sign_in("dev").await;
    change(&app, &old("dev"), "Dev@Riverside.example").await;
    dev.text("/").await;
    dev.does("/incident/1/severity", &[("to", "serious"), ("reason", "the same mailbox")]).await;
    move_to_the_new_domain(&app, &["eve"]).await;
    let said = |email: String| {
        let visitor = app.visitor();
        async move { visitor.post("/sign-in", &[("email", &email)]).await.text().await.unwrap() }
    };
    assert_eq!(said(old("eve")).await, said("mallory@evil.example".to_owned()).await);
    // Whoever asks for one address of somebody keeps them out of no other, and fills no mailbox.
    for _ in 0..SIGN_INS_AT_ONCE_MAX + 2 {
        said(new("eve")).await;
    }
    let before = mailed(&app, &new("eve"), "Sign in to Holdline");
    assert!(app.sign_in_link(&old("eve"), "eve").await.is_some());
    assert!(app.sign_in_link(&new("eve"), "eve").await.is_none());
    assert_eq!(mailed(&app, &new("eve"), "Sign in to Holdline"), usize::try_from(SIGN_INS_AT_ONCE_MAX).unwrap());
    assert!(before <= usize::try_from(SIGN_INS_AT_ONCE_MAX).unwrap());
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_goes_by_the_folder_of_now() {
    let mut app = TestApp::start().await;
    let (ana, _) = incident(&mut app).await;
    holding_is_asked(&app, &ana).await;
    move_to_the_new_domain(&app, &["dev"]).await;
    let earlier = app.sign_in_by(&old("dev"), "dev").await;
    let dev = app.sign_in("dev").await;
    is_refused(&dev, "/incident/1/story", &[("teller", "media")]).await;
    ana.does("/incident/1/stand-down", &[("reason", "it is over")]).await;
    app.settle().await;
    app.approve("ben").await;
    assert_eq!(earlier.get("/incident/1").await.status(), StatusCode::SEE_OTHER, "it ended with the incident");
    assert!(app.sign_in_link(&old("dev"), "dev").await.is_none());
    dev.does("/incident/1/story", &[("teller", "media")]).await;
    dev.does("/incident/1/close", &[("reason", "all is said")]).await;
    app.settle().await;
}
