//! What the items are called: titles that nobody has used, from lists of words.

use hashbrown::HashMap;

use crate::titles::{Title, Titles};

use super::random::Random;

const GENRES: [&str; 14] = [
    "Adventure",
    "Animation",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Family",
    "Fantasy",
    "History",
    "Music",
    "Mystery",
    "Romance",
    "Science Fiction",
    "Western",
];

const QUALITIES: [&str; 40] = [
    "Amber",
    "Borrowed",
    "Bright",
    "Broken",
    "Crooked",
    "Distant",
    "Electric",
    "Endless",
    "Faithful",
    "Forgotten",
    "Gentle",
    "Golden",
    "Hidden",
    "Hollow",
    "Honest",
    "Invisible",
    "Last",
    "Little",
    "Lonely",
    "Long",
    "Lucky",
    "Midnight",
    "Naïve",
    "Northern",
    "Open",
    "Painted",
    "Paper",
    "Patient",
    "Quiet",
    "Reluctant",
    "Restless",
    "Salt",
    "Second",
    "Secret",
    "Silver",
    "Slow",
    "Southern",
    "Sudden",
    "Velvet",
    "Wandering",
];

const THINGS: [&str; 56] = [
    "Almanac",
    "Arcade",
    "Atlas",
    "Balcony",
    "Beekeeper",
    "Bicycle",
    "Bridge",
    "Café",
    "Canal",
    "Cartographer",
    "Château",
    "Clockmaker",
    "Comet",
    "Compass",
    "Courier",
    "Daughter",
    "Ferry",
    "Fiancée",
    "Garden",
    "Glacier",
    "Greenhouse",
    "Harbour",
    "Heir",
    "Horizon",
    "Island",
    "Juggler",
    "Kettle",
    "Lantern",
    "Librarian",
    "Lighthouse",
    "Meridian",
    "Mill",
    "Mountain",
    "Observatory",
    "Orchard",
    "Orchestra",
    "Parade",
    "Passenger",
    "Pianist",
    "Postcard",
    "Quarry",
    "Railway",
    "River",
    "Saddle",
    "Señorita",
    "Smörgåsbord",
    "Snowfall",
    "Station",
    "Summer",
    "Tailor",
    "Telegram",
    "Tide",
    "Umbrella",
    "Valley",
    "Violin",
    "Winter",
];

const PLACES: [&str; 28] = [
    "Aldermoor",
    "Brînza",
    "Calanthe",
    "Córdena",
    "Dunmarrow",
    "Eastwater",
    "Fjällby",
    "Gravelines",
    "Hallowfield",
    "Îlot-sur-Mer",
    "Jasperton",
    "Königsau",
    "Lindenhof",
    "Marisol",
    "Nørrehavn",
    "Oldcastle",
    "Peñalta",
    "Quillon",
    "Rosenby",
    "São Telmo",
    "Tarn Hollow",
    "Umbria Street",
    "Vallombrosa",
    "Westering",
    "Xàbena",
    "Yarrow Lane",
    "Zeeburg",
    "the Third Floor",
];

const PEOPLE: [&str; 28] = [
    "Ada",
    "Björn",
    "Chloé",
    "Dario",
    "Edith",
    "Félix",
    "Greta",
    "Henri",
    "Inés",
    "Jonas",
    "Käthe",
    "Leopold",
    "Mathilde",
    "Noé",
    "Odile",
    "Pavel",
    "Quentin",
    "René",
    "Søren",
    "Théa",
    "Ulla",
    "Viktor",
    "Wanda",
    "Ximena",
    "Yusuf",
    "Zelda",
    "Aunt Marguerite",
    "Mr. Pettibone",
];

const LETTERS: [&str; 12] =
    ["", " II", " III", " IV", " V", " VI", " VII", " VIII", " IX", " X", " XI", " XII"];

/// A title for each raw item id from 1 up, and its genres as numbers.
pub(super) fn titles(items: usize, random: &mut Random) -> (Titles, Vec<Vec<usize>>) {
    let mut titles = Titles::default();
    let mut genres = Vec::with_capacity(items);
    let mut uses: HashMap<String, usize> = HashMap::new();
    for id in 1..=items {
        let name = name(random);
        let used = uses.entry(name.clone()).or_insert(0);
        let sequel =
            LETTERS.get(*used).map_or(format!(" {}", *used + 1), |letters| (*letters).into());
        *used += 1;
        let numbers = some_genres(random);
        let title = Title {
            title: name + &sequel,
            year: Some(year(random)),
            genres: numbers.iter().map(|&genre| GENRES[genre].to_owned()).collect(),
        };
        titles.insert(&id.to_string(), title);
        genres.push(numbers);
    }
    (titles, genres)
}

fn name(random: &mut Random) -> String {
    let mut of = |words: &[&'static str]| words[random.below(words.len())];
    let (quality, thing, other) = (of(&QUALITIES), of(&THINGS), of(&THINGS));
    let (place, person) = (of(&PLACES), of(&PEOPLE));
    match random.below(8) {
        0 => format!("The {quality} {thing}"),
        1 => format!("{quality} {thing}"),
        2 => format!("The {thing} of {place}"),
        3 => format!("{person} and the {quality} {thing}"),
        4 => format!("{person}'s {quality} {thing}"),
        5 => format!("{} {thing} in {place}", article(thing)),
        6 => format!("The {thing} and the {other}"),
        _ => format!("{person} in {place}"),
    }
}

fn article(thing: &str) -> &'static str {
    if thing.starts_with(['A', 'E', 'I', 'O']) || thing == "Umbrella" || thing == "Heir" {
        "An"
    } else {
        "A"
    }
}

/// One to three genres, in the order of their names.
fn some_genres(random: &mut Random) -> Vec<usize> {
    let count = [1, 1, 2, 2, 2, 3][random.below(6)];
    let mut genres: Vec<usize> = Vec::with_capacity(count);
    while genres.len() < count {
        let genre = random.below(GENRES.len());
        if !genres.contains(&genre) {
            genres.push(genre);
        }
    }
    genres.sort_unstable();
    genres
}

/// From 1921 to 2000, most of them late.
fn year(random: &mut Random) -> u16 {
    let back = random.uniform();
    2000 - (80.0 * back * back) as u16
}
