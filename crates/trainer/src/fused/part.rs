//! A thread's part of a batch: what it reads, what it sends and what it is sent.
//!
//! Whether a rating concerns a thread is a toss of a coin, and a processor that guesses wrong loses
//! more time than the rating costs. So the lists are made without branches: every rating is written
//! behind the last one that counted, and the length grows only if it counts.

use std::hint::select_unpredictable;

use super::{
    crew::{Readers, Sample, Team},
    rows::Rows,
};

/// A rating that a thread reads, with its rows among the thread's own and its guests.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Read {
    pub(super) user: u32,
    pub(super) item: u32,
    pub(super) rating: f32,
    pub(super) own_user: bool,
}

/// An own row that another thread reads.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sent {
    pub(super) row: u32,
    pub(super) to: u32,
}

/// The lists of a batch. All are in its order, user before item, so what one thread sends another
/// comes in the order in which the other expects it.
pub(super) struct Part {
    reads: List<Read>,
    sends: List<Sent>,
    guests: List<u32>, // from whom
}

impl Part {
    /// Room for batches of at most so many ratings.
    pub(super) fn new(batch: usize) -> Self {
        let (reads, sends) = (List::new(batch), List::new(2 * batch));
        Self { reads, sends, guests: List::new(2 * batch) }
    }

    /// Bytes of the lists.
    pub(super) fn bytes(batch: usize) -> u64 {
        (batch * (size_of::<Read>() + 2 * size_of::<Sent>() + 2 * size_of::<u32>())) as u64
    }

    /// Lists what `me` has to do with a batch, and asks for the own rows in it.
    #[inline(always)]
    pub(super) fn list(
        &mut self,
        me: u32,
        team: Team,
        batch: &[Sample],
        readers: Readers,
        rows: &mut Rows,
        step: u32,
    ) {
        let own_rows = rows.len();
        let mut asking = rows.ask(step);
        let mut reads = self.reads.filling();
        let mut sends = self.sends.filling();
        let mut guests = self.guests.filling();
        for (position, sample) in batch.iter().enumerate() {
            let (user, item) = (team.place(sample.user), team.place(sample.item));
            let [for_user, for_item] = readers.of(team, position, user.owner, item.owner);
            let [own_user, own_item] = [user.owner == me, item.owner == me];
            asking.want(user.row, own_user);
            asking.want(item.row, own_item);
            sends.push_if(own_user & (for_user != me), Sent { row: user.row, to: for_user });
            sends.push_if(own_item & (for_item != me), Sent { row: item.row, to: for_item });
            let mine = (for_user == me) | (for_item == me);
            let user_row = select_unpredictable(own_user, user.row, own_rows + guests.len as u32);
            guests.push_if(mine & !own_user, user.owner);
            let item_row = select_unpredictable(own_item, item.row, own_rows + guests.len as u32);
            guests.push_if(mine & !own_item, item.owner);
            let read = Read { user: user_row, item: item_row, rating: sample.rating, own_user };
            reads.push_if(mine, read);
        }
        let wants = asking.wants;
        [self.reads.len, self.sends.len, self.guests.len] = [reads.len, sends.len, guests.len];
        rows.asked(wants);
    }

    pub(super) fn reads(&self) -> &[Read] {
        self.reads.get()
    }

    pub(super) fn sends(&self) -> &[Sent] {
        self.sends.get()
    }

    /// Who owns each guest, in their order.
    pub(super) fn guests(&self) -> &[u32] {
        self.guests.get()
    }
}

struct List<T> {
    room: Vec<T>,
    len: usize,
}

impl<T: Clone + Default> List<T> {
    fn new(most: usize) -> Self {
        Self { room: vec![T::default(); most + 1], len: 0 }
    }

    /// The list, to be filled from its start.
    #[inline(always)]
    fn filling(&mut self) -> Filling<'_, T> {
        Filling { room: &mut self.room, len: 0 }
    }

    fn get(&self) -> &[T] {
        &self.room[..self.len]
    }
}

/// A list that always writes and sometimes keeps. What it is made of stays in registers.
struct Filling<'a, T> {
    room: &'a mut [T],
    len: usize,
}

impl<T> Filling<'_, T> {
    #[inline(always)]
    fn push_if(&mut self, keep: bool, element: T) {
        self.room[self.len] = element;
        self.len += usize::from(keep);
    }
}
