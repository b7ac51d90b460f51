//! The best items for a user, or for all: scored block by block, so that memory does not grow with
//! the number of scores.

use std::{cmp::Ordering, collections::BinaryHeap};

use ratings::ItemIndex;

use super::scorer::{Scorer, Side};

/// An item with its score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pick {
    /// The item.
    pub item: ItemIndex,
    /// A predicted rating, or a similarity.
    pub score: f32,
}

/// What a list is to hold.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// At most so many items.
    pub n: usize,
    /// Whether each item may be in it: `[items]`; every item without this.
    pub allowed: Option<&'a [bool]>,
}

/// Scored items in the order of their goodness, worst first: a lower score, then a higher index.
struct Candidate(Pick);

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b) = (&self.0, &other.0);
        b.score.total_cmp(&a.score).then(a.item.cmp(&b.item))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Candidate {}

/// The best of what it was offered, items in rising order.
pub(super) struct Best {
    n: usize,
    heap: BinaryHeap<Candidate>, // the worst on top
}

impl Best {
    pub(super) fn new(n: usize) -> Self {
        Self { n, heap: BinaryHeap::with_capacity(n.min(1 << 16)) }
    }

    /// The score that an item must exceed.
    #[inline(always)]
    fn bar(&self) -> f32 {
        match self.heap.peek() {
            Some(worst) if self.heap.len() == self.n => worst.0.score,
            _ => f32::NEG_INFINITY,
        }
    }

    /// Takes an item, unless `n` better ones are there; of equal scores the lower index stays. A score
    /// that is not finite is never taken.
    pub(super) fn offer(&mut self, pick: Pick) {
        if !pick.score.is_finite() || self.n == 0 {
            return;
        }
        let pick = Pick { score: pick.score + 0.0, ..pick }; // -0 is 0
        if self.heap.len() < self.n {
            self.heap.push(Candidate(pick));
        } else if pick.score > self.bar()
            && let Some(mut worst) = self.heap.peek_mut()
        {
            *worst = Candidate(pick);
        }
    }

    /// Best first.
    pub(super) fn into_picks(self) -> Vec<Pick> {
        self.heap.into_sorted_vec().into_iter().map(|Candidate(pick)| pick).collect()
    }
}

/// The best items for one user, those in `seen` (in rising order) left out.
pub(super) fn top(
    scorer: &Scorer,
    side: &Side,
    wanted: Wanted,
    mut seen: &[ItemIndex],
) -> Vec<Pick> {
    const AT_ONCE: usize = 16 * Scorer::BLOCK;
    let mut best = Best::new(wanted.n.min(scorer.items()));
    let mut scores = [0.0; AT_ONCE];
    for start in (0..scorer.items()).step_by(AT_ONCE) {
        let end = scorer.items().min(start + AT_ONCE);
        let scores = &mut scores[..end - start];
        scorer.score(side, start..end, scores);
        let mut bar = best.bar();
        for (item, &score) in (start..).zip(scores.iter()) {
            if score <= bar {
                continue;
            }
            let index = ItemIndex(u32::try_from(item).expect("items have 32-bit indices"));
            while seen.first().is_some_and(|first| *first < index) {
                seen = &seen[1..];
            }
            let allowed = wanted.allowed.is_none_or(|allowed| allowed[item]);
            if allowed && seen.first() != Some(&index) {
                best.offer(Pick { item: index, score });
                bar = best.bar();
            }
        }
    }
    best.into_picks()
}
