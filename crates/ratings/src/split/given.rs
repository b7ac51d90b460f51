//! The ratings of another file to test on.

use super::Split;
use crate::ids::{ItemIndex, UserIndex};
use crate::table::{Ratings, Table};

/// A test rating by whom or of what no training rating is; `None` is an id that the table has not.
pub type Stranger = (Option<UserIndex>, Option<ItemIndex>, f32);

impl Split {
    /// Tests on the ratings of another table in place of those of its own. Those whose user and item
    /// have both a training rating are the test part, in their order; the others come back by
    /// themselves, since no model knows them.
    pub fn tested_on(mut self, own: &Table, test: &Table) -> (Self, Vec<Stranger>) {
        let (mut users, mut items) = (vec![false; self.users], vec![false; self.items]);
        self.train.users.iter().for_each(|user| users[user.index()] = true);
        self.train.items.iter().for_each(|item| items[item.index()] = true);
        let their_users: Vec<_> = test.users.iter().map(|id| own.users.index_of(id)).collect();
        let their_items: Vec<_> = test.items.iter().map(|id| own.items.index_of(id)).collect();
        self.test = Ratings::default();
        let mut strangers = Vec::new();
        let Ratings { users: who, items: what, values } = &test.ratings;
        for ((user, item), value) in who.iter().zip(what).zip(values) {
            match (their_users[user.index()], their_items[item.index()]) {
                (Some(user), Some(item)) if users[user.index()] && items[item.index()] => {
                    self.test.users.push(user);
                    self.test.items.push(item);
                    self.test.values.push(*value);
                }
                (user, item) => strangers.push((user, item, *value)),
            }
        }
        (self, strangers)
    }
}
