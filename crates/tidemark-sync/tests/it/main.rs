//! Tests of the engine's parts against the world: real folders, or simulated ones.

mod disk;
