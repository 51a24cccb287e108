//! Inputs that are more than one message: a row of steps, each `control u8, length u16, bytes`. A length past the end means all
//! that is left, so that every input is such a row.

/// Reads steps.
#[derive(Clone, Copy, Debug)]
pub struct Steps<'a> {
    rest: &'a [u8],
}

/// One step: what to do, and the peer's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step<'a> {
    /// Bits that the target gives a meaning.
    pub control: u8,
    /// What the peer sends.
    pub bytes: &'a [u8],
}

impl<'a> Steps<'a> {
    /// The steps in these bytes.
    #[must_use]
    pub fn of(bytes: &'a [u8]) -> Steps<'a> {
        Steps { rest: bytes }
    }
}

impl<'a> Iterator for Steps<'a> {
    type Item = Step<'a>;

    fn next(&mut self) -> Option<Step<'a>> {
        let (&[control, low, high], rest) = self.rest.split_first_chunk()?;
        let length = usize::from(u16::from_le_bytes([low, high])).min(rest.len());
        let (bytes, rest) = rest.split_at(length);
        self.rest = rest;
        Some(Step { control, bytes })
    }
}

/// Writes steps: what [`Steps`] reads.
#[must_use]
pub fn steps<T: AsRef<[u8]>>(steps: &[(u8, T)]) -> Vec<u8> {
    let mut all = Vec::new();
    for (control, bytes) in steps {
        let bytes = bytes.as_ref();
        let length = u16::try_from(bytes.len()).expect("a step is shorter than 64 KiB");
        all.push(*control);
        all.extend_from_slice(&length.to_le_bytes());
        all.extend_from_slice(bytes);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_come_back_as_they_were_and_any_bytes_are_steps() {
        let bytes = steps(&[(1, &b"one"[..]), (2, b""), (3, b"three")]);
        let read: Vec<_> = Steps::of(&bytes).map(|s| (s.control, s.bytes)).collect();
        assert_eq!(read, [(1, &b"one"[..]), (2, b""), (3, b"three")]);
        let cut = Steps::of(&bytes[..bytes.len() - 2]).last().unwrap();
        assert_eq!((cut.control, cut.bytes), (3, &b"thr"[..]));
    }
}
