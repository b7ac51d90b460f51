//! Texts as tensors: end to end, with the place where each of them ends.

use ratings::{DenseIndex, Ids, ItemIndex, Title, Titles};
use safetensors::SafeTensors;

use super::{
    ModelFileError,
    blocks::{self, Block},
};

/// Texts, ready to be written.
#[derive(Default)]
pub(super) struct Texts {
    pub(super) text: String,
    pub(super) ends: Vec<u64>,
}

impl Texts {
    pub(super) fn of<I: DenseIndex>(ids: &Ids<I>) -> Self {
        Self {
            text: ids.text().to_owned(),
            ends: ids.ends().iter().map(|end| *end as u64).collect(),
        }
    }

    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len() as u64);
    }

    /// The tensor of the texts, and the one of their ends.
    pub(super) fn blocks(&self) -> [Block<'_>; 2] {
        [
            Block::new(&[self.text.len()], self.text.as_bytes()),
            Block::new(&[self.ends.len()], self.ends.as_slice()),
        ]
    }

    /// Reads the texts from the tensors of these names.
    ///
    /// # Errors
    /// Tensors that are absent or others; ends that go back or beyond the text; broken UTF-8.
    pub(super) fn read(
        file: &SafeTensors,
        text_name: &str,
        ends_name: &str,
    ) -> Result<Self, ModelFileError> {
        let bytes = blocks::read_column::<u8>(file, text_name)?;
        let ends = blocks::read_column::<u64>(file, ends_name)?;
        let text = String::from_utf8(bytes)
            .map_err(|error| wrong(text_name, &format!("is not UTF-8: {error}")))?;
        let mut start = 0;
        for end in &ends {
            let usable = usize::try_from(*end)
                .ok()
                .filter(|end| *end >= start && text.is_char_boundary(*end));
            start = usable.ok_or_else(|| wrong(ends_name, "does not cut the text in order"))?;
        }
        if start != text.len() {
            return Err(wrong(ends_name, "does not reach the end of the text"));
        }
        Ok(Self { text, ends })
    }

    /// The texts in order; the ends must be those of a checked reading.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let end = usize::try_from(*end).expect("checked when it was read");
            &self.text[std::mem::replace(&mut start, end)..end]
        })
    }
}

/// Raw ids, no two of them alike.
pub(super) fn read_ids<I: DenseIndex>(
    file: &SafeTensors,
    text_name: &str,
    ends_name: &str,
) -> Result<Ids<I>, ModelFileError> {
    let texts = Texts::read(file, text_name, ends_name)?;
    let ids: Ids<I> = texts.iter().collect();
    if ids.len() != texts.ends.len() {
        return Err(wrong(text_name, "has two ids alike"));
    }
    Ok(ids)
}

/// The titles of these items.
pub(super) fn read_titles(
    file: &SafeTensors,
    items: &Ids<ItemIndex>,
) -> Result<Titles, ModelFileError> {
    let names = Texts::read(file, "titles.names", "titles.ends")?;
    let genres = Texts::read(file, "titles.genres", "titles.genre_ends")?;
    for (name, texts) in [("titles.ends", &names), ("titles.genre_ends", &genres)] {
        if texts.ends.len() != items.len() {
            return Err(wrong(name, "has not one row for each item"));
        }
    }
    let years = blocks::read::<u16>(file, "titles.years", &[items.len()])?;
    let title = |(((id, name), genres), year): (((&str, &str), &str), u16)| {
        let genres: Vec<String> =
            genres.split('|').filter(|genre| !genre.is_empty()).map(str::to_owned).collect();
        let title = Title { title: name.to_owned(), year: (year > 0).then_some(year), genres };
        (title != Title::default()).then(|| (id.to_owned(), title))
    };
    Ok(items.iter().zip(names.iter()).zip(genres.iter()).zip(years).filter_map(title).collect())
}

pub(super) fn wrong(name: &str, problem: &str) -> ModelFileError {
    ModelFileError::Wrong { name: name.to_owned(), problem: problem.to_owned() }
}
