//! The whole engine, with the real disk and the real server.

mod crashes;
mod life;
mod states;
mod world;
