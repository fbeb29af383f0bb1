//! How long a server asks to be left alone.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::HeaderMap;

/// The longest wait that a server can ask for where somebody may be waiting.
pub const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);

/// What `Retry-After` says: seconds, or a date (RFC 9110, 10.2.3); a second at least, and at most the longest.
pub fn retry_after(headers: &HeaderMap, now: Timestamp, longest: Duration) -> Option<Duration> {
    let said = headers.get("retry-after")?.to_str().ok()?.trim();
    let wait = if let Ok(seconds) = said.parse() {
        Duration::from_secs(seconds)
    } else {
        let until = rfc2822::parse(said).ok()?.timestamp();
        Duration::try_from(until.duration_since(now)).unwrap_or_default()
    };
    Some(wait.clamp(Duration::from_secs(1), longest))
}
