//! The folder's files: read within limits, and never from outside the folder.

use std::cell::RefCell;
use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::kept::Files;
use super::node::Word;
use super::problem::{NamedText, Place, Problem, Weight};
use super::sheet::Sheet;

/// The largest file that is read, in bytes.
pub const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// The deepest folder below `templates/statements`, in levels.
const DEPTH_MAX: usize = 8;

#[derive(Debug)]
pub(super) struct Folder {
    /// Without links.
    root: PathBuf,
    /// What was kept of it, in place of the files that stand there.
    kept: Option<Files>,
    read: RefCell<Files>,
}

/// A problem with a whole file.
fn unreadable(name: &str, message: impl Into<String>, help: &str) -> Problem {
    let text = Arc::new(NamedText::new(name.to_owned(), String::new()));
    Problem::new(Weight::Refused, Place::new(text, 0..0), message, help)
}

fn no_such_file(name: &str) -> Problem {
    let help = "write it; src/config/default.yaml in Holdline's repository shows every key";
    unreadable(name, "there is no such file", help)
}

impl Folder {
    pub(super) fn open(path: &Path) -> Result<Self, Problem> {
        let refuse =
            |why: String| unreadable(&path.display().to_string(), why, "name a folder that holds holdline.yaml");
        let root = fs::canonicalize(path).map_err(|error| refuse(format!("the folder cannot be opened: {error}")))?;
        if root.is_dir() {
            Ok(Self { root, kept: None, read: RefCell::default() })
        } else {
            Err(refuse("this is no folder".to_owned()))
        }
    }

    /// The folder as it was kept; what its files name lies where it lies now.
    pub(super) fn kept(path: &Path, files: Files) -> Result<Self, Problem> {
        Ok(Self { kept: Some(files), ..Self::open(path)? })
    }

    /// Every file that was read.
    pub(super) fn files(&self) -> Files {
        self.read.borrow().clone()
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Reads a file by its path within the folder.
    pub(super) fn read(&self, name: &str) -> Result<Sheet, Problem> {
        let text = match &self.kept {
            Some(files) => files.text(name).map(str::to_owned).ok_or_else(|| no_such_file(name))?,
            None => self.text(name)?,
        };
        self.read.borrow_mut().add(name, &text);
        Ok(Sheet::new(name.to_owned(), text))
    }

    fn text(&self, name: &str) -> Result<String, Problem> {
        let refuse = |why: String, help: &str| Err(unreadable(name, why, help));
        let path = match fs::canonicalize(self.root.join(name)) {
            Ok(path) => path,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(no_such_file(name)),
            Err(error) => return refuse(format!("this file cannot be read: {error}"), "look at its permissions"),
        };
        if !path.starts_with(&self.root) {
            return refuse("this leads out of the folder".to_owned(), "put the file itself here in place of the link");
        }
        // Whoever opens a pipe waits for its other end.
        if !path.is_file() {
            return refuse("this is no file".to_owned(), "put a file of text here, or take it away");
        }
        let mut bytes = Vec::new();
        let read = fs::File::open(&path).and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes));
        if let Err(error) = read {
            return refuse(format!("this file cannot be read: {error}"), "look at its permissions");
        }
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > FILE_BYTES_MAX {
            return refuse(format!("this file is larger than {FILE_BYTES_MAX} bytes"), "shorten it, or split it");
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(text),
            Err(_) => refuse("this file is not UTF-8 text".to_owned(), "save it as UTF-8"),
        }
    }

    /// The files below `sub` that end in `ending`, by their paths within the folder, in order and
    /// but for those of one folder; at most `max`.
    pub(super) fn list(
        &self,
        sub: &str,
        ending: &str,
        without: Option<&str>,
        max: usize,
        problems: &mut Vec<Problem>,
    ) -> Vec<String> {
        let mut names = Vec::new();
        match &self.kept {
            Some(files) => {
                let below = |name: &&str| name.strip_prefix(sub).is_some_and(|rest| rest.starts_with('/'));
                names.extend(files.names().filter(below).filter(|name| name.ends_with(ending)).map(str::to_owned));
            }
            None => self.collect(sub, ending, DEPTH_MAX, &mut names, problems),
        }
        let left_out =
            |name: &str| without.and_then(|folder| name.strip_prefix(folder)).is_some_and(|rest| rest.starts_with('/'));
        names.retain(|name| !left_out(name));
        names.sort();
        if names.len() > max {
            let message = format!("there are {} files here, and at most {max} are read", names.len());
            problems.push(unreadable(sub, message, "take those out that nobody needs"));
            names.truncate(max);
        }
        names
    }

    fn collect(&self, sub: &str, ending: &str, depth: usize, names: &mut Vec<String>, problems: &mut Vec<Problem>) {
        let entries = match fs::read_dir(self.root.join(sub)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return,
            Err(error) => {
                problems.push(unreadable(
                    sub,
                    format!("this folder cannot be read: {error}"),
                    "look at its permissions",
                ));
                return;
            }
        };
        for entry in entries.filter_map(Result::ok) {
            // What begins with a dot is of editors and systems, such as the lock of a file that is being edited.
            let shown = entry.file_name().to_str().filter(|name| !name.starts_with('.')).map(str::to_owned);
            let Some(name) = shown.map(|name| format!("{sub}/{name}")) else { continue };
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder && depth > 0 {
                self.collect(&name, ending, depth - 1, names, problems);
            } else if !is_folder && name.ends_with(ending) {
                names.push(name);
            }
        }
    }

    /// The absolute path of a file that a setting names; none where it lies outside the folder, which is then said.
    pub(super) fn inside(&self, sheet: &Sheet, word: Word<'_>) -> Option<PathBuf> {
        let written = Path::new(word.text);
        let plain = written.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        let path: PathBuf = self.root.join(written);
        let nearest = path.ancestors().find_map(|ancestor| fs::canonicalize(ancestor).ok());
        if plain && nearest.is_some_and(|nearest| nearest.starts_with(&self.root)) {
            return Some(path);
        }
        let message = format!("{} lies outside the folder", word.text);
        sheet.refuse(word.at, message, "write a path below the folder, as in history/storm.csv");
        None
    }
}
