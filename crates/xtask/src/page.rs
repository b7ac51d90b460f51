//! `index.html` to a folder that any server can serve.
//!
//! The lines of `index.html` that carry `data-trunk` name the page's files, in the words that
//! Trunk understands too, so the list of files exists once. A tag stands alone on its line.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// What a line that carries `data-trunk` becomes.
#[derive(Debug, PartialEq)]
struct Asset<'a> {
    /// The file to copy beside the page.
    file: Option<&'a str>,
    /// The tag that names the copy; empty where the page needs none.
    tag: String,
}

/// Writes `index.html` and the files it names from `root` into `out`.
///
/// # Errors
/// A `data-trunk` line is not understood, or a file cannot be read or written.
pub(crate) fn write(root: &Path, out: &Path) -> Result<()> {
    let source = root.join("index.html");
    let html =
        fs::read_to_string(&source).with_context(|| format!("cannot read {}", source.display()))?;
    let mut page = String::with_capacity(html.len());
    for (index, line) in html.lines().enumerate() {
        if !line.contains("data-trunk") {
            page.push_str(line);
            page.push('\n');
            continue;
        }
        let asset = asset(line).with_context(|| format!("index.html:{}", index + 1))?;
        if let Some(file) = asset.file {
            let (from, to) = (root.join(file), out.join(name(file)));
            fs::copy(&from, &to)
                .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
        }
        if !asset.tag.is_empty() {
            page.push_str(&asset.tag);
            page.push('\n');
        }
    }
    let target = out.join("index.html");
    fs::write(&target, page).with_context(|| format!("cannot write {}", target.display()))
}

/// Reads one `data-trunk` line.
fn asset(line: &str) -> Result<Asset<'_>> {
    let rel = attribute(line, "rel");
    let file = attribute(line, "href").or(attribute(line, "src"));
    let Some(file) = file else {
        bail!("this data-trunk tag names no file: {}", line.trim());
    };
    let copy = name(file);
    let tag = match rel {
        Some("rust") => return Ok(Asset { file: None, tag: String::new() }),
        Some("copy-file") => String::new(),
        Some("css") => format!(r#"<link rel="stylesheet" href="{copy}">"#),
        None if line.contains("<script") => {
            format!(r#"<script type="module" src="{copy}"></script>"#)
        }
        _ => bail!("expected rel=\"rust\", \"css\" or \"copy-file\", or a script: {}", line.trim()),
    };
    Ok(Asset { file: Some(file), tag })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_and_the_files_it_names_are_written() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (root, out) = (folder.path().join("root"), folder.path().join("out"));
        fs::create_dir_all(root.join("web")).expect("a folder");
        fs::create_dir_all(&out).expect("a folder");
        fs::write(root.join("web/style.css"), "p {}").expect("a file");
        fs::write(root.join("web/page.js"), "1;").expect("a file");
        let html = concat!(
            "<p>kept</p>\n",
            "<link data-trunk rel=\"rust\" href=\"web/Cargo.toml\">\n",
            "<link data-trunk rel=\"css\" href=\"web/style.css\">\n",
            "<script data-trunk type=\"module\" src=\"web/page.js\"></script>\n",
        );
        fs::write(root.join("index.html"), html).expect("a file");

        write(&root, &out).expect("a page");

        let page = fs::read_to_string(out.join("index.html")).expect("the page");
        let expected = concat!(
            "<p>kept</p>\n",
            "<link rel=\"stylesheet\" href=\"style.css\">\n",
            "<script type=\"module\" src=\"page.js\"></script>\n",
        );
        assert_eq!(page, expected);
        assert_eq!(fs::read_to_string(out.join("style.css")).expect("css"), "p {}");
        assert_eq!(fs::read_to_string(out.join("page.js")).expect("script"), "1;");
    }

    #[test]
    fn a_tag_that_is_not_understood_is_an_error_that_shows_it() {
        let error = asset(r#"  <link data-trunk rel="sass" href="web/a.scss">"#);
        let text = error.expect_err("sass is not known").to_string();
        assert!(text.ends_with(r#"<link data-trunk rel="sass" href="web/a.scss">"#), "{text}");
        assert!(asset("<link data-trunk>").is_err(), "a tag without a file");
    }
}
