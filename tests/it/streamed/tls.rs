//! The way to a web socket: what is never dialled, and TLS that trusts whom this machine trusts.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use holdline::feed::mastodon::Mastodon;
use holdline::feed::streamed::Streamed as _;
use holdline::net::{
    Addrs, Dial, DialFault, Fault, HeaderMap, Http, Name, Reach, Resolve, Resolving, Silence, Socket, SocketFault, Url,
};
use jiff::Timestamp;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::player::{Act, Play, Player};

const CHILD: &str = "HOLDLINE_TEST_WSS";
const CHILD_WITH_TOKEN: &str = "HOLDLINE_TEST_TOKEN";

fn dial(url: &str, private: bool) -> Dial {
    Dial {
        url: Url::parse(url).unwrap(),
        headers: HeaderMap::new(),
        reach: Reach::Server { private },
        message_bytes_max: 1000,
        silence: Silence { ask_after: Duration::from_secs(20), answer_within: Duration::from_secs(20) },
    }
}

async fn fault(http: &Http, dial: Dial) -> DialFault {
    match http.dial(dial).await {
        Ok(_) => panic!("it was dialled"),
        Err(fault) => fault,
    }
}

/// A name server that says one address to every name.
struct Says(std::net::SocketAddr);

impl Resolve for Says {
    fn resolve(&self, _: Name) -> Resolving {
        let found = vec![self.0].into_iter();
        Box::pin(async move { Ok(Box::new(found) as Addrs) })
    }
}

#[tokio::test]
async fn an_address_inside_is_not_dialled_unless_settings_call_it_private() {
    let player = Player::streams(vec![Play::Acts(vec![Act::Close])]).await;
    let http = Http::with_names(Arc::new(Says(player.address))).unwrap();
    let port = player.address.port();
    for url in [format!("ws://127.0.0.1:{port}/"), format!("ws://[::1]:{port}/"), format!("ws://good.example:{port}/")]
    {
        assert_eq!(fault(&http, dial(&url, false)).await, Fault::NotAllowed.into(), "{url}");
    }
    for url in [
        format!("http://good.example:{port}/"),
        format!("ws://me@good.example:{port}/"),
        format!("ftp://good.example:{port}/"),
    ] {
        assert_eq!(fault(&http, dial(&url, true)).await, Fault::NotAllowed.into(), "{url}");
    }
    assert!(player.heard().is_empty());
    let mut socket: Socket = http.dial(dial(&format!("ws://good.example:{port}/"), true)).await.unwrap();
    let later = tokio::time::Instant::now() + super::PATIENCE;
    assert_eq!(socket.hear(later).await, Err(SocketFault::Closed));
    assert!(player.heard()[0].contains(&format!("Host: good.example:{port}")), "{:?}", player.heard());
}

/// A certificate for localhost, made by openssl; as a file too, for whoever is to trust it.
fn certificate(folder: &std::path::Path) -> Option<TlsAcceptor> {
    let (key, certificate) = (folder.join("key.pem"), folder.join("certificate.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        let required = std::env::var("HOLDLINE_PEERS").is_ok_and(|peers| peers == "required");
        assert!(!required, "openssl is required here");
        eprintln!("NOT RUN: web sockets over TLS: openssl makes no certificate here");
        return None;
    }
    let chain = vec![CertificateDer::from_pem_file(certificate).unwrap()];
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(key).unwrap())
        .unwrap();
    Some(TlsAcceptor::from(Arc::new(config)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_never_travels_unencrypted_whatever_the_server_says() {
    if let Ok(url) = std::env::var(CHILD_WITH_TOKEN) {
        let token = Some(SecretString::from("the token"));
        let feed = Mastodon::new(url.parse().unwrap(), &["leak".to_owned()], None, token, true).unwrap();
        let mut session = feed.open(&Http::new().unwrap(), None, Timestamp::now()).await.unwrap();
        super::hear(&mut session).await.unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(acceptor) = certificate(folder.path()) else { return };
    let clear = Player::streams(vec![Play::Acts(vec![Act::Stay])]).await;
    // The same host, so that nothing but the missing encryption speaks against it.
    let said = format!("ws://localhost:{}", clear.address.port());
    let said = serde_json::json!({ "configuration": { "urls": { "streaming": said } } }).to_string();
    let pages = Box::new(move |target: &str| {
        let body = if target == "/api/v2/instance" { said.clone() } else { "[]".to_owned() };
        ("200 OK".to_owned(), body)
    });
    let player = Player::behind(Some(acceptor), pages, vec![Play::Acts(vec![Act::Stay])]).await;
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "streamed::tls::a_token_never_travels_unencrypted_whatever_the_server_says"]);
    child.env(CHILD_WITH_TOKEN, format!("https://localhost:{}", player.address.port()));
    child.env("SSL_CERT_FILE", folder.path().join("certificate.pem")).env_remove("SSL_CERT_DIR");
    let told = tokio::task::spawn_blocking(move || child.output()).await.unwrap().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stdout));
    assert!(clear.heard().is_empty(), "{:?}", clear.heard());
    let streams: Vec<String> = player.heard().into_iter().filter(|head| head.contains("/api/v1/streaming")).collect();
    assert!(streams.len() == 1 && streams[0].contains("authorization: Bearer the token"), "{streams:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_trusts_whom_this_machine_trusts_and_nobody_else() {
    if let Ok(url) = std::env::var(CHILD) {
        let mut socket = Http::new().unwrap().dial(dial(&url, true)).await.unwrap();
        let later = tokio::time::Instant::now() + super::PATIENCE;
        assert!(socket.hear(later).await.unwrap().is_some(), "nothing was said");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(acceptor) = certificate(folder.path()) else { return };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("wss://localhost:{}/", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(tls) = acceptor.accept(stream).await else { return };
                let mut socket = tokio_tungstenite::accept_async(tls).await.unwrap();
                futures_util::SinkExt::send(&mut socket, "hello".into()).await.unwrap();
                while let Some(Ok(_)) = futures_util::StreamExt::next(&mut socket).await {}
            });
        }
    });
    assert_eq!(fault(&Http::new().unwrap(), dial(&url, true)).await, Fault::NotReached.into());
    // A process that trusts this certificate as its machine's.
    let name = "streamed::tls::tls_trusts_whom_this_machine_trusts_and_nobody_else";
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", name]).env(CHILD, &url).env("SSL_CERT_FILE", folder.path().join("certificate.pem"));
    let told = tokio::task::spawn_blocking(move || child.env_remove("SSL_CERT_DIR").output()).await.unwrap().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stdout));
}
