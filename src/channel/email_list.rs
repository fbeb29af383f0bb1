//! The e-mail list: one plain letter to many addresses, handed to the mail server in one transaction.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::Error as _;

use super::{
    Calling, Channel, ChannelKind, ChannelSettings, Circular, Found, Intent, Outcome, Outside, Parsed, PostOffice,
    Reason, Settings, SettingsError,
};
use crate::core::approval::ApprovedStatement;
use crate::core::name::ChannelName;
use crate::core::rules::{ChannelRules, Reach};
use crate::core::statement::{Package, Variant};

const NAME: &str = "email_list";
/// The most recipients of one letter; servers take a hundred at least (RFC 5321, 4.5.3.1.8).
const RECIPIENTS_MAX: usize = 100;
/// What stands between the texts of several languages.
const BETWEEN: &str = "\n\n\n";

pub(super) const KIND: ChannelKind = ChannelKind {
    name: NAME,
    docs: "\
Mails the approved text to a list of addresses through the server of `mail.smtp`: one plain letter, its headline the subject.
Nobody on the list sees the others. Where the server's answer is lost, a person is asked: a list cannot be looked at.

  to        addresses, 1 to 100
  from      optional: the sender's name; the address is always that of `mail.from`
  reply_to  optional: where answers go",
    example: "staff-mail: { email_list: { to: [staff@riverside.example] }, language: en }",
    secrets: &[],
    paths: &[],
    parse,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EmailListSettings {
    to: Vec<String>,
    from: Option<String>,
    reply_to: Option<String>,
}

#[derive(Debug)]
struct EmailList {
    list: List,
    rules: ChannelRules,
}

#[derive(Clone, Debug)]
struct List {
    to: Vec<String>,
    from_name: Option<String>,
    reply_to: Option<String>,
}

fn parse(settings: Settings<'_, '_>, language: Option<String>) -> Parsed {
    let EmailListSettings { mut to, from, reply_to } = erased_serde::deserialize(settings)?;
    if to.is_empty() || to.len() > RECIPIENTS_MAX {
        let message = format!("`to` holds {} addresses; write 1 to {RECIPIENTS_MAX} of them", to.len());
        return Err(SettingsError::custom(message));
    }
    for (key, address) in to.iter().map(|address| ("to", address)).chain(reply_to.iter().map(|to| ("reply_to", to))) {
        if !is_address(address) {
            let help = "write it as staff@riverside.example";
            return Err(SettingsError::custom(format!("`{key}` holds {address:?}, which is no address; {help}")));
        }
    }
    if from.as_ref().is_some_and(|name| name.chars().any(|c| c.is_control() || matches!(c, '<' | '>' | '@'))) {
        let message = "`from` is a name alone; write it as Riverside press office, the address is that of `mail.from`";
        return Err(SettingsError::custom(message));
    }
    to.sort();
    to.dedup();
    let rules = ChannelRules {
        kind: NAME.to_owned(),
        // Part of what is approved: other recipients are another channel.
        account: to.join(", "),
        reach: Reach::Network,
        limit: None,
        language,
    };
    Ok(Box::new(EmailList { list: List { to, from_name: from, reply_to }, rules }))
}

/// A bare address, as a command line of SMTP can hold it. The post office asks more of it.
fn is_address(written: &str) -> bool {
    let odd = |c: char| c.is_control() || c.is_whitespace() || "<>\"\\,;:()[]".contains(c);
    let whole = written.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !domain.starts_with('.') && !domain.contains('@')
    });
    whole && !written.contains(odd)
}

impl ChannelSettings for EmailList {
    fn rules(&self) -> ChannelRules {
        self.rules.clone()
    }

    fn connect(&self, name: &ChannelName, outside: &Outside) -> Option<Arc<dyn Channel>> {
        let post_office = Arc::clone(outside.post_office.as_ref()?);
        Some(Arc::new(Mailing { name: name.clone(), post_office, list: self.list.clone() }))
    }
}

/// The list as a live channel.
struct Mailing {
    name: ChannelName,
    post_office: PostOffice,
    list: List,
}

impl Channel for Mailing {
    fn post<'a>(&'a self, statement: &'a ApprovedStatement, intent: &'a Intent) -> Calling<'a, Outcome> {
        let texts = statement.texts_for(&self.name).unwrap_or_default();
        let Some((subject, text)) = letter(&texts) else {
            return Box::pin(async { Outcome::Never(Reason::OtherBytes) });
        };
        let List { to, from_name, reply_to } = self.list.clone();
        (self.post_office)(Circular { key: intent.key.clone(), from_name, reply_to, to, subject, text })
    }

    fn find<'a>(&'a self, _: &'a Package, _: &'a Intent) -> Calling<'a, Found> {
        Box::pin(async { Found::CannotTell(Reason::CannotLook) })
    }
}

/// Subject and text: one headline is the subject; several texts stand whole, one below another, in the order approved.
fn letter(texts: &[&Variant]) -> Option<(String, String)> {
    let first = texts.first()?;
    let subject = first.title.as_deref().or_else(|| first.body.lines().next())?.to_owned();
    let text = match texts {
        [only] => only.body.clone(),
        several => several.iter().map(|text| text.text()).collect::<Vec<_>>().join(BETWEEN),
    };
    Some((subject, text))
}
