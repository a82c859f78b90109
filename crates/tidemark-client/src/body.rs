//! What a request or an answer carries.

use std::fmt;
use std::io;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};

use crate::TransportError;

/// The bytes of a request, or of an answer.
#[derive(Default)]
pub enum Body {
    /// None.
    #[default]
    Empty,
    /// All of them, at hand.
    Bytes(Bytes),
    /// As they come.
    Stream {
        /// How many there will be, if that is known.
        length: Option<u64>,
        /// The bytes. After an error there are no more.
        stream: BoxStream<'static, Result<Bytes, BodyError>>,
    },
}

/// Why a body broke off.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// What was to be sent could not be read.
    #[error("what was to be sent could not be read")]
    Source(#[source] io::Error),
    /// The exchange broke off.
    #[error(transparent)]
    Transport(#[from] TransportError),
}

impl Body {
    /// How many bytes it has, if that is known.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        match self {
            Body::Empty => Some(0),
            Body::Bytes(bytes) => Some(bytes.len() as u64),
            Body::Stream { length, .. } => *length,
        }
    }

    /// The bytes as they come, whatever kind it is.
    #[must_use]
    pub fn into_stream(self) -> BoxStream<'static, Result<Bytes, BodyError>> {
        match self {
            Body::Empty => stream::empty().boxed(),
            Body::Bytes(bytes) => stream::iter((!bytes.is_empty()).then_some(Ok(bytes))).boxed(),
            Body::Stream { stream, .. } => stream,
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Body::Empty => f.write_str("Empty"),
            Body::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Body::Stream { length, .. } => f.debug_struct("Stream").field("length", length).finish(),
        }
    }
}
