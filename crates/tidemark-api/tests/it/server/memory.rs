//! What a parked poll costs.
