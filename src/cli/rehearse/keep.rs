//! What a rehearsal leaves in a folder: the timeline with the score, the report, every mail as it would have gone out, every
//! draft and post.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::app::Rehearsed;
use crate::core::rehearsal::Retold;
use crate::core::statement::Variant;
use crate::mail::Captured;
use crate::report::{Document, html, markdown};

/// The longest part of a file's name that comes from a subject, in characters.
const SLUG_CHARS_MAX: usize = 40;

pub(super) struct Kept(PathBuf);

/// How it ended; nothing where no incident was opened.
pub(super) struct Ended {
    pub(super) retold: Option<Retold>,
    pub(super) report: Option<Document>,
}

impl Kept {
    /// Makes the folder; one that holds anything is left alone.
    pub(super) fn begin(folder: &Path) -> Result<Self, String> {
        let refuse = |error: io::Error| format!("{} cannot be written to: {error}", folder.display());
        fs::create_dir_all(folder).map_err(refuse)?;
        if fs::read_dir(folder).map_err(refuse)?.next().is_some() {
            return Err(format!(
                "{} holds files already, and nothing is written over; name a new folder",
                folder.display()
            ));
        }
        Ok(Self(folder.to_owned()))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0
    }

    pub(super) fn keep(&self, rehearsed: &Rehearsed, ended: &Ended, lines: &[String]) -> Result<(), String> {
        let Ended { retold, report } = ended;
        let kept = self.write("", "timeline.txt", format!("{}\n", lines.join("\n")).as_bytes());
        let kept = kept.and_then(|()| report.iter().try_for_each(|report| self.report(report)));
        let kept = kept.and_then(|()| rehearsed.mailbox.all().iter().try_for_each(|letter| self.mail(letter)));
        let kept = kept.and_then(|()| self.drafts(retold.as_ref())).and_then(|()| self.posts(rehearsed));
        kept.map_err(|error| format!("{} cannot be written to: {error}", self.0.display()))
    }

    fn write(&self, sub: &str, name: &str, bytes: &[u8]) -> io::Result<()> {
        let folder = self.0.join(sub);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), bytes)
    }

    fn report(&self, report: &Document) -> io::Result<()> {
        self.write("", "report.html", html(report).as_bytes())?;
        self.write("", "report.md", markdown(report).as_bytes())
    }

    fn mail(&self, kept: &Captured) -> io::Result<()> {
        let letter = &kept.letter;
        let to = letter.to.split('@').next().unwrap_or_default();
        let name = format!("{:04}-{}-{}", kept.number, slug(to), slug(&letter.subject));
        self.write("mails", &format!("{name}.eml"), &kept.mime)?;
        self.write("mails", &format!("{name}.txt"), letter.text.as_bytes())?;
        self.write("mails", &format!("{name}.html"), letter.html.as_bytes())
    }

    fn drafts(&self, retold: Option<&Retold>) -> io::Result<()> {
        for (step, statement) in retold.into_iter().flat_map(|retold| &retold.incident().statements) {
            for version in &statement.versions {
                let text = texts(&version.package.variants);
                self.write("drafts", &format!("{step}-v{}.txt", version.number), text.as_bytes())?;
            }
        }
        Ok(())
    }

    fn posts(&self, rehearsed: &Rehearsed) -> io::Result<()> {
        for (nth, post) in (1_u32..).zip(rehearsed.stage.posts()) {
            let name = format!("{nth:03}-{}.txt", post.channel);
            self.write("posts", &name, format!("{}\n\n{}", post.url, texts(&post.texts)).as_bytes())?;
        }
        Ok(())
    }
}

fn texts(variants: &[Variant]) -> String {
    let text = |variant: &Variant| format!("[{}]\n{}\n", variant.label(), variant.text());
    variants.iter().map(text).collect::<Vec<_>>().join("\n")
}

/// A subject as part of a file's name.
fn slug(text: &str) -> String {
    let kept = text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' });
    let kept: String = kept.collect();
    let slug: String = kept.split_whitespace().collect::<Vec<_>>().join("-").chars().take(SLUG_CHARS_MAX).collect();
    slug.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{SLUG_CHARS_MAX, slug};

    #[test]
    fn a_subject_is_cut_at_the_limit_and_never_ends_in_a_dash() {
        let word = "a".repeat(SLUG_CHARS_MAX);
        assert_eq!(slug(&word), word);
        assert_eq!(slug(&format!("{word}b")), word);
        assert_eq!(slug(&format!("{} b", &word[1..])), word[1..]);
        assert_eq!(slug("[Serious] Approve by 14:20 EDT"), "serious-approve-by-14-20-edt");
    }
}
