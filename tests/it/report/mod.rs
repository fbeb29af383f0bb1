//! What comes after: lessons on the incident's page, and the after-action report.

mod erased;
mod figures;
mod golden;
mod guide;
mod hostile;
mod lessons;
mod overview;
mod running;
