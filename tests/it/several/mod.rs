//! Several incidents at once: one pause, one calendar, links and merges.

mod calendar;
mod joining;
mod pause;
mod switching;

use std::fs;

use crate::test_app::{TestApp, Visitor};

const OUTAGE: &str = "\
title: Systems are down
when_to_use: Staff or patients cannot use a system.
severity: [ { elevated: true } ]
facts:
  help_line: { ask: Where can people call?, type: phone, confirmed_by: legal }
timeline:
  - alert: { to: [comms-lead], acknowledge_within: 10m }
  - task: { id: generator, do: Look at the generator, by: legal, at: 15m }
  - statement:
      id: holding
      audience: public
      template: outage/holding
      channels: [website]
      needs: [help_line]
      within: 20m
      next_update: 60m
      approval: [ { stage: release, any_of: [comms-lead], within: 15m } ]
stand_down: { approval: [ { any_of: [comms-lead] } ] }
";

fn text(language: &str) -> &'static str {
    match language {
        "en" => {
            "# Systems are down\n\nWe are sorry. Call {{facts.help_line}}. Next update: {{statement.next_update}}.\n"
        }
        _ => {
            "# Sistemas caídos\n\nLo sentimos. Llame al {{facts.help_line}}. Próxima información: {{statement.next_update}}.\n"
        }
    }
}

/// The tests' hospital with a second playbook.
async fn with_outage() -> TestApp {
    let mut app = TestApp::start().await;
    app.stop().await;
    fs::write(app.file("playbooks/outage.yaml"), OUTAGE).unwrap();
    fs::create_dir_all(app.file("templates/statements/outage")).unwrap();
    for language in ["en", "es"] {
        let name = format!("templates/statements/outage/holding.long.{language}.hbs");
        fs::write(app.file(&name), text(language)).unwrap();
    }
    app.run().await;
    app
}

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
