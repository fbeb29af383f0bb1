//! Folders that people would write: an organisation, its crews, its watches.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use holdline::config::{Need, load};
use holdline::core::detect::KINDS;
use holdline::core::query::Query;
use holdline::core::setting::Setting;
use holdline::core::watch::{Besides, Voices, Watch};
use holdline::engine::{Recorder, Standing};
use jiff::Timestamp;

pub(crate) const SECRET: &str = "a webhook secret of the benchmarks, long enough";
pub(crate) const PATH: &str = "/in/listening";
const KEY: &str = "an audit key of the benchmarks, which is long enough";
/// A line that no flood of a benchmark crosses.
const NEVER: &str = "1000000000 mentions in 15m";
/// Watches whose line can be crossed share these people, as many as keep below the mails that one person gets in an hour.
pub(crate) const CREWS: usize = 20;

/// What is written into the folder.
pub(crate) struct Plan {
    pub(crate) watches: Vec<String>,
    /// How many watches alarm at the sixth `crossing<number>`.
    pub(crate) crossing: usize,
    pub(crate) smtp_port: u16,
    pub(crate) port: u16,
}

/// On the disk that the build is on: a temporary folder may lie in memory.
pub(crate) fn on_disk() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

pub(crate) fn write(folder: &Path, plan: &Plan) {
    let put = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("audit-key", KEY);
    put("webhook-secret", SECRET);
    put(
        "templates/statements/notice.long.en.hbs",
        "# For staff\n\nWe learned of it at {{facts.discovered_at}}. Thank you for the care you give.\n",
    );
    put("holdline.yaml", &holdline_yaml(plan));
    for crew in 0..CREWS {
        put(&format!("playbooks/crew-{crew}.yaml"), &playbook(crew));
    }
}

fn holdline_yaml(plan: &Plan) -> String {
    let Plan { watches, crossing, smtp_port, port } = plan;
    let each_crew = |one: fn(usize) -> String| (0..CREWS).map(one).collect::<String>();
    let people = each_crew(|crew| {
        format!(
            "  lead{crew}: {{ name: Lead {crew}, email: lead{crew}@riverside.example }}\n  \
             chief{crew}: {{ name: Chief {crew}, email: chief{crew}@riverside.example }}\n"
        )
    });
    let roles = each_crew(|crew| format!("  leads{crew}: [lead{crew}]\n  chiefs{crew}: [chief{crew}]\n"));
    let quiet = watches.iter().enumerate().map(|(at, query)| {
        format!("  w{at}: {{ query: '{query}', feeds: [listening], spike: {{ more_than: {NEVER} }} }}\n")
    });
    let crossing = (0..*crossing).map(|at| {
        let crew = at % CREWS;
        format!(
            "  c{at}: {{ query: crossing{at}, feeds: [listening], spike: {{ more_than: 5 mentions in 15m, from: 4 voices }}, \
             opens: crew-{crew} }}\n"
        )
    });
    let watches: String = quiet.chain(crossing).collect();
    format!(
        "organisation:\n  name: Riverside General\n  timezone: America/New_York\n  hotline: \"+1 555 010 0100\"\n  \
         press_office: press@riverside.example\n  languages: [en]\n\
         server: {{ listen: 127.0.0.1:{port}, url: http://127.0.0.1:{port} }}\n\
         store: sqlite:holdline.db\noperator: it@riverside.example\n\
         audit: {{ key: {{ file: audit-key }}, every: 24h }}\n\
         mail: {{ from: Holdline <holdline@riverside.example>, smtp: {{ host: 127.0.0.1, port: {smtp_port}, security: plain }} }}\n\
         people:\n{people}roles:\n{roles}\
         feeds:\n  listening: {{ webhook: {{ path: {PATH}, secret: {{ file: webhook-secret }}, per_minute: 1000000 }} }}\n\
         channels:\n  board: {{ file: {{ path: board.jsonl }}, language: en }}\n\
         watches:\n{watches}"
    )
}

fn playbook(crew: usize) -> String {
    format!(
        "title: Crew {crew}\nwhen_to_use: Somebody talks.\nseverity: [ {{ elevated: true }} ]\n\
         facts:\n  discovered_at: {{ ask: When did we learn of it?, type: datetime, confirmed_by: leads{crew} }}\n\
         timeline:\n  \
         - alert: {{ to: [leads{crew}], acknowledge_within: 10m, else: chiefs{crew} }}\n  \
         - statement:\n      id: notice\n      audience: staff\n      template: notice\n      channels: [board]\n      \
         needs: [discovered_at]\n      within: 20m\n      approval: [ {{ stage: release, any_of: [chiefs{crew}], within: 5m }} ]\n\
         stand_down: {{ when: spike.count < 3, for: 2h, approval: [ {{ stage: stand-down, any_of: [leads{crew}] }} ] }}\n"
    )
}

/// Watches that count and never alarm.
pub(crate) fn watches(queries: &[String]) -> Vec<Watch> {
    let kind = KINDS.iter().find(|kind| kind.name == "more_than").unwrap();
    let named = queries.iter().enumerate();
    named
        .map(|(at, query)| Watch {
            name: format!("w{at}").into(),
            query: Query::parse(query).unwrap(),
            feeds: ["listening".into()].into(),
            detector: (kind.parse)(NEVER).unwrap(),
            at_least: None,
            from: Voices(1),
            besides: Besides::default(),
            opens: None,
        })
        .collect()
}

/// The engine without its threads, on the store of a folder, with watches of its own.
pub(crate) fn recorder(folder: &Path, watches: Vec<Watch>) -> Recorder {
    let plan = Plan { watches: Vec::new(), crossing: 1, smtp_port: 25, port: 0 };
    write(folder, &plan);
    let config = loaded(folder);
    let standing = Standing {
        setting: Setting::Live,
        roster: Arc::new(config.roster),
        organisation: Arc::new(config.organisation),
        rules: config.rules,
        url: config.server.url,
        heads_to: vec![config.operator.clone()],
        operator: config.operator,
        accounts: config.accounts,
        quiet: Arc::default(),
        retention: holdline::core::retention::Retention::default(),
        folder: None,
    };
    let salts = Box::new(|salt: &mut [u8]| rand::Rng::fill_bytes(&mut rand::rng(), salt));
    Recorder::open(&config.store, KEY.as_bytes(), salts, standing, watches, Timestamp::now()).unwrap()
}

pub(crate) fn loaded(folder: &Path) -> holdline::config::Config {
    match load(folder, Need::Run) {
        Ok(loaded) => loaded.config,
        Err(problems) => {
            let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
            panic!("{}", said.join("\n"))
        }
    }
}
