//! What the tests put around an instance: the other side of the contract, served by tonic on a loopback port and driven
//! by the test message by message, a small HTTP server with a script, and the ends of the fleet's channels.

use std::sync::Arc;
use std::time::Duration;

use otherworld_core::SeatId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::{Request, Response, Status, Streaming};

use crate::config::{Build, Config};
use crate::error::Error;
use crate::exchange::{Command, Exchange, Instance};
use crate::flow;
use crate::proto::instance_service_server::{InstanceService, InstanceServiceServer};
use crate::proto::{self, control_message, instance_message::Message};
use crate::sdk::{Desired, Fleet, GameServer, Phase};
use crate::seats::Seat;
use crate::stop::Stop;

const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("not within {PATIENCE:?}: {what}"))
}

/// The control plane's end of the contract.
pub(crate) struct ControlPlane {
    pub address: std::net::SocketAddr,
    dialled: mpsc::Receiver<Dialled>,
    server: tokio::task::JoinHandle<()>,
}

/// One stream that an instance has opened.
pub(crate) struct Dialled {
    messages: Streaming<proto::InstanceMessage>,
    answers: mpsc::Sender<Result<proto::ControlMessage, Status>>,
}

struct Service(mpsc::Sender<Dialled>);

#[tonic::async_trait]
impl InstanceService for Service {
    type ConnectStream = ReceiverStream<Result<proto::ControlMessage, Status>>;

    async fn connect(
        &self,
        request: Request<Streaming<proto::InstanceMessage>>,
    ) -> Result<Response<Self::ConnectStream>, Status> {
        let (answers, stream) = mpsc::channel(64);
        let dialled = Dialled {
            messages: request.into_inner(),
            answers,
        };
        self.0
            .send(dialled)
            .await
            .map_err(|_| Status::unavailable("the test is over"))?;
        Ok(Response::new(ReceiverStream::new(stream)))
    }
}

/// A seat with made-up words, told from others by its number.
pub fn seat(id: u64) -> Seat {
    Seat {
        id: SeatId(id),
        user: format!("user-{id}"),
        name: format!("name {id}"),
    }
}

impl ControlPlane {
    pub async fn start() -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap()).await
    }

    pub async fn start_at(address: std::net::SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, dialled) = mpsc::channel(8);
        let service = InstanceServiceServer::new(Service(sender));
        let server = tokio::spawn(async move {
            let incoming = TcpListenerStream::new(listener);
            tonic::transport::Server::builder()
                .add_service(service)
                .serve_with_incoming(incoming)
                .await
                .unwrap();
        });
        Self {
            address,
            dialled,
            server,
        }
    }

    /// The next stream and its `Register`.
    pub async fn dialled(&mut self) -> (Dialled, proto::Register) {
        let mut dialled = within("an instance dials", self.dialled.recv())
            .await
            .unwrap();
        match dialled.next().await {
            Message::Register(register) => (dialled, register),
            other => panic!("the first message is {other:?}"),
        }
    }

    /// Whether nobody has dialled since the last one.
    pub fn is_left_alone(&mut self) -> bool {
        self.dialled.try_recv().is_err()
    }

    /// Takes no more streams; those open are the test's to drop.
    pub async fn stop(self) {
        self.server.abort();
        let _ = self.server.await;
    }
}

impl Dialled {
    pub async fn next(&mut self) -> Message {
        let message = within("a message comes", self.messages.message()).await;
        message
            .unwrap()
            .expect("the stream goes on")
            .message
            .expect("the message is known")
    }

    /// The next message that is no heartbeat.
    pub async fn next_event(&mut self) -> Message {
        loop {
            match self.next().await {
                Message::Heartbeat(_) => {}
                event => return event,
            }
        }
    }

    /// What the instance says that it ends for.
    pub async fn failure(&mut self) -> String {
        match self.next_event().await {
            Message::Failed(proto::Failed { problem }) => problem,
            other => panic!("{other:?} instead of Failed"),
        }
    }

    pub async fn next_heartbeat(&mut self) -> proto::Heartbeat {
        loop {
            if let Message::Heartbeat(beat) = self.next().await {
                return beat;
            }
        }
    }

    /// Whether the instance has closed its side in order, after whatever else it had to say.
    pub async fn has_ended(&mut self) -> bool {
        within("the instance ends the stream", async {
            loop {
                match self.messages.message().await {
                    Ok(Some(_)) => {}
                    Ok(None) => return true,
                    Err(_) => return false,
                }
            }
        })
        .await
    }

    pub async fn tell(&self, message: control_message::Message) {
        self.answers
            .send(Ok(proto::ControlMessage {
                message: Some(message),
            }))
            .await
            .unwrap();
    }

    pub async fn refuse(self, status: Status) {
        self.answers.send(Err(status)).await.unwrap();
    }

    pub async fn offer(&self, id: u64, expires_ms: u32) {
        let seat = proto::Seat {
            id,
            user: format!("user-{id}"),
            name: format!("name {id}"),
            connected: false,
        };
        self.tell(control_message::Message::OfferSeat(proto::OfferSeat {
            seat: Some(seat),
            expires_ms,
        }))
        .await;
    }

    pub async fn accept(&self, registered: &proto::Registered) {
        self.tell(control_message::Message::Registered(registered.clone()))
            .await;
    }

    pub async fn assign(&self, world: &proto::AssignWorld) {
        self.tell(control_message::Message::AssignWorld(world.clone()))
            .await;
    }

    /// Accepts the instance and gives it its world at once.
    pub async fn welcome(&self, rig: &Rig) {
        self.accept(&rig.registered).await;
        self.assign(&rig.assignment).await;
    }
}

/// One answer of the HTTP server.
pub(crate) struct HttpAnswer {
    status: u16,
    body: Vec<u8>,
    announced: usize,
}

impl HttpAnswer {
    pub fn new(status: u16, body: Vec<u8>) -> Self {
        Self {
            status,
            announced: body.len(),
            body,
        }
    }

    /// Announces more than it sends.
    pub fn cut_short(body: Vec<u8>) -> Self {
        Self {
            status: 200,
            announced: body.len() + 1,
            body,
        }
    }
}

/// Answers one request after the other by the script, the last answer for ever; gives the address.
pub(crate) async fn serve_http(script: Vec<HttpAnswer>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/worlds/plaza.glb", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut turn = 0;
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = [0u8; 4096];
            let _ = socket.read(&mut request).await.unwrap();
            let HttpAnswer {
                status,
                body,
                announced,
            } = &script[turn.min(script.len() - 1)];
            let head = format!(
                "HTTP/1.1 {status} X\r\ncontent-length: {announced}\r\nconnection: close\r\n\r\n"
            );
            let _ = socket.write_all(head.as_bytes()).await;
            let _ = socket.write_all(body).await;
            turn += 1;
        }
    });
    url
}

/// An instance from its first dial on, with the test in the place of tick, fleet and control plane.
pub(crate) struct Rig {
    pub tick: Instance,
    pub desired: watch::Receiver<Desired>,
    pub registered: proto::Registered,
    pub assignment: proto::AssignWorld,
    pub stop: Stop,
    fleet_reached: watch::Sender<Phase>,
    result: tokio::task::JoinHandle<Result<(), Error>>,
    _identity: tempfile::NamedTempFile,
}

pub(crate) const CREDENTIAL: &str = "secret of plaza-abcde";
pub(crate) const WORLD: &[u8] = b"glTF of a plaza";

impl Rig {
    /// An instance that dials `control`; its world is served as it is announced, and the fleet has it Ready at once.
    pub async fn start(control: std::net::SocketAddr) -> Self {
        let rig = Self::start_unready(control).await;
        rig.fleet_reached.send_replace(Phase::Ready);
        rig
    }

    pub async fn start_unready(control: std::net::SocketAddr) -> Self {
        use sha2::Digest;
        let url = serve_http(vec![HttpAnswer::new(200, WORLD.to_vec())]).await;
        let sha256 = sha2::Sha256::digest(WORLD)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let registered = proto::Registered {
            key: vec![7; 32],
            heartbeat_interval_ms: 100,
            telemetry_interval_ms: 0,
        };
        let assignment = proto::AssignWorld {
            world: Some(proto::World {
                id: "plaza".into(),
                url,
                sha256,
            }),
            capacity: 4,
            tick_rate_hz: 30,
        };

        let identity = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(identity.path(), format!("{CREDENTIAL}\n")).unwrap();
        let config = Config {
            sdk_grpc_port: 0,
            control_url: format!("http://{control}"),
            identity_file: identity.path().to_owned(),
            udp_bind: "127.0.0.1:0".parse().unwrap(),
            public_address: None,
            record: None,
            broken: None,
            catch_signals: false,
        };
        let build = Build {
            version: "test".into(),
            protocol_hash: 42,
            refusal_causes: &["token_expired"],
        };
        let server = GameServer {
            name: "plaza-abcde".into(),
            uid: "uid-1".into(),
            address: [127, 0, 0, 1].into(),
            port: 7420,
        };
        let (desired, wanted) = watch::channel(Desired::default());
        let (fleet_reached, phase) = watch::channel(Phase::Starting);
        let exchange = Exchange::new(build.refusal_causes);
        let tick = Instance::of(Arc::clone(&exchange));
        let fleet = Fleet { desired, phase };
        let (stop, asked) = Stop::new();
        let result = tokio::spawn(flow::live(
            config,
            build,
            server,
            exchange,
            fleet,
            (stop.clone(), asked),
        ));
        Self {
            tick,
            desired: wanted,
            registered,
            assignment,
            stop,
            fleet_reached,
            result,
            _identity: identity,
        }
    }

    /// Waits until the instance desires a phase, then lets the fleet have it.
    pub async fn fleet_becomes(&mut self, phase: Phase) {
        within(
            "the phase is desired",
            self.desired.wait_for(|desired| desired.phase >= phase),
        )
        .await
        .unwrap();
        self.fleet_reached.send_replace(phase);
    }

    pub fn desired_phase(&self) -> Phase {
        self.desired.borrow().phase
    }

    /// The next command but those about the stream.
    pub async fn command(&self) -> Command {
        loop {
            match self.any_command().await {
                Command::Connected(_) => {}
                command => return command,
            }
        }
    }

    pub async fn any_command(&self) -> Command {
        within("a command comes", async {
            loop {
                if let Some(command) = self.tick.poll() {
                    return command;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        })
        .await
    }

    pub async fn result(self) -> Result<(), Error> {
        within("the instance ends", self.result).await.unwrap()
    }
}
