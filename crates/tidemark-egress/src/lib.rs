//! The way out: requests to other people's servers, for addresses that strangers chose.
//!
//! Whoever can make a server send requests can make it knock at doors that only it can reach: its own machine, the
//! network that it stands in, a cloud's metadata service. So every address is judged, and what is judged is what is
//! connected to: the name is resolved here, each of its addresses goes by the [`Rules`], and the connection goes to
//! those that passed and to nothing else. Nobody else resolves the name again. Redirects are followed by hand, each from
//! the start.
//!
//! It speaks HTTP/1.1, plain or in TLS, one connection for each request. It knows no proxy, keeps no cookie, and
//! decompresses nothing. It may not know what the requests are for. Start reading at [`Gateway`].

mod body;
mod connect;
mod exchange;
mod gateway;
mod resolve;
mod rules;
mod target;
mod tls;

pub use gateway::Gateway;
pub use resolve::{Resolve, SystemResolver};
pub use rules::{Exception, ExceptionError, Rules};
pub use tls::{RootsError, extra_roots};
