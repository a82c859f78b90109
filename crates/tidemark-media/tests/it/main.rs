//! What is made of bytes, good ones and broken ones; the processes around it are tested with the binary.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod exif;
mod infos;
mod thumbnails;
