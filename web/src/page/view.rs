//! Components, from the top of the page to its foot.

mod banner; // what the person has to know first
mod data; // step 1
mod histogram; // how often each rating occurs
mod matrix; // what is known and what is missing
mod model; // step 2
mod settings; // the settings of each model
mod knob; // one setting
mod drawing; // the model as a picture
mod train; // step 3
mod curve; // the chart
mod pointer; // the chart under mouse, finger and keyboard
mod picture; // the chart as a file
mod long; // a table of any length
mod runs; // the table of runs
mod using; // what comes after training
mod chrome; // head, foot, keys

use leptos::prelude::*;

use super::state::page;
use banner::Banners;
use chrome::{Foot, Head, Help};
use data::DataStep;
use model::ModelStep;
use train::TrainStep;
use using::UseStep;

/// The whole page.
#[component]
pub(crate) fn App() -> impl IntoView {
    let page = page();
    view! {
        <a class="skip" href="#train">"Skip to training"</a>
        <Head/>
        <Banners/>
        <main class="steps">
            <DataStep/>
            <ModelStep/>
            <TrainStep/>
            <UseStep/>
        </main>
        <Foot/>
        <Help/>
        <output class="unseen" id="spoken" aria-live="polite">{page.spoken}</output>
    }
}
