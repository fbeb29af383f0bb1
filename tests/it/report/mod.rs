//! What comes after: lessons on the incident's page, and the after-action report.

mod lessons;
