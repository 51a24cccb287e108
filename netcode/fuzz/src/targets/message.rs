//! The small messages: the first byte is the message's id. What is read is written again to the same bytes.

use super::snapshot::{check_body, check_same};
use otherworld_core::bits::BitsError;
use otherworld_core::link::MAX_PAYLOAD_BYTES;
use otherworld_core::message::{
    Despawn, Goodbye, MAX_NAME_BYTES, MAX_REASON_BYTES, MessageError, MessageId, ResumeToken,
    RosterEntry, RosterExit, SPAWN_BYTES, Spawn, Welcome,
};
use otherworld_core::roster::Roster;
use otherworld_core::{EntityId, SeatId};

pub fn check(bytes: &[u8]) -> bool {
    let Some((&id, bytes)) = bytes.split_first() else {
        return false;
    };
    match MessageId::from_u8(id) {
        // Their own targets.
        None | Some(MessageId::Input | MessageId::Snapshot | MessageId::Events) => false,
        Some(MessageId::Welcome) => same(bytes, Welcome::decode, |m, out| {
            assert_ne!(m.tick_rate_hz, 0);
            m.encode(out)
        }),
        Some(MessageId::RosterEntry) => same(bytes, RosterEntry::decode, |m, out| {
            assert!(m.entity != EntityId::NONE && m.seat != SeatId(0));
            assert!(m.name.as_str().len() <= MAX_NAME_BYTES);
            check_roster(m);
            m.encode(out)
        }),
        Some(MessageId::RosterExit) => same(bytes, RosterExit::decode, |m, out| {
            assert!(!Roster::default().exit(m.entity));
            m.encode(out)
        }),
        Some(MessageId::Spawn) => near(bytes),
        Some(MessageId::Despawn) => same(bytes, Despawn::decode, |m, out| {
            assert_ne!(m.entity, EntityId::NONE);
            m.encode(out)
        }),
        Some(MessageId::Goodbye) => same(bytes, Goodbye::decode, |m, out| {
            assert!(m.reason.as_str().len() <= MAX_REASON_BYTES);
            m.encode(out)
        }),
        Some(MessageId::ResumeToken) => same(bytes, ResumeToken::decode, |m, out| {
            assert!(!format!("{m:?}").contains("client_to_server"));
            m.encode(out)
        }),
    }
}

/// Every byte that the message has comes back; those after its end are not its own.
fn same<T>(
    bytes: &[u8],
    decode: impl Fn(&[u8]) -> Result<T, MessageError>,
    encode: impl Fn(&T, &mut [u8]) -> Result<usize, BitsError>,
) -> bool {
    let Ok(message) = decode(bytes) else {
        return false;
    };
    let mut out = [0xa5; MAX_PAYLOAD_BYTES];
    let length = encode(&message, &mut out).expect("a payload holds any message");
    assert_eq!(out.get(..length), bytes.get(..length));
    assert!(
        decode(&bytes[..length - 1]).is_err(),
        "it needs all of its bytes"
    );
    assert_eq!(
        encode(&message, &mut out[..length - 1]),
        Err(BitsError::Full)
    );
    true
}

/// Of a rotation another step may be the nearest now; all else comes back.
fn near(bytes: &[u8]) -> bool {
    let Ok(first) = Spawn::decode(bytes) else {
        return false;
    };
    let mut out = [0xa5; SPAWN_BYTES];
    assert_eq!(first.encode(&mut out), Ok(SPAWN_BYTES));
    let second = Spawn::decode(&out).expect("it was one");
    assert_eq!((second.of, second.tick), (first.of, first.tick));
    check_same(&second.pose, &first.pose);
    check_body(&first.pose);
    assert!(Spawn::decode(&bytes[..SPAWN_BYTES - 1]).is_err());
    true
}

fn check_roster(entry: &RosterEntry) {
    let mut roster = Roster::default();
    roster.enter(*entry).expect("room for one");
    roster.enter(*entry).expect("the same one again");
    assert_eq!(roster.entries(), [*entry]);
}
