//! Lanes that take turns: a round of each, then the next round, so that all feel the same noise.

use anyhow::Result;

use crate::report::{Lane, Role};
use crate::stats::Sample;

type Turn<'a> = Box<dyn FnMut(usize) -> Result<f64> + 'a>;

/// Contestants of one row.
#[derive(Default)]
pub(crate) struct Race<'a> {
    lanes: Vec<(Role, String, Result<Turn<'a>, String>)>,
}

impl<'a> Race<'a> {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds a lane; `turn` measures one round.
    pub(crate) fn lane(
        mut self,
        role: Role,
        name: &str,
        turn: impl FnMut(usize) -> Result<f64> + 'a,
    ) -> Self {
        self.lanes.push((role, name.to_owned(), Ok(Box::new(turn))));
        self
    }

    /// Adds a lane of someone who may not be there; why not is then the lane's result.
    pub(crate) fn lane_of<T>(
        mut self,
        role: Role,
        name: &str,
        who: &'a Result<T, String>,
        mut turn: impl FnMut(&'a T, usize) -> Result<f64> + 'a,
    ) -> Self {
        let turn = match who {
            Ok(who) => Ok(Box::new(move |round| turn(who, round)) as Turn<'a>),
            Err(why) => Err(why.clone()),
        };
        self.lanes.push((role, name.to_owned(), turn));
        self
    }

    /// Runs all rounds. A lane that fails once is out, and says why.
    pub(crate) fn run(mut self, rounds: usize) -> Vec<Lane> {
        let mut figures = vec![Vec::new(); self.lanes.len()];
        for round in 0..rounds {
            for ((_, _, turn), figures) in self.lanes.iter_mut().zip(&mut figures) {
                let Ok(measure) = turn else { continue };
                match measure(round) {
                    Ok(figure) => figures.push(figure),
                    Err(error) => *turn = Err(format!("{error:#}")),
                }
            }
        }
        let lanes = self.lanes.into_iter().zip(figures);
        lanes
            .map(|((role, name, turn), figures)| {
                let result = turn
                    .map(drop)
                    .and_then(|()| Sample::new(figures).ok_or_else(|| "no round was run".to_owned()));
                Lane { role, name, result }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn lanes_take_turns_and_one_that_fails_is_out() {
        let order = RefCell::new(String::new());
        let missing: Result<(), String> = Err("not installed".to_owned());
        let lanes = Race::new()
            .lane(Role::Ours, "a", |round| {
                order.borrow_mut().push('a');
                Ok(round as f64)
            })
            .lane(Role::Limit, "b", |round| {
                order.borrow_mut().push('b');
                if round == 1 { Err(anyhow::anyhow!("broke")) } else { Ok(1.0) }
            })
            .lane_of(Role::Peer, "c", &missing, |(), _| Ok(1.0))
            .run(3);
        assert_eq!(*order.borrow(), "ababa");
        assert_eq!(lanes[0].result.as_ref().unwrap().rounds(), &[0.0, 1.0, 2.0]);
        assert_eq!(lanes[1].result.as_ref().unwrap_err(), "broke");
        assert_eq!(lanes[2].result.as_ref().unwrap_err(), "not installed");
    }
}
