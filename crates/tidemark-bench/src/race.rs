//! Lanes that take turns: a round of each, then the next round, so that all feel the same noise.

use anyhow::Result;

use crate::report::{Lane, Role};
use crate::stats::Sample;

type Turn<'a, F> = Box<dyn FnMut(usize) -> Result<F> + 'a>;

/// Contestants of one row, or of several rows that a turn has figures for: then `F` holds them.
pub(crate) struct Race<'a, F> {
    lanes: Vec<(Role, String, Result<Turn<'a, F>, String>)>,
}

/// What came of a race of several rows.
pub(crate) struct Measured<F>(Vec<(Role, String, Result<Vec<F>, String>)>);

impl<'a, F> Race<'a, F> {
    pub(crate) fn new() -> Self {
        Self { lanes: Vec::new() }
    }

    /// Adds a lane; `turn` measures one round.
    pub(crate) fn lane(mut self, role: Role, name: &str, turn: impl FnMut(usize) -> Result<F> + 'a) -> Self {
        self.lanes.push((role, name.to_owned(), Ok(Box::new(turn))));
        self
    }

    /// Adds a lane of someone who may not be there; why not is then the lane's result.
    pub(crate) fn lane_of<T>(
        mut self,
        role: Role,
        name: &str,
        who: &'a Result<T, String>,
        mut turn: impl FnMut(&'a T, usize) -> Result<F> + 'a,
    ) -> Self {
        let turn = match who {
            Ok(who) => Ok(Box::new(move |round| turn(who, round)) as Turn<'a, F>),
            Err(why) => Err(why.clone()),
        };
        self.lanes.push((role, name.to_owned(), turn));
        self
    }

    /// Runs all rounds. A lane that fails once is out, and says why.
    pub(crate) fn measure(mut self, rounds: usize) -> Measured<F> {
        let mut figures: Vec<Vec<F>> = self.lanes.iter().map(|_| Vec::new()).collect();
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
        Measured(lanes.map(|((role, name, turn), figures)| (role, name, turn.map(|_| figures))).collect())
    }
}

impl Race<'_, f64> {
    /// Runs all rounds of the only row.
    pub(crate) fn run(self, rounds: usize) -> Vec<Lane> {
        self.measure(rounds).lanes(|figure| Some(*figure))
    }
}

impl<F> Measured<F> {
    /// The lanes of one row; those that have no such figure are left out.
    pub(crate) fn lanes(&self, figure: impl Fn(&F) -> Option<f64>) -> Vec<Lane> {
        let lanes = self.0.iter().filter_map(|(role, name, figures)| {
            let result = match figures {
                Ok(figures) if figures.is_empty() => Err("no round was run".to_owned()),
                Ok(figures) => Ok(Sample::new(figures.iter().filter_map(&figure).collect())?),
                Err(why) => Err(why.clone()),
            };
            Some(Lane { role: *role, name: name.clone(), result })
        });
        lanes.collect()
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

    #[test]
    fn a_turn_has_figures_for_several_rows() {
        let measured = Race::new()
            .lane(Role::Ours, "both", |round| Ok((round as f64, Some(7.0))))
            .lane(Role::Limit, "one", |_| Ok((3.0, None)))
            .measure(2);
        let (one, other) = (measured.lanes(|(one, _)| Some(*one)), measured.lanes(|(_, other)| *other));
        assert_eq!(one[0].result.as_ref().unwrap().rounds(), &[0.0, 1.0]);
        assert_eq!(one[1].result.as_ref().unwrap().rounds(), &[3.0, 3.0]);
        assert_eq!((other.len(), &*other[0].name), (1, "both"));
    }
}
