//! What lets a client come back to its body from another address: the parts of a connect token that it does not know
//! already. The instance seals it for itself; the protocol id and the address are those of the session that it comes in.
//!
//! It fills a payload of its own. It needs no acknowledgement either: the next one replaces it.

use super::MessageError;
use crate::bits::{BitReader, BitWriter, BitsError};

/// The half of a connect token that only the instance opens.
pub const SEALED_TOKEN_BYTES: usize = 1024;

/// Length of the message.
pub const RESUME_TOKEN_BYTES: usize = 8 + 2 + 24 + 32 + 32 + SEALED_TOKEN_BYTES;

/// A connect token for the instance that sent it, good for one session.
#[derive(Clone, PartialEq, Eq)]
pub struct ResumeToken {
    /// Unix time by the instance's clock, from which the token is worth nothing (unit: seconds).
    pub expires: u64,
    /// Silence that ends the new session (unit: seconds).
    pub timeout_seconds: u16,
    /// The seal's nonce.
    pub nonce: [u8; 24],
    /// Seals what the client sends in the new session.
    pub client_to_server: [u8; 32],
    /// Seals what the server sends in it.
    pub server_to_client: [u8; 32],
    /// What the client hands back.
    pub sealed: [u8; SEALED_TOKEN_BYTES],
}

// By hand, so that no log ever shows the keys.
impl core::fmt::Debug for ResumeToken {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "ResumeToken(until {})", self.expires)
    }
}

impl ResumeToken {
    /// Writes the message's bytes and returns how many they are.
    ///
    /// # Errors
    /// [`BitsError::Full`].
    pub fn encode(&self, out: &mut [u8]) -> Result<usize, BitsError> {
        let mut out = BitWriter::new(out);
        out.write(self.expires, 64)?;
        out.write(u64::from(self.timeout_seconds), 16)?;
        out.write_bytes(&self.nonce)?;
        out.write_bytes(&self.client_to_server)?;
        out.write_bytes(&self.server_to_client)?;
        out.write_bytes(&self.sealed)?;
        Ok(out.bytes_written())
    }

    /// Reads the message.
    ///
    /// # Errors
    /// When it is too short.
    pub fn decode(bytes: &[u8]) -> Result<ResumeToken, MessageError> {
        let mut input = BitReader::new(bytes);
        let mut token = ResumeToken {
            expires: input.read(64)?,
            timeout_seconds: input.read(16)? as u16,
            nonce: [0; _],
            client_to_server: [0; _],
            server_to_client: [0; _],
            sealed: [0; _],
        };
        input.read_bytes(&mut token.nonce)?;
        input.read_bytes(&mut token.client_to_server)?;
        input.read_bytes(&mut token.server_to_client)?;
        input.read_bytes(&mut token.sealed)?;
        Ok(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{LINK_HEADER_BYTES, MAX_PAYLOAD_BYTES};
    use crate::message::MESSAGE_HEADER_BYTES;
    use proptest::prelude::*;

    #[test]
    fn se6_a_resume_token_fits_a_payload_of_its_own() {
        const {
            assert!(
                LINK_HEADER_BYTES + MESSAGE_HEADER_BYTES + RESUME_TOKEN_BYTES <= MAX_PAYLOAD_BYTES
            )
        }
    }

    proptest! {
        #[test]
        fn any_long_enough_bytes_come_back_as_they_were(bytes in prop::collection::vec(any::<u8>(), 0..2 * RESUME_TOKEN_BYTES)) {
            let mut out = [0xa5; RESUME_TOKEN_BYTES];
            match ResumeToken::decode(&bytes) {
                Err(_) => prop_assert!(bytes.len() < RESUME_TOKEN_BYTES),
                Ok(token) => {
                    prop_assert_eq!(token.encode(&mut out), Ok(RESUME_TOKEN_BYTES));
                    prop_assert_eq!(&out[..], &bytes[..RESUME_TOKEN_BYTES]);
                    prop_assert_eq!(token.encode(&mut out[1..]), Err(BitsError::Full));
                }
            }
        }
    }
}
