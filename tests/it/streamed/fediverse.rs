//! The Mastodon feed against snac2, started by `tests/peers/fediverse.sh`: a real server that does not stream.

use holdline::feed::mastodon::Mastodon;
use holdline::feed::streamed::{Session, Streamed as _};
use holdline::net::Http;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;

use super::{mentions, pace};
use crate::channel::fediverse::Server;

async fn say(server: &Server, token: &str, text: &str) -> String {
    let form = [("status", text), ("visibility", "public")];
    let answer = server.client.post(format!("{}/api/v1/statuses", server.base)).bearer_auth(token).form(&form);
    let status: Value = answer.send().await.unwrap().json().await.unwrap();
    status["id"].as_str().unwrap_or_else(|| panic!("{status}")).to_owned()
}

async fn open(server: &Server, token: &str, cursor: Option<String>) -> Box<dyn Session> {
    let token = Some(SecretString::from(token.to_owned()));
    let feed = Mastodon::new(server.base.parse().unwrap(), &["RiversideLeak".to_owned()], None, token, true).unwrap();
    feed.with_pace(pace()).open(&Http::new().unwrap(), cursor, Timestamp::now()).await.unwrap()
}

#[tokio::test]
async fn a_real_server_that_does_not_stream_is_looked_at() {
    let Some((server, password)) = Server::start().await else { return };
    let token = server.token(&password).await;
    let first = say(&server, &token, "Riverside General & my records #riversideleak").await;
    say(&server, &token, "Lovely weather #ducks").await;
    let mut session = open(&server, &token, None).await;
    let heard = mentions(&mut session, 1).await;
    assert!(heard.note.unwrap().contains("looked at instead"));
    let mention = &heard.mentions[0];
    assert_eq!(mention.id, first);
    assert_eq!(mention.text, "Riverside General & my records #riversideleak");
    assert!(mention.author.as_deref().unwrap().starts_with("alice@localhost"));
    assert!(mention.published.is_some() && mention.url.as_deref().unwrap().starts_with(&server.base));
    let mut said: Vec<String> = Vec::new();
    let mut place = heard.cursor;
    for number in 0..30 {
        said.push(say(&server, &token, &format!("number {number} #riversideleak")).await);
    }
    let mut ids: Vec<String> = Vec::new();
    while !said.iter().all(|id| ids.contains(id)) {
        let heard = mentions(&mut session, 1).await;
        ids.extend(heard.mentions.into_iter().map(|mention| mention.id));
        place = heard.cursor.or(place);
    }
    // While nobody listened.
    drop(session);
    let missed = say(&server, &token, "and one more #riversideleak").await;
    let mut session = open(&server, &token, place).await;
    let mut found = false;
    while !found {
        found = mentions(&mut session, 1).await.mentions.iter().any(|mention| mention.id == missed);
    }
}
