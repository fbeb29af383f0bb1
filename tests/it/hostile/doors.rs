//! Addresses, cookies, form bodies and headers of the web: blns, xss-payload-list, template-injection, unicode.json and
//! the bytes of JSONTestSuite. Every answer says what is wrong; none is a failure of ours.

use std::fmt::Write as _;
use std::fs;

use reqwest::{Method, Response};

use super::outline::outline;
use super::{Meter, files_below, hostile, payloads};
use crate::test_app::TestApp;

/// Every nth of the largest set is tried here.
const EVERY: usize = 60;

/// Bytes as a segment of a path.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes().take(1_500) {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

async fn fine(name: &str, response: Response) {
    let status = response.status();
    assert!(status.as_u16() < 500, "{name}: {status}");
    assert!(response.headers().contains_key("content-security-policy"), "{name}");
    let body = response.text().await.unwrap();
    if body.starts_with("<!doctype html>") {
        let runs = outline(&body).into_iter().find(|element| element.contains(" on") || element.starts_with("script"));
        assert_eq!(runs, None, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_address_cookie_or_form_is_a_failure_of_ours() {
    let Some(folder) = hostile() else { return };
    let mut meter = Meter::of("a sample of every set as addresses, cookies and forms");
    let mut app = TestApp::start().await;
    app.spike(6).await;
    let ana = app.sign_in("ana").await;
    let mut before = app.incident(1).events;
    for text in payloads::sample(&folder, EVERY) {
        let odd = encoded(&text);
        for path in [
            format!("/a/{odd}"),
            format!("/sign-in/{odd}"),
            format!("/newsroom/1/{odd}"),
            format!("/newsroom/{odd}/staff"),
            format!("/mailbox/{odd}"),
            format!("/mailbox?to={odd}"),
            format!("/incident/{odd}"),
            format!("/in/{odd}"),
            format!("/{odd}"),
        ] {
            let response = meter.run_async(&path, async |_| ana.get(&path).await).await;
            fine(&path, response).await;
        }
        let form = [("code", text.as_str()), ("press", &text), ("words", &text), ("email", &text), ("value", &text)];
        for path in
            ["/a/AAAA", "/sign-in/AAAA", "/sign-in", "/incident/1/fact/help_line", &format!("/incident/1/fact/{odd}")]
        {
            let response = meter.run_async(path, async |_| ana.post(path, &form).await).await;
            fine(path, response).await;
        }
        let value: Vec<u8> = text.bytes().filter(|byte| *byte >= 32 && *byte != 127).take(2_000).collect();
        let cookie = [b"holdline=".as_slice(), &value].concat();
        let request = app.client.request(Method::GET, format!("{}/", app.base)).header("cookie", cookie);
        fine(&text, request.header("user-agent", value.clone()).header("accept-language", value).send().await.unwrap())
            .await;
        // Nothing of it is a number that it could be recorded as.
        let events = app.incident(1).events;
        assert!(events == before || text.bytes().filter(u8::is_ascii_digit).count() >= 3, "{text:?} was recorded");
        before = events;
    }
    meter.end();
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_body_is_a_failure_of_ours() {
    let Some(folder) = hostile() else { return };
    let mut meter = Meter::of("JSONTestSuite as bodies of forms");
    let app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    drop(ana);
    for file in files_below(&folder.join("JSONTestSuite"), ".json") {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = fs::read(&file).unwrap();
        for path in ["/a/AAAA", "/sign-in", "/in/listening", "/open"] {
            for kind in ["application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=x"] {
                let request = app.client.post(format!("{}{path}", app.base)).header("content-type", kind);
                let request = request.body(bytes.clone());
                let send = async |_| request.try_clone().unwrap().send().await.unwrap();
                let response = meter.run_async(&name, send).await;
                assert!(
                    response.status().is_client_error() || response.status().is_success(),
                    "{name}: {}",
                    response.status()
                );
                fine(&name, response).await;
            }
        }
    }
    meter.end();
}
