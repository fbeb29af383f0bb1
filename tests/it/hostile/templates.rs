//! Templates: handlebars-spec, mustache-spec and template-injection as statement templates, looked at as `holdline check` does.

use std::fs;
use std::path::Path;

use holdline::core::statement::{TemplateSpec, check_template};
use serde_json::Value;

use super::folder::Folder;
use super::{Meter, files_below, hostile, payloads};

const FILE: &str = "templates/statements/data-breach/holding.long.en.hbs";

const INJECTED: &str = "template-injection";

/// A template of a set, and whether its own engine must refuse it.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) template: String,
    throws: bool,
}

pub(super) fn cases(folder: &Path) -> Vec<Case> {
    let handlebars = fs::read(folder.join("handlebars-spec/cases.json")).unwrap();
    let handlebars: Vec<Value> = serde_json::from_slice(&handlebars).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut cases: Vec<Case> = handlebars
        .iter()
        .map(|case| Case {
            name: text(&case["suite"]),
            template: text(&case["template"]),
            throws: case.get("throws").is_some(),
        })
        .collect();
    for file in files_below(&folder.join("mustache-spec/specs"), ".json") {
        let spec: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        cases.extend(spec["tests"].as_array().unwrap().iter().map(|case| Case {
            name: text(&case["name"]),
            template: text(&case["template"]),
            throws: false,
        }));
    }
    let injected = payloads::template_injection(folder).into_iter();
    cases.extend(injected.map(|template| Case { name: INJECTED.to_owned(), template, throws: false }));
    cases
}

/// The check itself, as the folder's loading asks it of every template that a step uses.
#[test]
fn every_case_is_refused_with_its_place_or_prints_what_it_holds() {
    let Some(hostile) = hostile() else { return };
    let mut meter = Meter::of("handlebars-spec, mustache-spec and template-injection as templates");
    let mut thrown = 0;
    for Case { name, template, throws } in cases(&hostile) {
        let spec = TemplateSpec { facts: &[], needs: &[], has_next_update: true, fixed: false };
        let problems = meter.run(&name, || check_template(&template, spec));
        let plain = !template.replace("\\{{", "").contains("{{");
        assert!(!problems.is_empty() || plain || template.contains("{{!"), "{name} was taken: {template}");
        assert!(!throws || !problems.is_empty(), "{name} was taken: {template}");
        thrown += usize::from(throws);
        for problem in &problems {
            assert!((1..=template.lines().count().max(1)).contains(&problem.line), "{name}: {problem}");
            assert!(problem.column > 0 && !problem.help.is_empty(), "{name}: {problem}");
        }
    }
    assert_eq!(thrown, 46);
    meter.end();
}

/// Looked at as `holdline check` looks at it, beside files in order.
#[test]
fn what_must_throw_is_refused_in_its_folder() {
    let Some(hostile) = hostile() else { return };
    let folder = Folder::with(FILE);
    let mut meter = Meter::of("handlebars-spec and template-injection in a folder");
    for Case { name, template, throws } in cases(&hostile) {
        if throws || name == INJECTED {
            let problems = folder.check(&mut meter, &name, template.as_bytes());
            assert!(!folder.refused(&problems).is_empty() || name == INJECTED, "{name} was taken: {template}");
            let neighbours = problems.iter().filter(|problem| problem.file().starts_with("templates/"));
            assert_eq!(folder.refused(&problems).len(), neighbours.count(), "{name}: a neighbour is blamed");
        }
    }
    meter.end();
    folder.mended();
}
