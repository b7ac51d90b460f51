//! The model at work: what was asked of it, and what it said.

use std::sync::Arc;

use leptos::prelude::*;
use protocol::{
    Answer, Audience, Found, Item, Judged, Map, Picks, Question, Request, Similar, User, Who,
    Window,
};

use super::clock;
use super::link;
use super::state::{Page, Stage};

/// Items in the list of similar items, and in that of picks before more of them are wanted.
pub(crate) const MOST: usize = 10;
/// Picks that can be wanted.
pub(crate) const MOST_PICKS: usize = 50;

/// Users in the audience of a new item.
const MOST_USERS: usize = 1_000;

/// Users and items in the window of the matrix.
pub(crate) const ROWS: usize = 12;
pub(crate) const COLUMNS: usize = 8;

/// Items on the map.
const MOST_DOTS: usize = 3_000;

/// Signals of the step that uses the model.
#[derive(Clone, Copy)]
pub(crate) struct Using {
    /// The id of a user of the data.
    pub(crate) user: RwSignal<String>,
    /// Whether the person at the screen takes the user's place.
    pub(crate) is_new: RwSignal<bool>,
    /// What the person at the screen rated.
    pub(crate) stars: RwSignal<Vec<(Item, f32)>>,
    pub(crate) found: RwSignal<Option<Found>>,
    pub(crate) picks: RwSignal<Option<Picks>>,
    /// How many picks are wanted.
    pub(crate) most: RwSignal<usize>,
    /// The item whose neighbours are shown.
    chosen: RwSignal<Option<String>>,
    pub(crate) similar: RwSignal<Option<Similar>>,
    /// What was typed to find items, and users once they are looked for.
    pub(crate) sought: RwSignal<String>,
    sought_users: RwSignal<Option<String>>,
    /// Users that were searched for.
    pub(crate) users: RwSignal<Vec<User>>,
    /// How users rated a new item.
    pub(crate) rated_by: RwSignal<Vec<(String, f32)>>,
    pub(crate) audience: RwSignal<Option<Audience>>,
    pub(crate) window: RwSignal<Option<Window>>,
    pub(crate) map: RwSignal<Option<Arc<Map>>>,
    pub(crate) judged: RwSignal<Option<Judged>>,
    /// Whether the person looks at the map, and at the errors.
    pub(crate) map_open: RwSignal<bool>,
    pub(crate) judged_open: RwSignal<bool>,
    /// Counts what changes answers beside the model, such as titles.
    anew: RwSignal<u32>,
    /// Questions that this model cannot answer.
    refused: StoredValue<Vec<Question>>,
    /// Users and items that the model knows.
    pub(crate) size: RwSignal<(usize, usize)>,
    /// The first user and item of the window.
    pub(crate) corner: RwSignal<(usize, usize)>,
}

impl Using {
    pub(crate) fn new() -> Self {
        Self {
            user: RwSignal::new(String::new()),
            is_new: RwSignal::new(false),
            stars: RwSignal::new(Vec::new()),
            found: RwSignal::new(None),
            picks: RwSignal::new(None),
            most: RwSignal::new(MOST),
            chosen: RwSignal::new(None),
            similar: RwSignal::new(None),
            sought: RwSignal::new(String::new()),
            sought_users: RwSignal::new(None),
            users: RwSignal::new(Vec::new()),
            rated_by: RwSignal::new(Vec::new()),
            audience: RwSignal::new(None),
            window: RwSignal::new(None),
            map: RwSignal::new(None),
            judged: RwSignal::new(None),
            map_open: RwSignal::new(false),
            judged_open: RwSignal::new(false),
            anew: RwSignal::new(0),
            refused: StoredValue::new(Vec::new()),
            size: RwSignal::new((0, 0)),
            corner: RwSignal::new((0, 0)),
        }
    }

    /// Takes an answer. What cannot be answered leaves nothing of the former answer, and is not asked
    /// again.
    pub(crate) fn hear(&self, page: Page, answer: Answer) {
        match answer {
            Answer::Found(found) => self.found.set(Some(found)),
            Answer::Users(users) => self.users.set(users),
            Answer::Audience(audience) => self.audience.set(Some(audience)),
            Answer::Picks(picks) => self.picks.set(Some(picks)),
            Answer::Similar(similar) => self.similar.set(Some(similar)),
            Answer::Window(window) => self.window.set(Some(window)),
            Answer::Map(map) => self.map.set(Some(Arc::new(map))),
            Answer::Judged(judged) => self.judged.set(Some(judged)),
            Answer::Refused { question, why } => {
                match question {
                    Question::Picks { .. } => self.picks.set(None),
                    Question::Audience { .. } => self.audience.set(None),
                    Question::Similar { .. } => self.similar.set(None),
                    _ => {}
                }
                self.refused.update_value(|refused| refused.push(question));
                page.complain(why);
            }
        }
    }

    /// What the answers rest on has changed.
    pub(crate) fn ask_anew(&self) {
        self.refused.set_value(Vec::new());
        self.anew.update(|count| *count = count.wrapping_add(1));
    }

    /// Forgets what was said of other data; these are its users and items. The window begins where
    /// users have rated some of the best known items and not all of them.
    pub(crate) fn begin(&self, size: (usize, usize)) {
        self.size.set(size);
        self.corner.set((size.0 / 3, 0));
        self.user.set(String::new());
        self.chosen.set(None);
        self.sought.set(String::new());
        self.stars.set(Vec::new());
        self.found.set(None);
        self.users.set(Vec::new());
        self.rated_by.set(Vec::new());
        self.forget();
    }

    /// Forgets what another model said.
    pub(crate) fn forget(&self) {
        self.refused.set_value(Vec::new());
        self.picks.set(None);
        self.similar.set(None);
        self.audience.set(None);
        self.window.set(None);
        self.map.set(None);
        self.judged.set(None);
    }
}

/// Whether there is a model to ask: a run that saw an epoch, or a file.
pub(crate) fn has_model(page: Page) -> bool {
    let seen = page.run.with(|run| run.as_ref().is_some_and(|run| !run.history.is_empty()));
    let there = !matches!(page.stage.get(), Stage::Idle | Stage::Starting);
    seen && there
}

/// While a run moves the model is asked at most so often, in seconds: each answer takes a copy of it.
const BREATH: f64 = 1.0;

/// Asks anew whenever the model, the person or their stars change.
pub(crate) fn follow(page: Page) {
    let using = page.using;
    whenever(page, move || {
        let (stars, is_new, user) = (using.stars.get(), using.is_new.get(), using.user.get());
        let stars = stars.into_iter().map(|(item, stars)| (item.item, stars)).collect();
        let who = if is_new { Who::New { stars } } else { Who::User { user } };
        Some(Question::Picks { who, most: using.most.get() })
    });
    whenever(page, move || {
        let (first_user, first_item) = using.corner.get();
        Some(Question::Window { first_user, users: ROWS, first_item, items: COLUMNS })
    });
    whenever(page, move || {
        let rated = using.rated_by.get();
        (!rated.is_empty()).then_some(Question::Audience { rated, most: MOST_USERS })
    });
    whenever(page, move || {
        let item = using.chosen.get()?;
        Some(Question::Similar { item, most: MOST })
    });
    whenever(page, move || {
        using.is_new.get().then(|| Question::Search { text: using.sought.get() })
    });
    whenever(page, move || Some(Question::Users { text: using.sought_users.get()? }));
    whenever(page, move || using.map_open.get().then_some(Question::Map { most: MOST_DOTS }));
    whenever(page, move || using.judged_open.get().then_some(Question::Judge));
}

/// Asks anew whenever the model changes, or what `question` reads. What changed is asked at once, and
/// the same as before now and then.
fn whenever(page: Page, question: impl Fn() -> Option<Question> + 'static) {
    Effect::new(move |last: Option<Option<(Question, f64)>>| {
        page.run.track();
        page.using.anew.track();
        let (question, last) = (question().filter(|_| has_model(page)), last.flatten());
        let is_soon = |question: &Question| {
            let before = last.as_ref().filter(|(asked, _)| asked == question);
            page.stage.get() == Stage::Training
                && before.is_some_and(|(_, at)| clock::now() - at < BREATH)
        };
        let is_refused = |question: &Question| {
            page.using.refused.with_value(|refused| refused.contains(question))
        };
        match question.filter(|question| !is_soon(question) && !is_refused(question)) {
            Some(question) => {
                link::ask(page, &Request::Use(question.clone()), None);
                Some((question, clock::now()))
            }
            None => last,
        }
    });
}

/// Looks for items by title.
pub(crate) fn search(page: Page, text: String) {
    page.using.sought.set(text);
}

/// Looks for users by id.
pub(crate) fn search_users(page: Page, text: String) {
    page.using.sought_users.set(Some(text));
}

/// Shows the items closest to one, as long as there is a model that knows it.
pub(crate) fn similar(page: Page, item: String) {
    page.using.chosen.set(Some(item));
}
