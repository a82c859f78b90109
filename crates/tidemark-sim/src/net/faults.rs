//! What a network may do.

use std::time::Duration;

use http::Method;

use crate::random::Random;

/// What may go wrong, each so many times in a thousand exchanges.
#[derive(Clone, Debug, Default)]
pub(crate) struct NetFaults {
    /// A request or an answer travels for seconds.
    pub slow: u64,
    /// The exchange does not begin.
    pub not_sent: u64,
    /// It breaks off, or is refused, before the server has acted.
    pub before: u64,
    /// It breaks off, or is refused, after the server has acted.
    pub after: u64,
    /// Nobody ever answers; the server may have acted.
    pub silent: u64,
    /// It is delivered twice, if it may be repeated.
    pub twice: u64,
    /// The answer's body is cut off, or comes in small pieces.
    pub answer: u64,
    /// A byte of a file is another one when it arrives.
    pub flipped: u64,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Well,
    NotSent,
    LostBefore,
    RefusedBefore,
    TooMany,
    SentHalf,
    Swallowed,
    Twice,
    LostAfter,
    LateAnswer,
    RefusedAfter,
    CutAnswer,
    SlowAnswer,
    FlippedAnswer,
}

impl NetFaults {
    pub(super) fn draw(&self, random: &mut Random, method: &Method) -> Fate {
        let may_repeat = *method == Method::GET || *method == Method::PUT;
        let mut at = random.within(0..1000);
        let fates: [(u64, &[Fate]); 7] = [
            (self.not_sent, &[Fate::NotSent]),
            (self.before, &[Fate::LostBefore, Fate::RefusedBefore, Fate::TooMany, Fate::SentHalf]),
            (self.after, &[Fate::LostAfter, Fate::LostAfter, Fate::RefusedAfter]),
            (self.silent, &[Fate::Swallowed, Fate::LateAnswer]),
            (if may_repeat { self.twice } else { 0 }, &[Fate::Twice]),
            (self.answer, &[Fate::CutAnswer, Fate::SlowAnswer]),
            (self.flipped, &[Fate::FlippedAnswer]),
        ];
        for (chance, fates) in fates {
            if at < chance {
                return *random.pick(fates).expect("there are some");
            }
            at -= chance;
        }
        Fate::Well
    }

    pub(super) fn delay(&self, random: &mut Random) -> Duration {
        let ms = if random.chance(self.slow) { random.within(100..5000) } else { random.within(1..25) };
        Duration::from_millis(ms)
    }
}
