//! `index.html` as it is built.
//!
//! The lines of `index.html` that carry `data-trunk` name the page's files, in Trunk's words, so the
//! list of files exists once. A tag stands alone on its line. Trunk itself has the page built here too
//! (`Trunk.toml`).

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::assets::Assets;

/// What the page may load: its own files, and nothing from anywhere else. Said by the page itself,
/// and by the server, whose word counts for the workers too.
pub(crate) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; \
     script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; \
     style-src 'self'; img-src 'self' data: blob:; manifest-src 'self'; base-uri 'none'; \
     form-action 'none'";

/// Reads `index.html` in `root`, adds the files it names to `assets`, and then the page itself.
/// `start` is the built name of the script that starts the page.
///
/// # Errors
/// A `data-trunk` line is not understood, or a file cannot be read.
pub(crate) fn add(root: &Path, start: &str, assets: &mut Assets) -> Result<()> {
    let html = read(&root.join("index.html"))?;
    let mut page = String::with_capacity(html.len());
    for (index, line) in html.lines().enumerate() {
        let built = if line.contains("data-trunk") {
            built(line, root, start, assets).with_context(|| format!("index.html:{}", index + 1))?
        } else {
            Some(assets.renamed(line))
        };
        if let Some(line) = built {
            page.push_str(&line);
            page.push('\n');
            if line.contains("<meta charset") {
                page.push_str(&policy());
            }
        }
    }
    assets.add_plain("index.html", page);
    Ok(())
}

fn policy() -> String {
    format!(
        "  <meta http-equiv=\"Content-Security-Policy\" content=\"{CONTENT_SECURITY_POLICY}\">\n"
    )
}

/// What a `data-trunk` line becomes; `None` where the page needs no tag.
fn built(line: &str, root: &Path, start: &str, assets: &mut Assets) -> Result<Option<String>> {
    let Some(file) = attribute(line, "href").or(attribute(line, "src")) else {
        bail!("this data-trunk tag names no file: {}", line.trim());
    };
    let name = name(file);
    let path = root.join(file);
    Ok(match attribute(line, "rel") {
        Some("rust") if attribute(line, "data-type") == Some("worker") => None,
        Some("rust") => Some(format!("  <script type=\"module\" src=\"{start}\"></script>")),
        Some("css") => {
            let name = assets.add_text(name, &read(&path)?);
            Some(format!("  <link rel=\"stylesheet\" href=\"{name}\">"))
        }
        Some("icon") => {
            let name = assets.add_text(name, &read(&path)?);
            Some(format!("  <link rel=\"icon\" href=\"{name}\">"))
        }
        Some("copy-file") if assets.has(name) => None, // the build added it already
        Some("copy-file") => {
            assets.add_text(name, &read(&path)?);
            None
        }
        _ => bail!("expected rel=\"rust\", \"css\", \"icon\" or \"copy-file\": {}", line.trim()),
    })
}

/// The value of `name="..."` in a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag[start..].split('"').next()
}

/// A path's last part.
fn name(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_its_files_as_they_are_built() {
        let root = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir_all(root.path().join("web")).expect("a folder");
        fs::write(root.path().join("web/style.css"), "p {}").expect("a file");
        fs::write(root.path().join("web/icon.svg"), "<svg/>").expect("a file");
        let html = concat!(
            "  <meta charset=\"utf-8\">\n",
            "<meta name=\"worker\" content=\"worker.js\">\n",
            "<link data-trunk rel=\"rust\" href=\"web/Cargo.toml\">\n",
            "<link data-trunk rel=\"rust\" href=\"w/Cargo.toml\" data-type=\"worker\">\n",
            "<link data-trunk rel=\"copy-file\" href=\"w/worker.js\">\n",
            "<link data-trunk rel=\"icon\" href=\"web/icon.svg\">\n",
            "<link data-trunk rel=\"css\" href=\"web/style.css\">\n",
        );
        fs::write(root.path().join("index.html"), html).expect("a file");
        let mut assets = Assets::default();
        let worker = assets.add("worker.js", *b"1;");

        add(root.path(), "start-0.js", &mut assets).expect("a page");

        let [_, icon, css, page] = assets.files() else { panic!("four files") };
        assert_eq!(css.bytes, b"p {}");
        let expected = [
            "  <meta charset=\"utf-8\">".to_owned(),
            policy().trim_end().to_owned(),
            format!("<meta name=\"worker\" content=\"{worker}\">"),
            "  <script type=\"module\" src=\"start-0.js\"></script>".to_owned(),
            format!("  <link rel=\"icon\" href=\"{}\">", icon.name),
            format!("  <link rel=\"stylesheet\" href=\"{}\">\n", css.name),
        ];
        assert_eq!(page.name, "index.html");
        assert_eq!(String::from_utf8_lossy(&page.bytes), expected.join("\n"));
    }

    #[test]
    fn a_tag_that_is_not_understood_is_an_error_that_shows_it() {
        let mut assets = Assets::default();
        let mut ask = |line| built(line, Path::new("."), "", &mut assets);
        let error = ask(r#"  <link data-trunk rel="sass" href="web/a.scss">"#);
        let text = error.expect_err("sass is not known").to_string();
        assert!(text.ends_with(r#"<link data-trunk rel="sass" href="web/a.scss">"#), "{text}");
        assert!(ask("<link data-trunk>").is_err(), "a tag without a file");
    }
}
