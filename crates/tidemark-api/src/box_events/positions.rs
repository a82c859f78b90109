//! Positions in a stream of events.
//!
//! A change is told as one event or as two, so each has two positions: the change `s` has `2 s` and `2 s + 1`. A position says
//! that everything up to it was told; what is told as one event has the second. The smallest is 1, since there are clients that
//! take 0 for no answer, and all are exact as numbers of JavaScript for as long as a journal has fewer than 2^52 changes.

use tidemark_core::model::Seq;

/// How far a reader has been told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StreamPosition(pub(super) u64);

impl StreamPosition {
    /// Before everything.
    pub(super) const START: StreamPosition = StreamPosition(1);

    /// Behind all events of a change.
    pub(super) fn after(seq: Seq) -> StreamPosition {
        StreamPosition(seq.0.saturating_mul(2).saturating_add(1))
    }

    /// Behind the first event of a change that is told as two.
    pub(super) fn amid(seq: Seq) -> StreamPosition {
        StreamPosition(seq.0.saturating_mul(2))
    }

    /// The last change of which all events were told.
    pub(super) fn seq(self) -> Seq {
        Seq(self.0.saturating_sub(1) / 2)
    }

    /// As requests write it; nothing if it is no whole number. One that is too large lies beyond everything.
    pub(super) fn parse(text: &str) -> Option<StreamPosition> {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| StreamPosition(text.parse().unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_and_changes_lead_to_each_other() {
        assert_eq!(StreamPosition::after(Seq::ZERO), StreamPosition::START);
        for seq in [Seq(1), Seq(2), Seq(1 << 51)] {
            assert_eq!(StreamPosition::after(seq).seq(), seq);
            assert_eq!(StreamPosition::amid(seq).seq().next(), seq, "it has not been told all of it");
            assert!(StreamPosition::after(Seq(seq.0 - 1)) < StreamPosition::amid(seq));
            assert!(StreamPosition::amid(seq) < StreamPosition::after(seq));
        }
        assert!(StreamPosition::after(Seq((1 << 52) - 1)).0 < 1 << 53);
        assert_eq!(StreamPosition(0).seq(), Seq::ZERO);
    }

    #[test]
    fn only_whole_numbers_are_positions() {
        assert_eq!(StreamPosition::parse("7"), Some(StreamPosition(7)));
        assert_eq!(StreamPosition::parse("99999999999999999999"), Some(StreamPosition(u64::MAX)));
        for text in ["", "-1", "1.5", "now", " 1", "1e3"] {
            assert_eq!(StreamPosition::parse(text), None, "{text}");
        }
    }
}
