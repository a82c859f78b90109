//! Tidemark's SDK: a person's files on a server, typed and async, over the Core API v1.
//!
//! What it may not know: the server's insides (it speaks the wire only), the clock, the environment, where a token is kept, and
//! what the files are for. Time passes by `tokio::time`; randomness and the network come in through seams ([`Entropy`],
//! [`Transport`]), so that a simulation can put its own in their places.
//!
//! ```no_run
//! # #[cfg(feature = "http")]
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use tidemark_client::{
//!     AccessToken, Client, HttpOptions, HttpTransport, RemotePath, Server, SystemEntropy, UploadOptions,
//! };
//!
//! let server = Server::new("https://cloud.example.org")?;
//! let transport = Arc::new(HttpTransport::new(&HttpOptions::default())?);
//! let client = Client::new(server, AccessToken::new("...")?, transport, Arc::new(SystemEntropy));
//! let mut words = bytes::Bytes::from_static(b"hello");
//! let uploaded = client.upload(&RemotePath::new("/hello.txt")?, &mut words, UploadOptions::default()).await?;
//! assert_eq!(uploaded.metadata.file().map(|file| file.bytes), Some(5));
//! # Ok(())
//! # }
//! ```
//!
//! More is in `examples/`: linking, a resumable upload with progress, following changes, a mirror.
//!
//! Where to start reading: [`Client`] and `calls/` for what can be asked; `call.rs` for how a call becomes a request, and is
//! repeated; [`Error`] for what can go wrong, sorted by what to do about it; `upload.rs`, `download.rs` and `changes.rs` for what
//! takes more than one request.

mod auth;
mod body;
mod call;
mod calls;
mod changes;
mod client;
mod download;
mod entropy;
mod error;
#[cfg(feature = "http")]
mod http_transport;
mod model;
mod retry;
mod server;
mod source;
mod transport;
mod upload;
mod wire;

pub use auth::{AccessToken, Authorization, Authorized, OWN_APP, TokenError, probe};
#[cfg(feature = "http")]
pub use auth::{Loopback, LoopbackError};
pub use body::{Body, BodyError};
pub use calls::{Image, ListOptions, SearchOptions, ThumbnailFormat, ThumbnailSize};
pub use changes::ChangeEvent;
pub use client::Client;
pub use download::{Download, DownloadOptions};
pub use entropy::Entropy;
#[cfg(feature = "http")]
pub use entropy::SystemEntropy;
pub use error::{Error, Refusal, RefusalKind};
#[cfg(feature = "http")]
pub use http_transport::{HttpOptions, HttpTransport, HttpTransportError};
pub use model::{
    Account, BLOCK_SIZE, ContentHash, ContentHasher, CopyRef, CopySource, Cursor, DeltaPage, EntryId,
    FileMetadata, FolderHash, JobId, Kind, Link, Listing, Longpoll, Media, MediaInfo, Metadata, PathError,
    Quota, RemotePath, Rev, SaveJob, SaveStatus, ServerId, Timestamp, UploadId, WordError,
};
pub use retry::RetryPolicy;
pub use server::{Server, ServerError};
pub use source::Source;
pub use transport::{Failure, Patience, Transport, TransportError};
pub use upload::{Progress, UploadOptions, UploadSession, Uploaded, WriteMode};
