//! One number for everything that two peers must agree on.
//!
//! Both ends compare it before the first snapshot: it is netcode 1.02's protocol id, it lies in every connect token, and
//! an instance tells it to the control plane, which seats a player only where it is theirs. It is a hash of
//! [`DESCRIPTION`], which names each thing on the wire and the step with a version; who changes one of them raises its
//! version here, and the golden vectors in `netcode/spec/vectors/` show who forgot.

/// What is on the wire, one line each, and what must give the same bits on both ends.
pub const DESCRIPTION: &str = "\
otherworld 4
tick 30
link 1: sequence u16, ack u16, ack_bits u32, messages of id u8, length u16
1 input 2
2 snapshot 4: keyframes every 4 ticks, 7 baselines
3 welcome 1
4 roster entry 1
5 goodbye 2
6 resume token 1
7 events 1: offset u32, bytes of a stream of messages; 3, 4, 5 and 8 to 10 ride in it
8 roster exit 1
9 spawn 1
10 despawn 1
user data 1: resumed u8 at 2
step 1
world hash 1
";

/// The protocol hash: FNV-1a 64 over [`DESCRIPTION`].
pub const PROTOCOL_HASH: u64 = fnv1a(DESCRIPTION.as_bytes());

pub(crate) const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
pub(crate) const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

const fn fnv1a(bytes: &[u8]) -> u64 {
    let mut hash = FNV_OFFSET;
    let mut k = 0;
    while k < bytes.len() {
        hash = (hash ^ bytes[k] as u64).wrapping_mul(FNV_PRIME);
        k += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::MessageId;

    #[test]
    fn fnv1a_is_the_published_one() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn the_description_names_every_message() {
        for id in MessageId::ALL {
            let number = format!("\n{} ", id as u8);
            assert_eq!(DESCRIPTION.matches(&number).count(), 1, "{id:?}");
        }
        let tick = format!("\ntick {}\n", crate::tick::TICK_RATE_HZ);
        let step = format!("\nstep {}\n", crate::step::STEP_VERSION);
        assert!(DESCRIPTION.contains(&tick) && DESCRIPTION.contains(&step));
    }
}
