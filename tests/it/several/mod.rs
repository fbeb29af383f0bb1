//! Several incidents at once: one pause, one calendar, links and merges.

mod calendar;
mod joining;
mod pause;
mod switching;

use crate::test_app::{TestApp, Visitor};

/// Opens incidents by hand, as many as there are reasons.
async fn opens(app: &TestApp, who: &Visitor, playbook: &str, reasons: &[&str]) {
    for reason in reasons {
        who.does("/open", &[("playbook", playbook), ("reason", reason)]).await;
    }
    app.settle().await;
}

/// Proposes to stand down, and Ben approves.
async fn ends(app: &TestApp, who: &Visitor, incident: u32) {
    who.does(&format!("/incident/{incident}/stand-down"), &[("reason", "it is over")]).await;
    app.settle().await;
    app.approve("ben").await;
    assert!(!app.incident(incident).is_running());
}
