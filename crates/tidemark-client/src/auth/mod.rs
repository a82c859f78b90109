//! How an app comes to a person's token.
//!
//! [`Authorization`] makes the address of a page on which the person allows the app, and exchanges the code that comes back for
//! the token. It comes back through a [`Loopback`], a door on this machine for one visit of the person's browser; or the person
//! copies it. The app needs no secret (PKCE, RFC 7636): whoever sees the code cannot use it.

mod authorization;
#[cfg(feature = "http")]
mod loopback;
mod token;

pub use authorization::{Authorization, Authorized, probe};
#[cfg(feature = "http")]
pub use loopback::{Loopback, LoopbackError};
pub use token::{AccessToken, TokenError};

/// The app that every server of this project has, for programs that nobody registered: it sees everything, has no secret, and
/// its code may come to any port of this machine.
pub const OWN_APP: &str = "tidemark";
