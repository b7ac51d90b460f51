//! The draws that make the model: a prediction is their mean, its uncertainty their spread.

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
    epochs: usize, // of the chain
}

impl Kept {
    /// None yet.
    pub(super) fn new(posterior: Posterior, epochs: usize) -> Self {
        Self { draws: Vec::new(), next: None, posterior, epochs }
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

    /// All of them, the oldest first: as many as there is room for. A chain that was made longer later
    /// on loses its oldest for the next.
    pub(super) fn all(&self) -> impl ExactSizeIterator<Item = &Sides> {
        let all = self.draws.len() + usize::from(self.next.is_some());
        let lost = all.saturating_sub(self.posterior.samples);
        (lost..all).map(move |at| self.draws.get(at).or(self.next.as_ref()).expect("counted above"))
    }

    /// Those of the epochs that are over.
    pub(super) fn over(&self) -> impl ExactSizeIterator<Item = &Sides> {
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

    /// Takes the draw of the epoch under way for one more; returns whether the oldest is lost for it.
    pub(super) fn offer(&mut self, draw: Sides) -> bool {
        self.next = Some(draw);
        self.draws.len() >= self.posterior.samples
    }

    /// The epoch under way is over: its draw, if there is one, is one of the others.
    pub(super) fn keep(&mut self) {
        if let Some(next) = self.next.take() {
            if self.draws.len() >= self.posterior.samples {
                self.draws.remove(0);
            }
            self.draws.push(next);
        }
    }

    /// The epoch under way is given up, and with it its draw.
    pub(super) fn give_up(&mut self) {
        self.next = None;
    }

    /// Whether the draw at the end of this epoch is kept: the last one is, and so are those at equal
    /// distances before it, as many as there is room for after the burn-in.
    pub(super) fn wants(&self, epoch: usize) -> bool {
        let Posterior { burn_in, samples } = self.posterior;
        if epoch <= burn_in || epoch > self.epochs {
            return false;
        }
        let distance = (self.epochs - burn_in).div_ceil(samples);
        (self.epochs - epoch).is_multiple_of(distance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(epochs: usize, burn_in: usize, samples: usize) -> Vec<usize> {
        let kept = Kept::new(Posterior { burn_in, samples }, epochs);
        (1..=epochs).filter(|epoch| kept.wants(*epoch)).collect()
    }

    #[test]
    fn draws_are_evenly_spread_and_end_with_the_last() {
        assert_eq!(kept(10, 4, 100), [5, 6, 7, 8, 9, 10]);
        assert_eq!(kept(20, 5, 4), [8, 12, 16, 20]);
        assert_eq!(kept(3, 5, 4), [] as [usize; 0]);
        assert_eq!(kept(3, 0, 1), [3]);
    }
}
