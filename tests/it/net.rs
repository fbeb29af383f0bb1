//! The guarded client: what is public, what is never called, and every bound.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use holdline::net::{
    Addrs, Answer, Call, Fault, HeaderMap, HeaderValue, Http, Method, Name, REDIRECTS_MAX, Reach, Resolve, Resolving,
    Tries, USER_AGENT, Url, is_global,
};
use proptest::prelude::*;

use crate::peer::{Peer, Rude, RudePeer, bare, nobody};
use crate::real_input::data;

/// More than any of these tests needs; a client that hangs fails.
const PATIENCE: Duration = Duration::from_secs(20);
/// A public address that nobody was ever given.
const NOWHERE: &str = "[2000::1]:80";
const BODY_BYTES_MAX: usize = 1000;
/// One address at least of every block that is set apart, and both ends of most.
const APART: &str = "\
    0.0.0.0 0.255.255.255 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 \
    127.255.255.254 168.63.129.16 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 \
    192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 \
    255.255.255.255 :: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe \
    64:ff9b:1::808:808 100::1 2001::1 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:808:808:: \
    3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1 4000::1 1fff::1";
/// Their neighbours, and some that everybody knows.
const PUBLIC: &str = "\
    1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 168.63.129.15 \
    172.15.255.255 172.32.0.0 192.0.1.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255 \
    2000::1 2001:200::1 2606:4700::1111 2a00:1450::1 3ffe::1 64:ff9b::808:808 ::ffff:8.8.8.8";

/// As gzip packs them.
const TEN_THOUSAND_ZEROS: &str =
    "1f8b0800000000000203edc1010d000000c2a0f74f6d0e37a0000000000000000000e0df002eca3b4d10270000";

/// A name server that gives one list of addresses after another, and the last one for ever.
struct Names {
    answers: Mutex<Vec<Vec<SocketAddr>>>,
    asked: Mutex<usize>,
}

impl Names {
    fn saying(answers: Vec<Vec<SocketAddr>>) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers), asked: Mutex::new(0) })
    }
}

impl Resolve for Names {
    fn resolve(&self, _: Name) -> Resolving {
        *self.asked.lock().unwrap() += 1;
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
        Box::pin(async move { Ok(Box::new(answer.into_iter()) as Addrs) })
    }
}

fn call(url: &str, reach: Reach) -> Option<Call> {
    Some(Call {
        method: Method::GET,
        url: Url::parse(url).ok()?,
        headers: HeaderMap::new(),
        body: Vec::new(),
        reach,
        tries: Tries::WithRedirects,
        within: PATIENCE,
        body_bytes_max: BODY_BYTES_MAX,
    })
}

const OWN: Reach = Reach::Server { private: true };

async fn get(url: &str) -> Result<Answer, Fault> {
    Http::new().unwrap().call(call(url, OWN).unwrap()).await
}

#[test]
fn what_is_set_apart_is_not_public() {
    for address in APART.split_whitespace() {
        assert!(!is_global(address.parse().unwrap()), "{address}");
    }
    for address in PUBLIC.split_whitespace() {
        assert!(is_global(address.parse().unwrap()), "{address}");
    }
}

proptest! {
    /// Against what the standard library knows, however little that is.
    #[test]
    fn no_private_address_is_public_in_any_dress(bits: u32) {
        let v4 = Ipv4Addr::from(bits);
        let known = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast() || v4.is_broadcast()
            || v4.is_documentation() || v4.is_unspecified();
        let [a, b, c, d] = v4.octets();
        let tail = [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])];
        prop_assert!(!(known && is_global(IpAddr::V4(v4))));
        prop_assert_eq!(is_global(IpAddr::V6(v4.to_ipv6_mapped())), is_global(IpAddr::V4(v4)));
        prop_assert!(!is_global(IpAddr::V6(v4.to_ipv6_compatible())));
        let six_to_four = Ipv6Addr::new(0x2002, tail[0], tail[1], 0, 0, 0, 0, 1);
        let teredo = Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, !tail[0], !tail[1]);
        prop_assert!(!is_global(six_to_four.into()) && !is_global(teredo.into()));
    }

    #[test]
    fn no_local_v6_address_is_public(bits: u128) {
        let v6 = Ipv6Addr::from(bits);
        let known = v6.is_loopback() || v6.is_unspecified() || v6.is_multicast() || v6.is_unique_local()
            || v6.is_unicast_link_local();
        prop_assert!(!(known && is_global(v6.into())));
    }
}

/// Each way that is known to lead a fetcher inside, with every name leading to the canary: none of them does.
#[tokio::test]
async fn no_hostile_address_reaches_the_canary() {
    let Some(folder) = data() else { return };
    let lines = fs::read_to_string(folder.join("hostile/generated/ssrf.txt")).unwrap();
    let canary = RudePeer::start(Rude::Close).await;
    let inside = || Http::with_names(Names::saying(vec![vec![canary.address]])).unwrap();
    let mut tried = 0;
    for line in lines.lines().filter(|line| !line.is_empty()) {
        tried += 1;
        if let Some((_, target)) = line.strip_prefix("redirect:").and_then(|rest| rest.split_once("->")) {
            let status = if line.contains("307") { 307 } else { 302 };
            let mut there = Url::parse(target).unwrap();
            for port in [there.port(), Some(canary.address.port())] {
                there.set_port(port).unwrap();
                let first = Peer::start(vec![(status, vec![("location", there.to_string())], Vec::new())]).await;
                let answer = inside().call(call(&first.url("/"), OWN).unwrap()).await;
                assert_eq!(answer.unwrap_err(), Fault::NotAllowed, "{line}");
                assert_eq!(first.heard().len(), 1);
            }
        } else if line.starts_with("rebind:") {
            rebinds(&canary).await;
        } else if line.starts_with("dns:") {
            let both = Names::saying(vec![vec![NOWHERE.parse().unwrap(), canary.address]]);
            let answer =
                Http::with_names(both).unwrap().call(call("http://good.example/", Reach::Public).unwrap()).await;
            assert_eq!(answer.unwrap_err(), Fault::NotAllowed, "{line}");
        } else {
            // As it stands; and aimed at the canary's port, which a server's own settings could name.
            let Some(plain) = call(line, Reach::Public) else { continue };
            assert_eq!(inside().call(plain).await.unwrap_err(), Fault::NotAllowed, "{line}");
            let mut aimed = call(line, Reach::Server { private: false }).unwrap();
            if aimed.url.set_port(Some(canary.address.port())).is_ok() {
                assert_eq!(inside().call(aimed).await.unwrap_err(), Fault::NotAllowed, "{line}");
            }
        }
    }
    assert!(tried >= 35, "only {tried} addresses were tried");
    assert_eq!(canary.met(), 0, "the canary was reached");
}

/// A name that leads outside when it is judged and inside when it is called: it is looked up once for each call.
async fn rebinds(canary: &RudePeer) {
    let names = Names::saying(vec![vec![NOWHERE.parse().unwrap()], vec![canary.address]]);
    let http = Http::with_names(Arc::clone(&names) as Arc<dyn Resolve>).unwrap();
    let first = Call { within: Duration::from_millis(200), ..call("http://rebind.example/", Reach::Public).unwrap() };
    let first = http.call(first).await.unwrap_err();
    assert!(matches!(first, Fault::NotReached | Fault::TooSlow), "{first:?}");
    assert_eq!(*names.asked.lock().unwrap(), 1, "what was judged is what was called");
    let second = http.call(call("http://rebind.example/", Reach::Public).unwrap()).await;
    assert_eq!(second.unwrap_err(), Fault::NotAllowed);
}

#[tokio::test]
async fn a_strangers_address_has_the_usual_ports_and_no_sign_in() {
    let http = Http::with_names(Names::saying(vec![vec![NOWHERE.parse().unwrap()]])).unwrap();
    for url in
        ["http://good.example:8080/", "https://good.example:22/", "http://me@good.example/", "ws://good.example/"]
    {
        let answer = http.call(call(url, Reach::Public).unwrap()).await;
        assert_eq!(answer.unwrap_err(), Fault::NotAllowed, "{url}");
    }
}

#[tokio::test]
async fn a_redirect_is_followed_where_asked_and_takes_nothing_along() {
    let next = |number: usize| (302, vec![("location", format!("/{number}"))], Vec::new());
    let mut answers: Vec<_> = (0..REDIRECTS_MAX).map(next).collect();
    answers.push(bare(200));
    let peer = Peer::start(answers).await;
    let mut signed = call(&peer.url("/"), OWN).unwrap();
    signed.method = Method::POST;
    signed.headers.insert("authorization", HeaderValue::from_static("Bearer secret"));
    signed.body = b"words".to_vec();
    let answer = Http::new().unwrap().call(signed).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.url.path()), (200, "/2"));
    let heard = peer.heard();
    assert_eq!(heard.len(), 1 + REDIRECTS_MAX);
    assert_eq!((heard[0].header("authorization"), &heard[0].body[..]), ("Bearer secret", &b"words"[..]));
    for after in &heard[1..] {
        assert_eq!((after.method.as_str(), after.header("authorization"), after.body.len()), ("GET", "", 0));
    }
    let peer = Peer::start((0..=REDIRECTS_MAX).map(next).collect()).await;
    assert_eq!(get(&peer.url("/")).await.unwrap_err(), Fault::Redirects);
    assert_eq!(peer.heard().len(), 1 + REDIRECTS_MAX);
    // Not where it is not asked for; and to another server only as to a stranger's.
    let peer = Peer::start(vec![next(1)]).await;
    let once = Call { tries: Tries::One, ..call(&peer.url("/"), OWN).unwrap() };
    assert_eq!(Http::new().unwrap().call(once).await.unwrap().status, 302);
    assert_eq!(peer.heard().len(), 1);
    let other = Peer::start(vec![bare(200)]).await;
    let peer = Peer::start(vec![(302, vec![("location", other.url("/"))], Vec::new())]).await;
    assert_eq!(get(&peer.url("/")).await.unwrap_err(), Fault::NotAllowed);
    assert!(other.heard().is_empty());
}

#[tokio::test]
async fn a_call_says_who_calls_and_nothing_else() {
    let peer = Peer::start(vec![bare(200)]).await;
    get(&peer.url("/a?b=c")).await.unwrap();
    let heard = peer.heard().remove(0);
    assert_eq!((heard.target.as_str(), heard.header("user-agent")), ("/a?b=c", USER_AGENT));
    let names: Vec<&str> = heard.headers.keys().map(|name| name.as_str()).collect();
    assert!(names.iter().all(|name| ["accept", "accept-encoding", "host", "user-agent"].contains(name)), "{names:?}");
}

#[tokio::test]
async fn an_answer_is_read_up_to_its_bound() {
    let peer = Peer::start(vec![
        (200, Vec::new(), vec![b'x'; BODY_BYTES_MAX]),
        (200, Vec::new(), vec![b'x'; BODY_BYTES_MAX + 1]),
    ])
    .await;
    assert_eq!(get(&peer.url("/")).await.unwrap().body.unwrap().len(), BODY_BYTES_MAX);
    let larger = get(&peer.url("/")).await.unwrap();
    assert_eq!((larger.status.as_u16(), larger.body), (200, None));
}

#[tokio::test]
async fn what_is_packed_small_is_bounded_unpacked() {
    let packed = hex::decode(TEN_THOUSAND_ZEROS).unwrap();
    assert!(packed.len() < BODY_BYTES_MAX);
    let peer = Peer::start(vec![(200, vec![("content-encoding", "gzip".to_owned())], packed)]).await;
    assert_eq!(get(&peer.url("/")).await.unwrap().body, None);
}

#[tokio::test]
async fn what_goes_wrong_says_whether_something_was_sent() {
    let nobody = nobody().await;
    assert_eq!(get(&format!("http://{nobody}/")).await.unwrap_err(), Fault::NotReached);
    // No TLS there: the handshake fails before a word of ours is said.
    let plain = Peer::start(Vec::new()).await;
    let answer = get(&plain.url("/").replace("http:", "https:")).await;
    assert_eq!(answer.unwrap_err(), Fault::NotReached);
    assert!(plain.heard().is_empty());
    for rude in [Rude::Reset, Rude::Close, Rude::Say(b"HTTP/1.1 20"), Rude::Say(b"no http at all\r\n\r\n")] {
        let peer = RudePeer::start(rude).await;
        assert_eq!(get(&peer.url("/")).await.unwrap_err(), Fault::Lost, "{rude:?}");
        assert_eq!(peer.met(), 1, "{rude:?}: it was not called twice");
    }
    let silent = RudePeer::start(Rude::Silent).await;
    let short = Call { within: Duration::from_millis(300), ..call(&silent.url("/"), OWN).unwrap() };
    assert_eq!(Http::new().unwrap().call(short).await.unwrap_err(), Fault::TooSlow);
    let cut = RudePeer::start(Rude::Say(b"HTTP/1.1 201 Created\r\ncontent-length: 9\r\n\r\nhalf")).await;
    let cut = get(&cut.url("/")).await.unwrap();
    assert_eq!((cut.status.as_u16(), cut.body), (201, None));
}
