//! No wake-up is lost, whatever the order of events.
