//! The organisation's own accounts. What they say is stored like any mention and counts for no watch: our own statements
//! and whoever answers for us must not raise an alarm, nor hide one behind our reach.

use std::collections::BTreeSet;

use super::host::host_of;
use super::mention::Mention;

/// What follows an account's name where it stands with the server that it is on.
const ON_SERVER: &str = " (";

/// Accounts by name, without regard to case, a leading `@` or the server in brackets behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accounts(BTreeSet<String>);

impl Accounts {
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self(names.into_iter().map(folded).filter(|name| !name.is_empty()).collect())
    }

    /// Whether one of them said it. An account with its server (`press@social.example`) is also known by its name alone
    /// where the mention's address is on that server, and in no other place: there it is somebody else's.
    pub fn said(&self, mention: &Mention) -> bool {
        let Some(author) = mention.author.as_deref().map(folded).filter(|_| !self.0.is_empty()) else { return false };
        let host = || mention.url.as_deref().and_then(host_of).map(str::to_lowercase);
        self.0.contains(&author) || host().is_some_and(|host| self.0.contains(&format!("{author}@{host}")))
    }
}

fn folded(name: &str) -> String {
    let name = name.split_once(ON_SERVER).map_or(name, |(name, _)| name);
    name.trim().trim_start_matches(['@', '＠']).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::Accounts;
    use crate::core::mention::Mention;

    #[test]
    fn an_account_is_known_with_its_server_or_on_it() {
        let own = Accounts::new(["@Riverside (pds.example)", "press@social.example", " "]);
        let said = |author: Option<&str>, url: Option<&str>| {
            own.said(&Mention {
                id: "1".to_owned(),
                title: None,
                text: "we".to_owned(),
                author: author.map(str::to_owned),
                url: url.map(str::to_owned),
                language: None,
                published: None,
                reach: None,
            })
        };
        assert!(said(Some("riverside"), None) && said(Some("@RIVERSIDE "), Some("https://x.example/1")));
        assert!(
            said(Some("press@social.example"), None) && said(Some("@press"), Some("https://Social.example/@press/1"))
        );
        assert!(!said(Some("press"), Some("https://other.example/@press/1")), "somebody else's name elsewhere");
        assert!(!said(Some("press"), None) && !said(Some(""), None) && !said(None, None));
        assert!(!said(Some("riversides"), None));
    }
}
