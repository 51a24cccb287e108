//! The server's receive path, with everything that a stranger, somebody in a handshake and a player with true keys can send.
//! A bystander's session is never touched, nobody gets a session that is not theirs, and strangers are not answered with more
//! bytes than they sent. (`pipes/tests/fuzz.rs` proves what single damaged and copied packets come to.)

use super::peer::{CAPACITY, NOW, Peer, Wire, address, config};
use crate::parts::{Step, Steps};
use otherworld_core::SeatId;
use otherworld_pipes::netcode::{Heard, Server};
use std::time::Duration;

/// Who sends: a player in session, somebody whose challenge is under way, somebody with a token, a stranger.
const PEERS: [u16; 4] = [1, 2, 3, 4];
const BYSTANDER: u16 = 9;

struct Stage {
    server: Server,
    wire: Wire,
    peers: Vec<Peer>,
    bystander: Peer,
    now: Duration,
    heard_of: u32,
}

/// Control: 2 bits who, 2 bits how (as it is; sealed; a true packet, damaged; time passes), 4 bits kind or time.
/// Sealed: the first byte of the step is the sequence number's length and high byte.
pub fn check(bytes: &[u8]) -> bool {
    let mut stage = Stage::new();
    let mut understood = true;
    for step in Steps::of(bytes) {
        understood &= stage.take(step);
    }
    stage.check_bystander();
    understood
}

impl Stage {
    fn new() -> Stage {
        let mut stage = Stage {
            server: Server::new(config()),
            wire: Wire::default(),
            peers: PEERS.map(Peer::new).into(),
            bystander: Peer::new(BYSTANDER),
            now: NOW,
            heard_of: 0,
        };
        for seat in [1, 2, 3, u64::from(BYSTANDER)] {
            stage.server.offer(SeatId(seat));
        }
        for index in [0, 1] {
            stage.peers[index].greet(&mut stage.server, &mut stage.wire);
        }
        stage.peers[0].answer(&mut stage.server, &mut stage.wire);
        stage.bystander.greet(&mut stage.server, &mut stage.wire);
        stage.bystander.answer(&mut stage.server, &mut stage.wire);
        assert_eq!(stage.server.seats().count(), 2);
        stage
    }

    fn take(&mut self, step: Step<'_>) -> bool {
        let (who, how, kind) = (step.control & 3, step.control >> 2 & 3, step.control >> 4);
        let peer = &mut self.peers[usize::from(who)];
        let datagram = match how {
            0 => step.bytes.to_vec(),
            1 => peer.seal(kind, step.bytes),
            2 => peer.damaged(kind, step.bytes),
            _ => return self.wait(kind),
        };
        self.receive(who, datagram)
    }

    fn receive(&mut self, who: u8, mut datagram: Vec<u8>) -> bool {
        let from = address(PEERS[usize::from(who)]);
        let own = SeatId(PEERS[usize::from(who)].into());
        let (length, refused) = (datagram.len(), self.server.refusals().total());
        self.wire.sent.clear();
        let heard = self
            .server
            .receive(self.now, from, &mut datagram, &mut self.wire);
        let is_refused = matches!(heard, Heard::Refused(_));
        match heard {
            Heard::Payload { seat, bytes } => assert!(seat == own && !bytes.is_empty()),
            Heard::Disconnected { seat } => assert_eq!(seat, own),
            Heard::Connected { seat, address, .. } => {
                assert_eq!((seat, address), (own, from));
                assert_ne!(who, 3, "a stranger has no token");
            }
            Heard::Nothing | Heard::Refused(_) => {
                let answer: usize = self.wire.sent.iter().map(|(_, packet)| packet.len()).sum();
                assert!(answer <= length, "{answer} bytes for {length}");
            }
        }
        assert_eq!(
            self.server.refusals().total(),
            refused + u64::from(is_refused)
        );
        assert!(
            self.wire.sent.iter().all(|(to, _)| *to == from),
            "only who asks is answered"
        );
        assert!(self.server.seats().count() <= CAPACITY);
        !is_refused
    }

    /// The bystander goes on playing.
    fn wait(&mut self, ticks: u8) -> bool {
        self.now += Duration::from_millis(250) * u32::from(ticks);
        self.check_bystander();
        let mut ended = Vec::new();
        self.wire.sent.clear();
        self.server
            .update(self.now, &mut self.wire, |seat| ended.push(seat));
        assert!(!ended.contains(&SeatId(BYSTANDER.into())));
        true
    }

    fn check_bystander(&mut self) {
        let seat = SeatId(BYSTANDER.into());
        self.heard_of += 1;
        let word = self.heard_of.to_le_bytes();
        let mut packet = self.bystander.payload(&word);
        let heard = self
            .server
            .receive(self.now, address(BYSTANDER), &mut packet, &mut self.wire);
        assert_eq!(heard, Heard::Payload { seat, bytes: &word });
        self.wire.sent.clear();
        let sent = self.server.send(self.now, seat, &word, &mut self.wire);
        assert_eq!(sent, Ok(()));
        let (to, packet) = self.wire.sent.pop().expect("a packet");
        assert_eq!(to, address(BYSTANDER));
        assert_eq!(self.bystander.open(&packet), Some((5, word.to_vec())));
    }
}
