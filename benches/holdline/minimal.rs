//! The smallest program of the same parts: tokio, axum and SQLite, a POST stored durably. The benchmark starts itself as this.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use rusqlite::Connection;

use super::folder::{PATH, on_disk};

pub(crate) const ARGUMENT: &str = "--minimal";

pub(crate) fn run() {
    let port: u16 = std::env::args().nth(2).unwrap().parse().unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(serve(port));
}

async fn serve(port: u16) {
    let folder = on_disk();
    let db = Connection::open(folder.path().join("minimal.db")).unwrap();
    db.pragma_update(None, "journal_mode", "wal").unwrap();
    db.pragma_update(None, "synchronous", "full").unwrap();
    db.execute_batch("create table rows (seq integer primary key, body text not null)").unwrap();
    let router = Router::new().route(PATH, post(store)).with_state(Arc::new(Mutex::new(db)));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    axum::serve(listener, router).await.unwrap();
}

async fn store(State(db): State<Arc<Mutex<Connection>>>, body: String) -> &'static str {
    let db = db.lock().unwrap();
    db.prepare_cached("insert into rows (body) values (?1)").unwrap().execute([body]).unwrap();
    "stored"
}
