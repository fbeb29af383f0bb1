//! Passwords that stand within an address, as in `https://name:password@host`: secrets in clear text where no key says so.

use super::node::{Node, Value};
use super::sheet::Sheet;

/// Says every address of the file that holds a password.
pub(super) fn check(sheet: &Sheet, node: &Node) {
    match &node.value {
        Value::Text(text) => {
            if holds_a_password(text) {
                let help = "take it out of the address; a secret is named by { env: NAME } or { file: PATH }";
                sheet.refuse(&node.at, "a password stands in this address in clear text", help);
            }
        }
        Value::List(items) => items.iter().for_each(|item| check(sheet, item)),
        Value::Map(entries) => entries.iter().for_each(|entry| check(sheet, &entry.value)),
        Value::Nothing | Value::Flag(_) | Value::Number(_) => {}
    }
}

fn holds_a_password(text: &str) -> bool {
    text.split("://").skip(1).any(|rest| {
        let authority = rest.split(|c: char| c.is_whitespace() || "/?#\"'".contains(c)).next().unwrap_or_default();
        authority
            .rsplit_once('@')
            .is_some_and(|(user, _)| user.split_once(':').is_some_and(|(_, word)| !word.is_empty()))
    })
}
