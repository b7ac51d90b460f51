//! The draws that make the model: a prediction is their mean, its uncertainty their spread.

use crate::{
    Posterior, Weights,
    rows::{Sides, Standard},
};

/// Draws kept of a chain.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) draws: Vec<Sides>,
    posterior: Posterior,
    epochs: usize, // of the chain
}

impl Kept {
    /// None yet.
    pub(super) fn new(posterior: Posterior, epochs: usize) -> Self {
        Self { draws: Vec::new(), posterior, epochs }
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

    /// The values of the parameters `draws.*`: factors of users and of items, their biases.
    pub(super) fn unload(
        &self,
        sizes: [usize; 2],
        factors: usize,
        standard: Standard,
    ) -> [Vec<f32>; 4] {
        let [users, items] = sizes;
        let lens = [users * factors, items * factors, users, items];
        let mut all: [Vec<f32>; 4] = Default::default();
        for draw in &self.draws {
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

    /// Keeps one more; a chain that was made longer later on loses its oldest for it. Returns
    /// whether it did.
    pub(super) fn push(&mut self, draw: Sides) -> bool {
        let full = self.draws.len() >= self.posterior.samples;
        if full {
            self.draws.remove(0);
        }
        self.draws.push(draw);
        full
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
