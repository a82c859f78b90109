//! Request ids: 32 hexadecimal digits on every answer and in its log line.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderName, HeaderValue};

/// The header that carries the id to the client, unless the answer's own protocol has another: see [`IdHeader`].
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-dropbox-request-id");

/// The header in which an answer's protocol carries the id; an extension of the answer.
#[derive(Clone, Debug)]
pub struct IdHeader(pub HeaderName);

/// Fills a buffer with randomness fit for secrets.
pub type Entropy = fn(&mut [u8]);

/// The operating system's randomness.
///
/// # Panics
/// When the system has none to give: nothing may go on with predictable secrets.
pub fn os_entropy(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system provides randomness");
}

/// Names one request; an extension of every request and of every response.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId([u8; 16]);

impl RequestId {
    pub(super) fn to_header(self) -> HeaderValue {
        HeaderValue::from_bytes(&self.digits()).expect("hexadecimal digits are legal in a header")
    }

    fn digits(self) -> [u8; 32] {
        std::array::from_fn(|at| {
            let byte = self.0[at / 2];
            let digit = if at % 2 == 0 { byte >> 4 } else { byte & 0xf };
            b"0123456789abcdef"[usize::from(digit)]
        })
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.digits()).expect("hexadecimal digits are ASCII"))
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({self})")
    }
}

/// Makes ids that never repeat within a process and don't collide between processes. They are no secrets, so one
/// helping of randomness at start is enough.
#[derive(Debug)]
pub(crate) struct RequestIds {
    process: u64,
    key: u64,
    next: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new(entropy: Entropy) -> Self {
        let draw = || {
            let mut bytes = [0; 8];
            entropy(&mut bytes);
            u64::from_ne_bytes(bytes)
        };
        Self { process: draw(), key: draw(), next: AtomicU64::new(0) }
    }

    pub(crate) fn next(&self) -> RequestId {
        let count = self.next.fetch_add(1, Ordering::Relaxed);
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.process.to_be_bytes());
        id[8..].copy_from_slice(&scatter(count.wrapping_add(self.key)).to_be_bytes());
        RequestId(id)
    }
}

/// A bijection of 64-bit numbers (the finisher of SplitMix64) under which neighbours look unrelated, so that how many
/// requests a server has answered is not told to everybody.
fn scatter(number: u64) -> u64 {
    let number = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn are_unique_and_32_digits() {
        let ids = RequestIds::new(os_entropy);
        let seen: HashSet<_> = (0..10_000).map(|_| ids.next()).collect();
        assert_eq!(seen.len(), 10_000);
        for id in seen.iter().take(100).chain([&RequestId([0x0f; 16])]) {
            assert_eq!(id.to_header(), id.to_string());
            assert_eq!(id.to_string().len(), 32);
        }
        assert_ne!(RequestIds::new(os_entropy).process, ids.process);
    }
}
