//! User data of a connect token: exactly what can be written is read.

use otherworld_core::SeatId;
use otherworld_core::message::MAX_NAME_BYTES;
use otherworld_core::seat::{USER_DATA_BYTES, UserData};

/// What is missing is zero, what is too much is left out.
pub fn check(bytes: &[u8]) -> bool {
    let mut data = [0; USER_DATA_BYTES];
    let length = bytes.len().min(USER_DATA_BYTES);
    data[..length].copy_from_slice(&bytes[..length]);
    let Ok(read) = UserData::decode(&data) else {
        return false;
    };
    assert_eq!(read.encode(), data);
    assert_ne!(read.seat, SeatId(0));
    assert!(read.name.as_str().len() <= MAX_NAME_BYTES);
    true
}
