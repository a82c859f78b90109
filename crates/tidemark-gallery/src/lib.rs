//! The photo gallery: a web app that shows people the pictures in their files, on any server of this protocol.
//!
//! It is a client like anybody's: it asks for permission by OAuth, and learns what the wire tells it. What it may not know: the
//! server's insides, the environment, the clock (it is passed in), and how it is served: [`Gallery::router`] is all that there
//! is to serve, at the top of a host or below a path.
//!
//! What a folder holds is kept as the server told it, a JSON document for each, known by the folder's hash: nothing is asked
//! for twice. The rows of pictures that are made of it answer every question of a page without asking anybody, and a browser
//! that has a picture already is told so from them.
//!
//! Where to start reading: `gallery.rs` for what there is; `watch/` for how folders come here and stay true; `store/` for how
//! they are kept; `pages/` for what browsers ask; `web/` for what runs in them.

mod document;
mod events;
mod gallery;
mod keys;
mod oauth1;
mod pages;
mod place;
mod session;
mod store;
mod thumbnail;
mod watch;

pub use gallery::{App, Clock, Gallery, GalleryError, Options, Signing};
pub use pages::Peer;
