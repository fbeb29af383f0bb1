//! A document: plain words in blocks, before anybody decides how they are written.

/// Words in it are plain text from anybody; each writer escapes them for its own form.
#[derive(Clone, Debug, Default)]
pub struct Document {
    pub title: String,
    /// What everything of a rehearsal carries, at its beginning and end and on each printed page.
    pub stamp: Option<String>,
    pub blocks: Vec<Block>,
}

#[derive(Clone, Debug)]
pub enum Block {
    Heading(String),
    Text(String),
    List(Vec<String>),
    /// What strangers said.
    Quotes(Vec<String>),
    Table(Table),
}

/// Rows have as many cells as the head.
#[derive(Clone, Debug)]
pub struct Table {
    pub head: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
}

impl Document {
    pub(super) fn heading(&mut self, words: &str) {
        self.blocks.push(Block::Heading(words.to_owned()));
    }

    pub(super) fn text(&mut self, words: impl Into<String>) {
        self.blocks.push(Block::Text(words.into()));
    }

    /// Nothing where there is nothing to list.
    pub(super) fn list(&mut self, items: Vec<String>) {
        if !items.is_empty() {
            self.blocks.push(Block::List(items));
        }
    }

    /// The rows, or the sentence where there are none.
    pub(super) fn table(&mut self, head: &[&'static str], rows: Vec<Vec<String>>, none: &str) {
        if rows.is_empty() {
            self.text(none);
        } else {
            self.blocks.push(Block::Table(Table { head: head.to_vec(), rows }));
        }
    }
}
