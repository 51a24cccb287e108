//! Bots that come by the relay: a WebSocket whose binary messages are netcode's packets. The relay here is a small one; with the
//! control plane's own they meet in the tests of the whole system.

mod common;

use common::{Asked, Executor, Instance, Manners, Noticed, scenario, web};
use otherworld_core::SeatId;
use otherworld_pipes::Departure;
use serde_json::{Value, json};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;
use tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tungstenite::{Message, WebSocket};

/// What a relay heard.
#[derive(Debug, PartialEq)]
enum Heard {
    /// A WebSocket, by the path and query that it asked for.
    Came(String),
    /// It was closed in order, or torn.
    Closed(bool),
}

/// Carries messages to one instance and datagrams back, until it has carried `messages` of a visitor.
fn relay(target: SocketAddr, messages: usize) -> (String, Receiver<Heard>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/api/v1/relay", listener.local_addr().unwrap());
    let (tell, heard) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, tell) = (stream.unwrap(), tell.clone());
            thread::spawn(move || serve(stream, target, messages, &tell));
        }
    });
    (url, heard)
}

fn serve(stream: TcpStream, target: SocketAddr, messages: usize, tell: &Sender<Heard>) {
    #[expect(clippy::result_large_err, reason = "the signature is the crate's")]
    let note = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        tell.send(Heard::Came(request.uri().to_string())).unwrap();
        Ok(response)
    };
    let mut web = tungstenite::accept_hdr(stream, note).unwrap();
    web.get_ref()
        .set_read_timeout(Some(Duration::from_millis(2)))
        .unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    udp.connect(target).unwrap();
    udp.set_nonblocking(true).unwrap();
    let closed = carry(&mut web, &udp, messages);
    let _ = tell.send(Heard::Closed(closed));
}

/// Answers whether the visitor closed it.
fn carry(web: &mut WebSocket<TcpStream>, udp: &UdpSocket, messages: usize) -> bool {
    let (mut packet, mut carried) = ([0; 2048], 0);
    while carried < messages {
        match web.read() {
            Ok(Message::Binary(bytes)) => {
                carried += 1;
                udp.send(&bytes).unwrap();
            }
            Ok(_) => {}
            Err(tungstenite::Error::Io(_)) => {}
            Err(_) => return true,
        }
        while let Ok(length) = udp.recv(&mut packet) {
            web.send(Message::binary(packet[..length].to_vec()))
                .unwrap();
        }
    }
    false
}

fn by_relay(mut join: Value, url: &str) -> Value {
    let token = join["pipes"][0]["token"].clone();
    let relay = json!({ "pipe": "relay", "token": token, "url": url, "ticket": "t.1" });
    join["pipes"].as_array_mut().unwrap().push(relay);
    join
}

#[test]
fn a_bot_walks_by_the_relay_as_it_does_by_udp_and_leaves_in_order() {
    let instance = Instance::start(Manners::default());
    let (url, heard) = relay(instance.address, usize::MAX);
    let web = web(|_: Asked| panic!("nobody may ask for a seat"));
    let mut scenario = scenario(by_relay(instance.join(1, &web), &url), 5.0);
    scenario["bots"][0]["pipe"] = json!("relay");
    let outcome = Executor::start(&scenario).wait();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let summary = outcome.summary();
    assert_eq!(
        (&summary["playing"], &summary["corrections"]),
        (&json!(1), &json!(0)),
        "{summary}"
    );
    assert!(summary["walked_m"].as_f64().unwrap() > 4.0, "{summary}");
    let patience = Duration::from_secs(5);
    let heard: Vec<Heard> = (0..2)
        .map(|_| heard.recv_timeout(patience).unwrap())
        .collect();
    assert_eq!(
        heard,
        [
            Heard::Came("/api/v1/relay?ticket=t.1".into()),
            Heard::Closed(true)
        ]
    );
    let noticed: Vec<Noticed> = (0..2)
        .map(|_| instance.noticed.recv_timeout(patience).unwrap())
        .collect();
    assert_eq!(
        noticed,
        [
            Noticed::Joined(SeatId(1)),
            Noticed::Gone(SeatId(1), Departure::Left)
        ]
    );
}

#[test]
fn when_the_relay_goes_the_bot_asks_for_another_seat_at_once() {
    let instance = Instance::start(Manners::default());
    // Two seconds of inputs.
    let (short, _heard) = relay(instance.address, 60);
    let (long, _heard) = relay(instance.address, usize::MAX);
    let first = instance.join(1, "unused");
    let web = web(move |asked: Asked| {
        let connect = by_relay(instance.join(2, &asked.web), &long);
        (
            201,
            json!({ "id": "t", "state": "seated", "reason": null, "connect": connect }),
        )
    });
    let mut first = by_relay(first, &short);
    let file = first["world"]["sha256"].as_str().unwrap();
    first["world"]["url"] = json!(format!("{web}/worlds/{file}.glb"));
    let mut scenario = scenario(first, 8.0);
    scenario["bots"][0]["pipe"] = json!("relay");
    scenario["bots"][0]["token"] = json!("ow_1");
    scenario["rejoin"] = json!({ "url": web, "world": "plaza" });
    let outcome = Executor::start(&scenario).wait();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let ended = outcome.of_type("ended").next().unwrap();
    assert_eq!(
        (&ended["cause"], &ended["rejoining"]),
        (&json!("relay"), &json!(true))
    );
    assert_eq!(outcome.of_type("connected").count(), 2);
    assert_eq!(outcome.summary()["playing"], 1, "{}", outcome.summary());
}

#[test]
fn a_relay_that_cannot_be_had_is_named() {
    let instance = Instance::start(Manners::default());
    let web = web(|_: Asked| panic!("nobody may ask for a seat"));
    for (url, expected) in [
        ("ws://127.0.0.1:1/api/v1/relay", "refused"),
        ("wss://127.0.0.1:1/api/v1/relay", "only ws://"),
    ] {
        let mut scenario = scenario(by_relay(instance.join(1, &web), url), 5.0);
        scenario["bots"][0]["pipe"] = json!("relay");
        let outcome = Executor::start(&scenario).wait();
        assert_eq!(outcome.code, Some(8), "{outcome:?}");
        assert!(outcome.message.contains(expected), "{}", outcome.message);
    }
}
