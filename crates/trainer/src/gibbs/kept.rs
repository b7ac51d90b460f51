//! The draws that make the model: a prediction is their mean, its uncertainty their spread.
//!
//! After the burn-in every draw is kept until the room is full; then every other one goes, and from
//! there on every other one is kept, and so on. So the draws are evenly spread, and which they are
//! depends on the epoch alone, not on how many are to come.

use crate::{
    Posterior, Weights,
    rows::{Sides, Standard},
};

/// Draws kept of a chain.
#[derive(Clone)]
pub(super) struct Kept {
    draws: Vec<Sides>,   // of epochs that are over
    next: Option<Sides>, // of the epoch under way
    posterior: Posterior,
}

impl Kept {
    /// None yet.
    pub(super) fn new(posterior: Posterior) -> Self {
        Self { draws: Vec::new(), next: None, posterior }
    }

    /// Those that these weights hold, of rows of `factors` factors.
    pub(super) fn load(
        self,
        count: usize,
        factors: usize,
        from: &Weights,
        standard: Standard,
    ) -> Self {
        let part = |draw: usize, name: &str| {
            let values = from.values(name);
            let len = values.len() / self.posterior.samples;
            &values[draw * len..][..len]
        };
        let draw = |draw: usize| {
            let users = [part(draw, "draws.user_factors"), part(draw, "draws.user_bias")];
            let items = [part(draw, "draws.item_factors"), part(draw, "draws.item_bias")];
            Sides::load(factors, [users, items], standard)
        };
        let draws = (0..count.min(self.posterior.samples)).map(draw).collect();
        Self { draws, ..self }
    }

    /// All of them, the oldest first: as many as there is room for.
    pub(super) fn all(&self) -> impl Iterator<Item = &Sides> + Clone {
        let step = if self.makes_room() { 2 } else { 1 };
        self.draws.iter().skip(step - 1).step_by(step).chain(&self.next)
    }

    /// How many that are.
    pub(super) fn count(&self) -> usize {
        self.all().count()
    }

    /// Whether every other draw goes for the one of the epoch under way.
    fn makes_room(&self) -> bool {
        self.next.is_some() && self.draws.len() >= self.posterior.samples
    }

    /// Those of the epochs that are over.
    pub(super) fn over(&self) -> impl Iterator<Item = &Sides> + Clone {
        self.draws.iter()
    }

    /// The values of the parameters `draws.*` for these draws: factors of users and of items, their
    /// biases.
    pub(super) fn unload<'a>(
        &self,
        draws: impl Iterator<Item = &'a Sides>,
        sizes: [usize; 2],
        factors: usize,
        standard: Standard,
    ) -> [Vec<f32>; 4] {
        let [users, items] = sizes;
        let lens = [users * factors, items * factors, users, items];
        let mut all: [Vec<f32>; 4] = Default::default();
        for draw in draws {
            for side in [0, 1] {
                let [factors, bias] = draw.unload(side, standard);
                all[side].extend(factors);
                all[side + 2].extend(bias);
            }
        }
        for (values, len) in all.iter_mut().zip(lens) {
            values.resize(self.posterior.samples * len, 0.0);
        }
        all
    }

    /// Takes the draw of the epoch under way for one more; returns whether others go for it.
    pub(super) fn offer(&mut self, draw: Sides) -> bool {
        self.next = Some(draw);
        self.makes_room()
    }

    /// The epoch under way is over: its draw, if there is one, is one of the others.
    pub(super) fn keep(&mut self) {
        if self.makes_room() {
            let mut place = 0..;
            self.draws.retain(|_| place.next().is_some_and(|place: usize| place % 2 == 1));
        }
        self.draws.extend(self.next.take());
    }

    /// The epoch under way is given up, and with it its draw.
    pub(super) fn give_up(&mut self) {
        self.next = None;
    }

    /// Whether the draw at the end of this epoch is kept: one whose distance from the burn-in is a
    /// multiple of `d`, the least power of two with which there is room for all of the multiples of
    /// `2 d`, too.
    pub(super) fn wants(&self, epoch: usize) -> bool {
        let Posterior { burn_in, samples } = self.posterior;
        let Some(past @ 1..) = epoch.checked_sub(burn_in) else { return false };
        let mut distance = 1;
        while past / (2 * distance) * 2 > samples {
            distance *= 2;
        }
        past.is_multiple_of(distance) && past / distance <= samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The epochs whose draws are kept after so many, by their number.
    fn kept(epochs: usize, burn_in: usize, samples: usize) -> Vec<f32> {
        let mut kept = Kept::new(Posterior { burn_in, samples });
        for epoch in 1..=epochs {
            if !kept.wants(epoch) {
                continue;
            }
            let over = numbers(kept.over());
            kept.offer(draw(epoch));
            assert!(kept.count() <= samples && numbers(kept.over()) == over, "it may be given up");
            let all = numbers(kept.all());
            kept.keep();
            assert_eq!((numbers(kept.over()), kept.count()), (all.clone(), all.len()));
        }
        numbers(kept.over())
    }

    fn draw(epoch: usize) -> Sides {
        Sides { factors: 0, rows: [vec![epoch as f32], Vec::new()] }
    }

    fn numbers<'a>(draws: impl Iterator<Item = &'a Sides>) -> Vec<f32> {
        draws.map(|sides| sides.rows[0][0]).collect()
    }

    #[test]
    fn draws_are_evenly_spread_and_every_other_one_goes_when_the_room_is_full() {
        assert_eq!(kept(10, 4, 100), [5.0, 6.0, 7.0, 8.0, 9.0, 10.0]);
        assert_eq!(kept(9, 5, 4), [6.0, 7.0, 8.0, 9.0]);
        assert_eq!(kept(10, 5, 4), [6.0, 7.0, 8.0, 9.0]);
        assert_eq!(kept(11, 5, 4), [7.0, 9.0, 11.0]);
        assert_eq!(kept(20, 5, 4), [9.0, 13.0, 17.0]);
        assert_eq!(kept(3, 5, 4), [] as [f32; 0]);
        assert_eq!(kept(3, 0, 1), [2.0]);
        assert_eq!(kept(5, 1, 3), [3.0, 5.0]);
    }

    #[test]
    fn the_room_is_at_least_half_full_and_no_draw_is_older_than_two_distances() {
        for samples in 1..20 {
            for epochs in 1..200 {
                let kept = kept(epochs, 0, samples);
                assert!(kept.len() * 2 >= samples.min(epochs), "{samples} {epochs}: {kept:?}");
                let distance = kept[0];
                let places = (1..).zip(&kept);
                places.for_each(|(place, epoch)| assert_eq!(*epoch, place as f32 * distance));
                assert!((epochs as f32) < kept[kept.len() - 1] + 2.0 * distance);
            }
        }
    }
}
