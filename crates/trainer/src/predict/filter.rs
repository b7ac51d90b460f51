//! Which items may be recommended.

use ratings::{Ids, ItemIndex, Titles};

use crate::Average;

/// Conditions that an item must all meet. The default lets every item through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// It has one of these genres, upper and lower case alike; without any, every item does.
    pub genres: Vec<String>,
    /// It came out in this year or later.
    pub from_year: Option<u16>,
    /// It came out in this year or earlier.
    pub to_year: Option<u16>,
    /// It has at least so many training ratings.
    pub min_ratings: u32,
}

impl Filter {
    /// Whether each item passes: `[items]`. What is asked of a title, an item without one fails.
    pub fn allowed(
        &self,
        items: &Ids<ItemIndex>,
        titles: &Titles,
        averages: &[Average],
    ) -> Vec<bool> {
        let Self { genres, from_year, to_year, min_ratings } = self;
        let passes = |(id, average): (&str, &Average)| {
            let title = titles.get(id);
            let year = title.and_then(|title| title.year);
            let of_genre = |title: &ratings::Title| {
                title.genres.iter().any(|is| genres.iter().any(|one| is.eq_ignore_ascii_case(one)))
            };
            average.count >= *min_ratings
                && from_year.is_none_or(|from| year.is_some_and(|year| year >= from))
                && to_year.is_none_or(|to| year.is_some_and(|year| year <= to))
                && (genres.is_empty() || title.is_some_and(of_genre))
        };
        items.iter().zip(averages).map(passes).collect()
    }
}
