//! The SHA-1 of a whole file. It protects nothing here: some protocols tell it, and their clients compare it.

use sha1::digest::common::hazmat::{SerializableState, SerializedState};
use sha1::{Digest as _, Sha1 as Hasher};
use std::fmt;

/// The SHA-1 of some bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha1(pub [u8; 20]);

impl fmt::Debug for Sha1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// As protocols spell it: 40 hex digits in lower case.
impl fmt::Display for Sha1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl Sha1 {
    /// Of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Sha1 {
        Sha1(Hasher::digest(bytes).into())
    }
}

/// A SHA-1 on its way through bytes that come one after another. It can be put down and taken up again.
#[derive(Clone, Debug, Default)]
pub struct Sha1Stream(Hasher);

/// A [`Sha1Stream`] that was put down. Worth nothing to anybody who has not the bytes behind it.
#[derive(Clone, PartialEq, Eq)]
pub struct Sha1State(pub Vec<u8>);

impl fmt::Debug for Sha1State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sha1State(..)")
    }
}

impl Sha1Stream {
    /// Goes on from where it was put down; nothing if that is no state.
    #[must_use]
    pub fn resume(state: &Sha1State) -> Option<Sha1Stream> {
        let state = SerializedState::<Hasher>::try_from(state.0.as_slice()).ok()?;
        Hasher::deserialize(&state).ok().map(Sha1Stream)
    }

    /// Passes over these bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Puts it down.
    #[must_use]
    pub fn state(&self) -> Sha1State {
        Sha1State(self.0.serialize().to_vec())
    }

    /// All bytes have come.
    #[must_use]
    pub fn finish(self) -> Sha1 {
        Sha1(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-2, appendix A, and nothing at all.
    #[test]
    fn of_known_bytes() {
        for (bytes, hex) in [
            (&b""[..], "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            (b"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ] {
            assert_eq!(Sha1::of(bytes).to_string(), hex);
        }
    }

    #[test]
    fn goes_on_from_where_it_was_put_down() {
        let bytes: Vec<u8> = (0..1000).map(|n| n as u8).collect();
        for at in [0, 1, 63, 64, 65, 999, 1000] {
            let mut stream = Sha1Stream::default();
            stream.update(&bytes[..at]);
            let mut stream = Sha1Stream::resume(&stream.state()).unwrap();
            stream.update(&bytes[at..]);
            assert_eq!(stream.finish(), Sha1::of(&bytes), "{at}");
        }
        for broken in [vec![], vec![0; 3], vec![255; 93]] {
            assert!(Sha1Stream::resume(&Sha1State(broken)).is_none());
        }
    }
}
