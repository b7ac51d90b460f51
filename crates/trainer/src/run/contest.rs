//! What a model that ranks is judged on: the items that were held out, each among sampled ones.

use ratings::{ItemIndex, Split, UserIndex};

use crate::{
    Averages, Candidates, Config, Objective, SampledHits, Scorer, Trained,
    judge::{Cases, Places, test_cases, validation_cases},
    predict::Tables,
};

/// Users whose held-out items are placed in one slice.
const SLICE: usize = 1 << 10;

/// The held-out items of a split.
pub(super) struct Contest {
    validation: Cases,
    test: Cases,
    candidates: Candidates,
}

/// A model in the contest, so far.
pub(super) struct Contender {
    scorer: Scorer,
    tables: Tables,
    done: usize, // users, of both parts
    pub(super) validation: Places,
    pub(super) test: Places,
}

impl Contest {
    /// That of a model that ranks; `None` of one that predicts ratings.
    pub(super) fn of(split: &Split, config: &Config) -> Option<Self> {
        if config.objective != Objective::Ranking {
            return None;
        }
        let averages = Averages::of(&split.train, split.users, split.items);
        Some(Self {
            validation: validation_cases(split, &averages),
            test: test_cases(split, &averages),
            candidates: SampledHits::candidates(config.seed),
        })
    }

    /// Places the held-out items of some more users; `false` if there are none left.
    pub(super) fn place(&self, of: &mut Contender, threads: usize) -> bool {
        let first = self.validation.len();
        let (cases, places, begin) = match of.done < first {
            true => (&self.validation, &mut of.validation, of.done),
            false => (&self.test, &mut of.test, of.done - first),
        };
        let users = begin..cases.len().min(begin + SLICE);
        of.done += users.len();
        let (scorer, tables) = (&of.scorer, &of.tables);
        let scores = |user: UserIndex, items: &[ItemIndex]| -> Vec<f32> {
            let side = scorer.side(tables.user(user));
            items.iter().map(|item| scorer.score_one(&side, item.index())).collect()
        };
        let more = !users.is_empty();
        *places += &cases.places(users, self.candidates, SampledHits::PLACES, threads, scores);
        more
    }
}

impl Contender {
    /// A model that has not placed any item yet.
    pub(super) fn new(trained: &Trained) -> Self {
        let tables = Tables::of(trained);
        Self {
            scorer: Scorer::with_tables(trained, &tables),
            tables,
            done: 0,
            validation: Places::default(),
            test: Places::default(),
        }
    }
}
