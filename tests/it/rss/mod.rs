//! Feeds at an address: what is read of them, how they are fetched, when, and what people are told of them.

mod bombs;
mod documents;
mod engine;
mod fetching;
mod page;
mod schedule;
mod wild;

use holdline::feed::rss::{RssFeed, RssSettings};

/// A feed on a server of the tests, which is a private one.
pub(crate) fn feed(url: &str) -> RssFeed {
    RssFeed::new(&RssSettings { url: url.to_owned(), key: None, every: None, private: Some(true) }).unwrap()
}

/// An RSS document with these items.
pub(crate) fn rss(items: &[String]) -> Vec<u8> {
    format!("<rss version=\"2.0\"><channel><title>News</title>{}</channel></rss>", items.concat()).into_bytes()
}

pub(crate) fn item(id: &str, title: &str, published: &str) -> String {
    let date = if published.is_empty() { String::new() } else { format!("<pubDate>{published}</pubDate>") };
    format!("<item><guid>{id}</guid><title>{title}</title><link>https://{id}.example/</link>{date}</item>")
}
