//! What survives a reload: runs that are over.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::database::{
    self, BLOCKED, DATA, MODELS, RUNS, UNDER_WAY, all, beside, json, parse, put,
};
use super::state::Page;
use super::{actions, locks, opening, unfinished};
use crate::record::Record;

/// The key of the chosen colours, beside the database.
pub(crate) const THEME: &str = "latent-theme";

/// The key of the highest number that a run of any tab has had. It stays when all else is deleted, for
/// other tabs may have runs under way.
pub(crate) const COUNT: &str = "latent-runs";

/// Finds earlier runs, and those that were cut off.
pub(crate) fn restore(page: Page) {
    opening::find_frozen();
    spawn_local(async move {
        match all(RUNS).await {
            Ok(runs) => {
                let mut known = Vec::new();
                for (id, value) in runs {
                    match parse::<Record>(&value) {
                        Some(run) => known.push(run),
                        None => cannot_read(page, id),
                    }
                }
                known.sort_by_key(|run| run.id);
                page.earlier.update(|earlier| earlier.splice(0..0, known).for_each(drop));
            }
            Err(error) if error == BLOCKED => {
                page.complain(format!("Earlier runs are out of reach: {error}"));
            }
            Err(_) => {} // without storage, as in some private windows, the page works all the same
        }
        unfinished::offer_all(page).await;
    });
    unfinished::watch(page);
}

/// Another version of the page kept this run in words that this one does not know.
pub(crate) fn cannot_read(page: Page, id: u32) {
    page.unreadable.update(|runs| {
        runs.retain(|run| *run != id);
        runs.push(id);
    });
}

/// Leaves what cannot be read to tabs that can, and speaks of it no more.
pub(crate) fn leave_unreadable(page: Page) {
    let runs = page.unreadable.try_update(std::mem::take).unwrap_or_default();
    for id in &runs {
        locks::let_go(page, *id);
    }
    page.left_alone.update_value(|left| left.extend(runs));
}

/// Forgets what cannot be read.
pub(crate) fn delete_unreadable(page: Page) {
    for id in page.unreadable.try_update(std::mem::take).unwrap_or_default() {
        beside(page, async move {
            database::delete(&[RUNS, UNDER_WAY, MODELS, DATA], id).await?;
            locks::let_go(page, id);
            Ok(())
        });
    }
}

/// A number for a new run, which no other tab gives to one of its own.
pub(crate) fn next_id(page: Page) -> u32 {
    let local = window().local_storage().ok().flatten();
    let given = local.as_ref().and_then(|local| local.get_item(COUNT).ok().flatten());
    let given = given.and_then(|number| number.parse().ok()).unwrap_or(0);
    let earlier = page.earlier.with_untracked(|runs| runs.iter().map(|run| run.id).max());
    let open = page.unfinished.with_untracked(|runs| runs.iter().map(|run| run.record.id).max());
    let unreadable = page.unreadable.with_untracked(|runs| runs.iter().copied().max());
    let left = page.left_alone.with_value(|runs| runs.iter().copied().max());
    let kept = [earlier, open, unreadable, left].into_iter().flatten().max();
    let id = given.max(kept.unwrap_or(0)) + 1;
    if let Some(local) = local {
        let _ = local.set_item(COUNT, &id.to_string()); // then this tab is alone
    }
    id
}

/// Keeps a run's record.
pub(crate) fn put_run(page: Page, run: &Record) {
    let (id, entry) = (run.id, [(RUNS, json(run))]);
    beside(page, async move { put(id, &entry).await });
}

/// Forgets a run.
pub(crate) fn delete_run(page: Page, id: u32) {
    beside(page, async move { database::delete(&[RUNS], id).await });
}

/// Forgets everything that this page ever kept.
pub(crate) fn delete_everything(page: Page) {
    actions::reset(page); // what is under way would be kept again
    page.run.set(None);
    page.earlier.set(Vec::new());
    page.left_alone.set_value(Vec::new());
    let unfinished = page.unfinished.try_update(std::mem::take).unwrap_or_default();
    let unreadable = page.unreadable.try_update(std::mem::take).unwrap_or_default();
    let runs = unfinished.into_iter().map(|kept| kept.record.id).chain(unreadable);
    beside(page, async move {
        database::clear().await?;
        runs.for_each(|id| locks::let_go(page, id)); // now that no tab finds them any more
        if let Ok(Some(local)) = window().local_storage() {
            // A browser that refuses kept nothing there either.
            let _ = local.remove_item(THEME);
        }
        page.say("Everything this page kept in this browser is deleted.");
        Ok(())
    });
}
