//! The whole engine, with the real disk and the real server.

mod crashes;
mod hindered;
mod life;
mod meddled;
mod states;
mod wishes;
mod world;
