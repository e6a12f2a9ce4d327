//! The bench's README: the table of each group is generated between its markers, the rest is written by hand.

use std::path::Path;

use anyhow::{Context, Result};

use crate::options::Group;

/// Puts `table` between the markers of `group` in the README at `path`; begins a README where there is none.
pub fn write(path: &Path, group: Group, table: &str) -> Result<()> {
    let old = if path.exists() { std::fs::read_to_string(path)? } else { frame() };
    let [begin, end] = markers(group);
    let no_markers =
        || format!("`{}` has no `{begin}` … `{end}` to put the table in", path.display());
    let (before, rest) = old.split_once(&begin).with_context(no_markers)?;
    let (_, after) = rest.split_once(&end).with_context(no_markers)?;
    let new = format!("{before}{begin}\n{table}{end}{after}");
    std::fs::write(path, new).with_context(|| format!("`{}` cannot be written", path.display()))
}

fn markers(group: Group) -> [String; 2] {
    ["begin", "end"].map(|edge| format!("<!-- {}:{edge} -->", group.as_str()))
}

fn frame() -> String {
    let tables = Group::ALL.map(|group| {
        let [begin, end] = markers(group);
        format!("\n## {}\n\n{begin}\n{end}\n", group.as_str())
    });
    format!("# Benchmarks\n{}", tables.concat())
}
