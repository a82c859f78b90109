//! The planner: what it decides in cases that can be read, and what it never does in any.

mod busy;
mod cases;
mod doomed;
mod execute;
mod properties;
mod text;

mod truth;
mod users;
mod world;
