//! The reference page, made from the embedded and commented default and from what each kind says of itself.

use std::fmt::Write as _;

use super::DEFAULT;
use crate::channel;
use crate::core::detect;
use crate::feed;

const HEAD: &str = "\
# Reference

This page is made from `src/config/default.yaml` and from the tables of kinds; `HOLDLINE_BLESS=1` with the tests writes it
anew. `holdline init` makes a folder to start from, `holdline check` says what is wrong in one, and
`holdline schema` writes what an editor completes and underlines by.

## Every key

```yaml
";

/// The whole page, as Markdown.
pub fn reference() -> String {
    let mut page = format!("{HEAD}{}\n```\n", DEFAULT.trim_end());
    let kinds = feed::KINDS.iter().map(|kind| (kind.name, kind.docs, kind.example));
    section(&mut page, "Kinds of feed", kinds);
    let kinds = channel::KINDS.iter().map(|kind| (kind.name, kind.docs, kind.example));
    section(&mut page, "Kinds of channel", kinds);
    page.push_str("\n## What a spike is told by\n");
    for kind in detect::KINDS {
        // Writing into a string does not fail.
        let _ = write!(
            page,
            "\n### {}\n\n{}\n\n```yaml\nspike: {{ {}: {} }}\n```\n",
            kind.name, kind.docs, kind.name, kind.example
        );
    }
    page
}

fn section<'a>(page: &mut String, title: &str, kinds: impl Iterator<Item = (&'a str, &'a str, &'a str)>) {
    let _ = write!(page, "\n## {title}\n");
    for (name, docs, example) in kinds {
        let _ = write!(page, "\n### {name}\n\n```text\n{docs}\n```\n\n```yaml\n{example}\n```\n");
    }
}
