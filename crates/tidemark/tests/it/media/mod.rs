//! Pictures through the whole program: good ones, and those that were made to do harm.

mod hostile;
mod pictures;
mod server;
mod workbook;
