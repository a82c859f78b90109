//! Looks into pictures, videos and spreadsheets, in processes of their own.
//!
//! Whoever may upload a file chooses the bytes that are decoded here, and no decoder was ever free of mistakes. So none
//! runs in the server: for each rendition, [`process::Workers`] starts the program anew as a worker ([`worker::main`]),
//! which gives up everything but a bounded part of the machine and the two pipes to its parent before it reads a byte,
//! asks for the parts of the source that it needs, answers, and ends. What it may do with the bytes is a pure function:
//! [`thumbnail`], [`info`] and [`sheet`]. Start reading at [`frames`] for what goes through the pipes.

pub mod frames;
pub mod info;
mod isobmff;
pub mod process;
pub mod sheet;
pub mod thumbnail;
pub mod worker;
