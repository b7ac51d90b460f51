//! Files whose names change with their content, so that browsers may keep them for ever.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// The file that names all others.
const LIST: &str = "service-worker.js";

/// Hexadecimal digits of a content's hash in a name.
const DIGITS: usize = 16;

/// The files of a built page. A file is added after those that it names.
#[derive(Default)]
pub(crate) struct Assets {
    files: Vec<Asset>,
}

/// A file of the built page.
pub(crate) struct Asset {
    /// Its name in the sources.
    source: String,
    /// Its name in the built page.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

impl Assets {
    /// Adds a file under a name that holds its content's hash. Returns that name.
    pub(crate) fn add(&mut self, source: &str, bytes: impl Into<Vec<u8>>) -> String {
        let bytes = bytes.into();
        let hash = hash(&bytes);
        let flat = source.replace('/', "-"); // a built page has no folders
        let (stem, ending) = flat.rsplit_once('.').unwrap_or((&flat, ""));
        let name = format!("{stem}-{hash:016x}.{ending}");
        self.files.push(Asset { source: source.to_owned(), name: name.clone(), bytes });
        name
    }

    /// The same for a text that names files added before: as `"./x.js"`, `"x.js"` or `'x.js'`.
    pub(crate) fn add_text(&mut self, source: &str, text: &str) -> String {
        let text = self.renamed(text);
        self.add(source, text)
    }

    /// Adds a file that must keep its name.
    pub(crate) fn add_plain(&mut self, name: &str, bytes: impl Into<Vec<u8>>) {
        self.files.push(Asset { source: name.into(), name: name.into(), bytes: bytes.into() });
    }

    /// A text with the names that files have in the built page.
    pub(crate) fn renamed(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for Asset { source, name, .. } in &self.files {
            for (before, after) in [("\"./", "\""), ("\"", "\""), ("'./", "'"), ("'", "'")] {
                text = text.replace(
                    &format!("{before}{source}{after}"),
                    &format!("{before}{name}{after}"),
                );
            }
        }
        text
    }

    /// Whether a file of this name, as the sources have it, was added.
    pub(crate) fn has(&self, source: &str) -> bool {
        self.files.iter().any(|file| file.source == source)
    }

    /// Bytes of a file of this name, as the sources have it; 0 where there is none.
    pub(crate) fn size(&self, source: &str) -> usize {
        self.files.iter().find(|file| file.source == source).map_or(0, |file| file.bytes.len())
    }

    /// All files, in the order in which they were added.
    pub(crate) fn files(&self) -> &[Asset] {
        &self.files
    }

    /// A number that changes when any file does.
    pub(crate) fn version(&self) -> String {
        let names: String = self.files.iter().map(|file| format!("{}\n", file.name)).collect();
        format!("{:016x}", hash(names.as_bytes()))
    }

    /// Writes the files into a folder. Of earlier versions those stay that the page before named, for
    /// whoever has it open; the others go.
    ///
    /// # Errors
    /// A file that cannot be written or removed.
    pub(crate) fn write(&self, out: &Path) -> Result<()> {
        fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
        let before = fs::read(out.join(LIST)).unwrap_or_default(); // none the first time
        let is_same = self.files.iter().any(|file| file.name == LIST && file.bytes == before);
        let before = String::from_utf8_lossy(&before);
        for entry in fs::read_dir(out)?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let kept = is_same
                || before.contains(&format!("\"{name}\""))
                || self.files.iter().any(|file| file.name == name);
            if !kept && self.files.iter().any(|file| is_version_of(&name, &file.source)) {
                fs::remove_file(entry.path())
                    .with_context(|| format!("cannot remove {}", entry.path().display()))?;
            }
        }
        for Asset { name, bytes, .. } in &self.files {
            let path = out.join(name);
            fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(())
    }
}

/// Whether a name is that of a file with a hash in it.
pub(crate) fn is_hashed(name: &str) -> bool {
    name.rsplit_once('.').and_then(|(stem, _)| stem.rsplit_once('-')).is_some_and(|(_, hash)| {
        hash.len() == DIGITS && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// Whether `name` is that of `source` with some hash.
fn is_version_of(name: &str, source: &str) -> bool {
    let flat = source.replace('/', "-");
    let Some((stem, ending)) = flat.rsplit_once('.') else { return false };
    let hash = name.strip_prefix(stem).and_then(|rest| rest.strip_prefix('-'));
    let hash = hash.and_then(|rest| rest.strip_suffix(ending)?.strip_suffix('.'));
    hash.is_some_and(|hash| hash.len() == DIGITS) && is_hashed(name)
}

/// FNV-1a, 64 bits: the same name for the same content, with any compiler.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_content_and_texts_follow_names() {
        let mut assets = Assets::default();
        let wasm = assets.add("web_bg.wasm", *b"\0asm");
        let js = assets.add_text("web.js", "fetch('web_bg.wasm')");
        let start = assets.add_text("start.js", "import init from \"./web.js\"; // web.js");
        assert_eq!(assets.files()[1].bytes, format!("fetch('{wasm}')").as_bytes());
        let expected = format!("import init from \"./{js}\"; // web.js");
        assert_eq!(assets.files()[2].bytes, expected.as_bytes());
        assert!(
            [&wasm, &js, &start].into_iter().all(|name| is_hashed(name)),
            "{wasm} {js} {start}"
        );
        assert!(!is_hashed("index.html") && !is_hashed("service-worker.js"));
        let other = Assets::default().add("web_bg.wasm", *b"\0asn");
        assert_ne!(other, wasm);
        assert!(is_version_of(&other, "web_bg.wasm") && !is_version_of(&other, "web.wasm"));
    }

    #[test]
    fn what_builds_before_the_last_left_goes_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let write = |text: &str| {
            let mut assets = Assets::default();
            let name = assets.add("start.js", text);
            assets.add_plain("index.html", *b"hello");
            assets.add_plain(LIST, format!("[\"{name}\"]"));
            assets.write(folder.path()).expect("written");
            name
        };
        let first = write("1");
        fs::write(folder.path().join("robots.txt"), "").expect("a file of someone else's");
        let second = write("2");
        let there = |name: &str| folder.path().join(name).exists();
        assert!(there(&first) && there(&second), "a page that is open still finds its files");
        assert_eq!(write("2"), second);
        assert!(there(&first), "the same build again is no newer version");
        let third = write("3");
        assert!(!there(&first) && there(&second) && there(&third));
        assert!(there("index.html") && there("robots.txt"));
    }
}
