//! Requests to other people's servers: the only way out.

use async_trait::async_trait;
use bytes::Bytes;
use std::time::Duration;

/// Sends requests out into the world, and decides where they may go.
#[async_trait]
pub trait Egress: Send + Sync + 'static {
    /// Whether a request could be sent to a URL at all: says at once, without asking anybody, what [`Egress::send`]
    /// would say of its spelling ([`EgressError::Url`]) and of its port ([`EgressError::Port`]).
    fn check(&self, url: &str) -> Result<(), EgressError>;

    /// Sends a request, following redirects as it allows, and answers as soon as the last response's head is there.
    ///
    /// - The address is judged after its name was resolved, and the connection goes to the very address that was judged;
    ///   the same for each redirect. So neither a name that resolves to a private address, nor one that resolves
    ///   differently the second time, nor a redirect leads to where the request may not go.
    /// - Nothing of this server's goes along: no cookie, no credential but what the headers say, no proxy's environment.
    /// - A redirect to another origin takes none of the headers along but the body's type, and one from `https` to
    ///   `http` is not followed. The method stays what it is, but for a 303, which is followed with a GET.
    /// - The body of the answer is as it was sent: nothing is decompressed, so it is as long as it is.
    async fn send(&self, request: Outgoing) -> Result<Incoming, EgressError>;
}

/// A request to be sent.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// What is to be done there.
    pub method: OutMethod,
    /// Where: `http` or `https`.
    pub url: String,
    /// Headers besides those that the transport sets (`Host`, `User-Agent`, `Accept`, `Accept-Encoding`, and those that
    /// frame the body); one of the same name replaces the transport's.
    pub headers: Vec<(&'static str, String)>,
    /// What is sent along.
    pub body: Bytes,
    /// How far it may go.
    pub whereto: Whereto,
    /// How many redirects are followed; one more is [`EgressError::Redirects`]. With 0, a redirect is a response like
    /// any other.
    pub redirects_max: usize,
    /// How long until the last response's head must be there, from the start and with all redirects, and how long its
    /// body may pause. How long the whole may take is up to whoever reads the body.
    pub patience: Duration,
}

/// What is done there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutMethod {
    /// Reads.
    Get,
    /// Tells.
    Post,
}

/// How far a request may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whereto {
    /// To the public internet, and to what the operator allows besides: for addresses that a stranger chose.
    Public,
    /// Anywhere: for addresses that an administrator chose.
    Anywhere,
}

/// A response, its body still to be read.
pub struct Incoming {
    /// The HTTP status.
    pub status: u16,
    /// How long the body says it is, in bytes. It may lie.
    pub length: Option<u64>,
    /// The body.
    pub body: Box<dyn IncomingBody>,
}

/// A body, piece by piece.
#[async_trait]
pub trait IncomingBody: Send {
    /// The next piece; nothing at the end. After an error there is nothing more.
    async fn next(&mut self) -> Option<Result<Bytes, EgressError>>;
}

/// Why a request brought nothing. The texts may be told to an administrator who chose the address; a stranger must not be
/// able to tell [`Forbidden`](EgressError::Forbidden) from [`Unknown`](EgressError::Unknown).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// It is no address of the web: of another scheme, with a name or password in it, too long, or malformed.
    #[error("the URL is not a plain one of http or https")]
    Url,
    /// It names a port that belongs to another protocol, whose servers might mistake a request for something of theirs.
    #[error("the URL names a port that is not one for the web")]
    Port,
    /// It leads to where the request may not go.
    #[error("the URL leads to an address that is not public")]
    Forbidden,
    /// There is no such name.
    #[error("the host is not known")]
    Unknown,
    /// Nobody answers there, or not in a way that makes sense.
    #[error("the host cannot be reached")]
    Unreachable,
    /// It proves itself with a certificate of an authority that is not known, for another name, or too old.
    #[error("the host's certificate is not trusted")]
    Untrusted,
    /// It takes too long.
    #[error("the host took too long")]
    TimedOut,
    /// It leads in circles, or too far.
    #[error("there were too many redirects")]
    Redirects,
    /// What was asked for encrypted would come unencrypted.
    #[error("the URL leads from https to http")]
    Downgrade,
    /// One of the headers is none.
    #[error("the request cannot be sent")]
    Header,
    /// The body ended early.
    #[error("the response broke off")]
    Broken,
}
