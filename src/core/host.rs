//! The host of an address, as it is written there.

/// What stands between `://` and the path, without a sign-in and a port.
pub fn host_of(url: &str) -> Option<&str> {
    host_in(url.split_once("://")?.1)
}

/// The same of an address without its scheme.
pub fn host_in(address: &str) -> Option<&str> {
    let authority = address.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?;
    (!host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::{host_in, host_of};

    #[test]
    fn a_host_is_told_from_what_stands_around_it() {
        for (url, host) in [
            ("https://news.example/a?b#c", Some("news.example")),
            ("https://me:pw@news.example:8443", Some("news.example")),
            ("https://news.example?x=//other", Some("news.example")),
            ("http://a@b@news.example\\@evil.example", Some("news.example")),
            ("https:///path", None),
            ("news.example/a", None),
        ] {
            assert_eq!(host_of(url), host, "{url}");
        }
        assert_eq!(host_in("news.example/a"), Some("news.example"));
    }
}
