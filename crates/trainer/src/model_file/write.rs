//! A model file's bytes.

use super::{
    ModelFile,
    blocks::Block,
    header::{Header, KEY},
    ids::Texts,
};
use crate::Average;

impl ModelFile {
    /// The file. The same model gives the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut tensors: Vec<(String, Block)> = Vec::new();
        let mut add = |name: &str, block| tensors.push((name.to_owned(), block));
        let moments = self.optimizer.as_ref();
        let sets = [
            ("", Some(&self.trained.weights)),
            ("last.", moments.and_then(|of| of.last.as_ref())),
            ("first.", moments.map(|of| &of.first)),
            ("second.", moments.map(|of| &of.second)),
        ];
        for (prefix, weights) in sets {
            for of in weights.map_or(&[][..], |weights| &weights.parameters) {
                add(&format!("{prefix}{}", of.name), Block::new(&of.shape, of.values.as_slice()));
            }
        }
        let (users, items) = (Texts::of(&self.users), Texts::of(&self.items));
        let rows =
            [("users", &users, &self.averages.users), ("items", &items, &self.averages.items)];
        for (kind, texts, averages) in rows {
            let [ids, ends] = texts.blocks();
            add(&format!("{kind}.ids"), ids);
            add(&format!("{kind}.ends"), ends);
            let column = |of: fn(&Average) -> u32| averages.iter().map(of).collect::<Vec<u32>>();
            add(&format!("{kind}.counts"), Block::new(&[averages.len()], column(|of| of.count)));
            let means: Vec<f32> = averages.iter().map(|of| of.mean).collect();
            add(&format!("{kind}.means"), Block::new(&[means.len()], means));
            let spread = averages.iter().map(|of| of.deviation.unwrap_or(f32::NAN));
            let spread: Vec<f32> = spread.collect();
            add(&format!("{kind}.deviations"), Block::new(&[spread.len()], spread));
        }
        let (mut names, mut genres, mut years) = (Texts::default(), Texts::default(), Vec::new());
        for id in self.items.iter() {
            let title = self.titles.get(id).cloned().unwrap_or_default();
            names.push(&title.title);
            genres.push(&title.genres.join("|"));
            years.push(title.year.unwrap_or(0));
        }
        let [text, ends] = names.blocks();
        add("titles.names", text);
        add("titles.ends", ends);
        let [text, ends] = genres.blocks();
        add("titles.genres", text);
        add("titles.genre_ends", ends);
        add("titles.years", Block::new(&[years.len()], years.as_slice()));
        let numbers = self.numbers();
        add("numbers", Block::new(&[numbers.len()], numbers.to_vec()));
        let bold = moments.and_then(|of| of.bold).map(|of| vec![of.share, of.error]);
        if let Some(bold) = bold {
            add("bold", Block::new(&[bold.len()], bold));
        }
        let metadata = [(KEY.to_owned(), Header::of(self).text())].into_iter().collect();
        safetensors::serialize(tensors, Some(metadata))
            .expect("the header is short, and every tensor is as long as its shape says")
    }

    fn numbers(&self) -> [f64; 7] {
        let of = self.optimizer.as_ref();
        let (loss_sum, seconds) = of.map_or((0.0, 0.0), |of| (of.loss_sum, of.seconds));
        let absolute_sum = of.and_then(|of| of.absolute_sum).unwrap_or(f64::NAN);
        let config = &self.trained.config;
        let (share, mean) = (self.source.test_share, self.averages.mean);
        [config.learning_rate, config.weight_decay, share, mean, loss_sum, seconds, absolute_sum]
    }
}
