//! What a connect token tells an instance about the player who holds it: netcode's 256 bytes of user data.
//!
//! The control plane writes them in TypeScript and seals them into the token; here they are read. Layout (little endian):
//! `0 version = 1, 1 role, 2 resumed, 3 zero, 4..20 user UUID, 20..28 protocol hash, 28..36 seat, 36..68 SHA-256 of the avatar
//! package (zero: the default avatar), 68 length of the name, 69..133 name, 133..256 zero`.

use crate::message::{MAX_NAME_BYTES, Name};
use crate::tick::SeatId;

/// Length of the user data in a connect token.
pub const USER_DATA_BYTES: usize = 256;

const VERSION: u8 = 1;
const NAME_AT: usize = 69;
const END: usize = NAME_AT + MAX_NAME_BYTES;

/// What the holder of a seat may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Role {
    /// Has a body.
    Player = 0,
    /// Sees and has no body.
    Spectator = 1,
    /// Has a body and may moderate.
    Operator = 2,
}

/// The user data of a connect token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserData {
    /// What they may do.
    pub role: Role,
    /// `[SE6]` Sealed by the instance for a client that it knows, not by the control plane for one that is new.
    pub resumed: bool,
    /// Whose account it is: the UUID's 16 raw bytes.
    pub user: [u8; 16],
    /// The protocol that the token was made for; an instance refuses another one than its own.
    pub protocol_hash: u64,
    /// The seat; the token's client id is the same number.
    pub seat: SeatId,
    /// The avatar's package; all zero is the default avatar.
    pub avatar_sha256: [u8; 32],
    /// Shown above the head.
    pub name: Name,
}

/// Why user data was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserDataError {
    /// Of another version.
    Version(u8),
    /// No such role.
    Role(u8),
    /// Seat zero is nobody's.
    NoSeat,
    /// Longer than it may be, or not UTF-8.
    Name,
    /// Bytes that are zero in this version are not.
    Padding,
}

impl core::fmt::Display for UserDataError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            UserDataError::Version(version) => {
                write!(f, "user data of version {version}, not {VERSION}")
            }
            UserDataError::Role(role) => write!(f, "no role has the number {role}"),
            UserDataError::NoSeat => f.write_str("seat zero is nobody's"),
            UserDataError::Name => f.write_str("the name is too long or not UTF-8"),
            UserDataError::Padding => f.write_str("bytes that must be zero are not"),
        }
    }
}

impl core::error::Error for UserDataError {}

impl UserData {
    /// The bytes as they lie in a token.
    #[must_use]
    pub fn encode(&self) -> [u8; USER_DATA_BYTES] {
        let name = self.name.as_str().as_bytes();
        let mut bytes = [0; USER_DATA_BYTES];
        bytes[0] = VERSION;
        bytes[1] = self.role as u8;
        bytes[2] = u8::from(self.resumed);
        bytes[4..20].copy_from_slice(&self.user);
        bytes[20..28].copy_from_slice(&self.protocol_hash.to_le_bytes());
        bytes[28..36].copy_from_slice(&self.seat.0.to_le_bytes());
        bytes[36..68].copy_from_slice(&self.avatar_sha256);
        bytes[68] = name.len() as u8;
        bytes[NAME_AT..NAME_AT + name.len()].copy_from_slice(name);
        bytes
    }

    /// Reads the bytes; exactly what [`UserData::encode`] can write is taken.
    ///
    /// # Errors
    /// [`UserDataError`], by the first thing that is wrong.
    pub fn decode(bytes: &[u8; USER_DATA_BYTES]) -> Result<UserData, UserDataError> {
        if bytes[0] != VERSION {
            return Err(UserDataError::Version(bytes[0]));
        }
        let role = match bytes[1] {
            0 => Role::Player,
            1 => Role::Spectator,
            2 => Role::Operator,
            other => return Err(UserDataError::Role(other)),
        };
        if bytes[2] > 1 {
            return Err(UserDataError::Padding);
        }
        let seat = SeatId(u64::from_le_bytes(array(bytes, 28)));
        if seat == SeatId(0) {
            return Err(UserDataError::NoSeat);
        }
        let (name, after) = bytes[NAME_AT..END]
            .split_at_checked(usize::from(bytes[68]))
            .ok_or(UserDataError::Name)?;
        let mut zeros = bytes[3..4].iter().chain(after).chain(&bytes[END..]);
        if zeros.any(|&byte| byte != 0) {
            return Err(UserDataError::Padding);
        }
        Ok(UserData {
            role,
            resumed: bytes[2] == 1,
            user: array(bytes, 4),
            protocol_hash: u64::from_le_bytes(array(bytes, 20)),
            seat,
            avatar_sha256: array(bytes, 36),
            name: Name::from_utf8(name).ok_or(UserDataError::Name)?,
        })
    }
}

fn array<const N: usize>(bytes: &[u8; USER_DATA_BYTES], at: usize) -> [u8; N] {
    core::array::from_fn(|k| bytes[at + k])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ada() -> UserData {
        UserData {
            role: Role::Operator,
            resumed: true,
            user: [7; 16],
            protocol_hash: 0x0102_0304_0506_0708,
            seat: SeatId(u64::MAX),
            avatar_sha256: [9; 32],
            name: Name::new("Ada Lovelace"),
        }
    }

    #[test]
    fn each_impossible_byte_is_refused_by_its_cause() {
        let refuse = |at: usize, byte: u8| {
            let mut bytes = ada().encode();
            bytes[at] = byte;
            UserData::decode(&bytes)
        };
        assert_eq!(refuse(0, 2), Err(UserDataError::Version(2)));
        assert_eq!(refuse(1, 3), Err(UserDataError::Role(3)));
        assert_eq!(refuse(2, 2), Err(UserDataError::Padding));
        assert_eq!(refuse(3, 1), Err(UserDataError::Padding));
        assert_eq!(refuse(68, 65), Err(UserDataError::Name));
        assert_eq!(refuse(68, 11), Err(UserDataError::Padding));
        assert_eq!(refuse(69, 0xff), Err(UserDataError::Name));
        assert_eq!(refuse(255, 1), Err(UserDataError::Padding));
        let nobody = UserData {
            seat: SeatId(0),
            ..ada()
        };
        assert_eq!(
            UserData::decode(&nobody.encode()),
            Err(UserDataError::NoSeat)
        );
    }

    proptest! {
        #[test]
        fn user_data_comes_back_as_it_was(resumed: bool, user: [u8; 16], protocol_hash: u64, seat in 1u64.., avatar_sha256: [u8; 32], name in ".{0,70}") {
            let data = UserData { role: Role::Player, resumed, user, protocol_hash, seat: SeatId(seat), avatar_sha256, name: Name::new(&name) };
            prop_assert_eq!(UserData::decode(&data.encode()), Ok(data));
        }

        #[test]
        fn any_bytes_are_read_or_refused(mut bytes in prop::collection::vec(any::<u8>(), USER_DATA_BYTES), version in 0u8..3) {
            bytes[0] = version;
            let bytes: [u8; USER_DATA_BYTES] = bytes.try_into().unwrap();
            if let Ok(data) = UserData::decode(&bytes) {
                prop_assert_eq!(data.encode(), bytes);
            }
        }
    }
}
