//! How far a file has been read, as text that is stored with the mentions.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::replay::Pace;

const FOLLOW: &str = "follow1";
const REPLAY: &str = "replay1";

/// A place in one file. The file is known by its inode, and by what stands before the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub inode: u64,
    /// In bytes.
    pub offset: u64,
    /// Lines that end before the offset.
    pub line: u64,
    /// In the middle of a line that is too long and is passed over.
    pub skipping: bool,
    /// Hash of the bytes just before the offset; tells a file that was cut and has grown again.
    pub before: String,
}

impl Place {
    pub fn start(inode: u64) -> Self {
        Self { inode, offset: 0, line: 0, skipping: false, before: super::source::hash(&[]) }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Hash of the file's path: another path in the configuration begins anew.
    pub path: String,
    pub place: Place,
    /// None when following.
    pub pace: Option<Pace>,
}

impl Cursor {
    pub fn write(&self) -> String {
        let mode = if self.pace.is_some() { REPLAY } else { FOLLOW };
        let Place { inode, offset, line, skipping, before } = &self.place;
        let skipping = u8::from(*skipping);
        let mut text = format!("{mode} {} {inode} {offset} {line} {skipping} {before}", self.path);
        if let Some(Pace { latest, due }) = self.pace {
            let latest = latest.map_or("-".to_owned(), |latest| latest.as_nanosecond().to_string());
            // Writing to a string cannot fail.
            let _ = write!(text, " {latest} {}", due.as_nanosecond());
        }
        text
    }

    /// None when the text is not a cursor of this feed.
    pub fn read(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let mode = words.next()?;
        let path = words.next()?.to_owned();
        let left = Place {
            inode: words.next()?.parse().ok()?,
            offset: words.next()?.parse().ok()?,
            line: words.next()?.parse().ok()?,
            skipping: matches!(words.next()?, "1"),
            before: words.next()?.to_owned(),
        };
        let pace = match mode {
            REPLAY => {
                let latest = match words.next()? {
                    "-" => None,
                    time => Some(read_time(time)?),
                };
                Some(Pace { latest, due: read_time(words.next()?)? })
            }
            FOLLOW => None,
            _ => return None,
        };
        words.next().is_none().then_some(Self { path, place: left, pace })
    }
}

fn read_time(text: &str) -> Option<Timestamp> {
    Timestamp::from_nanosecond(text.parse().ok()?).ok()
}
