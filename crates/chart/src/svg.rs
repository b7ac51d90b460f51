//! The page as text: one SVG that needs no script, no font and no style sheet beside it.

use std::fmt::Write as _;

use crate::{Chart, Curve, Layout, Size};

/// Colours that differ in lightness too, for readers who see few colours; they follow the viewer's dark mode.
/// A page that embeds the picture may set the variables.
const STYLE: &str = "\
svg{--ink:#1f2933;--faint:#d9dee4;--a:#2b6cb0;--b:#c05621;--paper:#fff;font:13px system-ui,sans-serif}\
@media(prefers-color-scheme:dark){svg{--ink:#e4e7eb;--faint:#3e4c59;--a:#63b3ed;--b:#f6ad55;--paper:#1f2933}}\
text{fill:var(--ink)}path{fill:none;stroke-width:2;stroke-linejoin:round}\
.grid{stroke:var(--faint);stroke-width:1}.rule{stroke:var(--ink);stroke-width:1;stroke-dasharray:4 4}\
.c0{stroke:var(--a)}.c1{stroke:var(--b)}.c2{stroke:var(--ink)}\
circle{stroke:none}circle.c0{fill:var(--a)}circle.c1{fill:var(--b)}circle.c2{fill:var(--ink)}";

/// Draws the chart as a complete SVG document of this size.
pub fn svg(chart: &Chart, size: Size) -> String {
    let layout = Layout::of(chart, size);
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write_page(&mut page, chart, &layout);
    page
}

fn write_page(page: &mut String, chart: &Chart, layout: &Layout) -> std::fmt::Result {
    let Size { width, height } = layout.size;
    writeln!(
        page,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-labelledby="title desc">"#
    )?;
    writeln!(page, r#"<title id="title">{}</title>"#, escape(&chart.title))?;
    writeln!(page, r#"<desc id="desc">{}</desc>"#, escape(&description(layout)))?;
    writeln!(page, "<style>{STYLE}</style>")?;
    writeln!(page, r#"<rect width="100%" height="100%" fill="var(--paper)"/>"#)?;
    write_axes(page, chart, layout)?;
    for rule in &layout.rules {
        write_curve(page, layout, rule, "rule")?;
    }
    for (i, curve) in layout.curves.iter().enumerate() {
        write_curve(page, layout, curve, &format!("c{}", i.min(2)))?;
    }
    writeln!(page, "</svg>")
}

/// The title, the grid with its numbers, and what the axes measure.
fn write_axes(page: &mut String, chart: &Chart, layout: &Layout) -> std::fmt::Result {
    let plot = layout.plot;
    writeln!(
        page,
        r#"<text x="{}" y="24" font-weight="600">{}</text>"#,
        plot.left,
        escape(&chart.title)
    )?;
    for mark in &layout.y_marks {
        let (left, right, at) = (plot.left, plot.right, mark.at);
        writeln!(page, r#"<path class="grid" d="M{left:.1} {at:.1} L{right:.1} {at:.1}"/>"#)?;
        let (x, y) = (left - 8.0, at + 4.0);
        writeln!(page, r#"<text x="{x:.1}" y="{y:.1}" text-anchor="end">{}</text>"#, mark.label)?;
    }
    for mark in &layout.x_marks {
        let (x, y) = (mark.at, plot.bottom + 18.0);
        writeln!(
            page,
            r#"<text x="{x:.1}" y="{y:.1}" text-anchor="middle">{}</text>"#,
            mark.label
        )?;
    }
    let (middle, foot) = ((plot.left + plot.right) / 2.0, plot.bottom + 38.0);
    writeln!(
        page,
        r#"<text x="{middle:.1}" y="{foot:.1}" text-anchor="middle">{}</text>"#,
        escape(&chart.x.label)
    )?;
    let centre = (plot.top + plot.bottom) / 2.0;
    writeln!(
        page,
        r#"<text x="16" y="{centre:.1}" text-anchor="middle" transform="rotate(-90 16 {centre:.1})">{}</text>"#,
        escape(&chart.y.label)
    )
}

fn write_curve(page: &mut String, layout: &Layout, curve: &Curve, class: &str) -> std::fmt::Result {
    writeln!(page, r#"<path class="{class}" d="{}"/>"#, curve.path)?;
    if let Some((x, y)) = curve.points.last() {
        writeln!(page, r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="3.5"/>"#)?;
    }
    let (x, y) = (layout.plot.right + 10.0, curve.label_at + 4.0);
    writeln!(page, r#"<text x="{x:.1}" y="{y:.1}">{}</text>"#, escape(&curve.label))
}

/// What the picture says, for a reader who cannot see it.
fn description(layout: &Layout) -> String {
    let ends: Vec<&str> =
        layout.curves.iter().chain(&layout.rules).map(|curve| curve.label.as_str()).collect();
    format!("At the right end: {}.", ends.join(", "))
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML 1.0 has no way to write most control characters.
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::svg;
    use crate::{Axis, Chart, Kind, Rule, Series, Size};

    #[test]
    fn names_are_escaped_and_every_part_is_there() {
        let chart = Chart {
            title: "a < b & \"c\"\u{7}".into(),
            x: Axis { label: "epoch".into(), kind: Kind::Whole },
            y: Axis { label: "RMSE".into(), kind: Kind::Linear },
            series: vec![
                Series { name: "train".into(), points: vec![(1.0, 2.0), (2.0, 1.0)] },
                Series { name: "test".into(), points: vec![(1.0, 2.5), (2.0, 1.5)] },
            ],
            rules: vec![Rule { name: "always the mean".into(), y: 1.1 }],
        };
        let page = svg(&chart, Size::default());
        assert!(
            page.contains(r#"<title id="title">a &lt; b &amp; &quot;c&quot; </title>"#),
            "{page}"
        );
        assert!(
            page.contains("At the right end: train 1.0000, test 1.5000, always the mean 1.1000."),
            "{page}"
        );
        for part in [r#"class="c0" d="M60.0"#, r#"class="c1" d="M60.0"#, r#"class="rule" d="M60.0"#]
        {
            assert!(page.contains(part), "no {part} in {page}");
        }
        assert!(page.starts_with("<svg ") && page.ends_with("</svg>\n"), "{page}");
        let tags =
            |open: &str, close: &str| (page.matches(open).count(), page.matches(close).count());
        let (open, close) = tags("<text", "</text>");
        assert_eq!(open, close);
    }
}
