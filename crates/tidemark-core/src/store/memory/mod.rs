//! The reference implementation: every seam in memory, with nothing clever. What it does defines what the real stores must do.
