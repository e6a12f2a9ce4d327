//! Reads Prometheus' text format, and takes nothing that the format does not allow.

use std::collections::{BTreeMap, BTreeSet};

pub type Labels = BTreeMap<String, String>;

#[derive(Debug, Default)]
pub struct Family {
    pub kind: String,
    pub help: String,
    /// The name with its suffix, labels and value, in the order of the text.
    pub samples: Vec<(String, Labels, f64)>,
}

#[derive(Debug)]
pub struct Exposition(pub BTreeMap<String, Family>);

impl Exposition {
    /// # Panics
    /// At the first line that a strict reader would refuse.
    pub fn parse(text: &str) -> Self {
        assert!(text.ends_with('\n'), "the last line has no end");
        let mut families: BTreeMap<String, Family> = BTreeMap::new();
        let mut current = String::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').expect("a help has a text");
                assert_name(name);
                let is_new = !families.contains_key(name);
                assert!(is_new, "`{name}` comes twice");
                let family = Family { help: help.to_owned(), ..Family::default() };
                families.insert(name.to_owned(), family);
                name.clone_into(&mut current);
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect("a type has a word");
                assert_eq!(name, current, "a type stands behind its help");
                let family = families.get_mut(name).unwrap();
                assert!(family.kind.is_empty() && family.samples.is_empty(), "`{name}`: {line}");
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                kind.clone_into(&mut family.kind);
            } else {
                let (name, labels, value) = sample(line);
                let family = families.get_mut(&current).expect("a sample has a family");
                let suffixes: &[&str] = match family.kind.as_str() {
                    "histogram" => &["_bucket", "_sum", "_count"],
                    _ => &[""],
                };
                let suffix = name.strip_prefix(&current);
                assert!(suffix.is_some_and(|suffix| suffixes.contains(&suffix)), "{line}");
                family.samples.push((name, labels, value));
            }
        }
        families.iter().for_each(|(name, family)| assert_sound(name, family));
        Self(families)
    }

    /// The sum of the samples that have these labels; `None` where there is none.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let family = ["", "_count", "_sum", "_bucket"]
            .iter()
            .find_map(|suffix| self.0.get(name.strip_suffix(suffix)?))?;
        let has = |of: &Labels| {
            labels.iter().all(|(label, value)| of.get(*label).is_some_and(|found| found == value))
        };
        let samples = family.samples.iter().filter(|(found, of, _)| found == name && has(of));
        samples.map(|(_, _, value)| *value).reduce(|sum, value| sum + value)
    }

    /// Everything that only ever grows, by name and labels.
    pub fn counters(&self) -> BTreeMap<(String, Labels), f64> {
        let growing = self.0.values().filter(|family| family.kind != "gauge");
        let samples = growing.flat_map(|family| family.samples.iter().cloned());
        samples.map(|(name, labels, value)| ((name, labels), value)).collect()
    }
}

fn assert_name(name: &str) {
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_';
    assert!(name.starts_with(is_start), "`{name}` is no name");
    assert!(name.chars().all(|c| is_start(c) || c.is_ascii_digit()), "`{name}` is no name");
}

fn sample(line: &str) -> (String, Labels, f64) {
    let end = line.find(['{', ' ']).unwrap_or_else(|| panic!("no value: {line}"));
    let name = &line[..end];
    assert_name(name);
    let mut labels = Labels::new();
    let mut rest = &line[end..];
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        loop {
            let (label, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("{line}"));
            assert_name(label);
            assert!(!label.starts_with("__"), "{line}");
            let (value, after) = quoted(after, line);
            assert!(labels.insert(label.to_owned(), value).is_none(), "twice `{label}`: {line}");
            match after.strip_prefix(',') {
                Some(next) => rest = next,
                None => {
                    rest = after.strip_prefix('}').unwrap_or_else(|| panic!("{line}"));
                    break;
                }
            }
        }
    }
    let value = rest.strip_prefix(' ').unwrap_or_else(|| panic!("{line}"));
    let value = value.parse().unwrap_or_else(|_| panic!("no number, or a time: {line}"));
    (name.to_owned(), labels, value)
}

/// The text up to the closing quote, unescaped, and what follows it.
fn quoted<'a>(text: &'a str, line: &str) -> (String, &'a str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &text[at + 1..]),
            '\\' => match characters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, escaped @ ('"' | '\\'))) => value.push(escaped),
                _ => panic!("no such escape: {line}"),
            },
            other => value.push(other),
        }
    }
    panic!("a value without an end: {line}");
}

fn assert_sound(name: &str, family: &Family) {
    assert!(!family.kind.is_empty(), "`{name}` has no type");
    assert!(!family.samples.is_empty(), "`{name}` has no samples");
    let mut seen = BTreeSet::new();
    for (sample, labels, value) in &family.samples {
        assert!(seen.insert((sample, labels)), "twice {sample}{labels:?}");
        assert!(
            value.is_finite() && (family.kind == "gauge" || *value >= 0.0),
            "{sample}: {value}"
        );
    }
    if family.kind == "histogram" {
        histograms_are_sound(name, family);
    }
}

fn histograms_are_sound(name: &str, family: &Family) {
    let mut open: Option<(Labels, f64, f64)> = None;
    let mut counts = BTreeMap::new();
    for (sample, labels, value) in &family.samples {
        let mut of = labels.clone();
        if let Some(bound) = of.remove("le") {
            let bound: f64 = if bound == "+Inf" { f64::INFINITY } else { bound.parse().unwrap() };
            if let Some((before, last, below)) = &open
                && *before == of
            {
                assert!(*last < bound && *below <= *value, "{name}{labels:?}");
            }
            open = Some((of, bound, *value));
        } else if sample.ends_with("_count") {
            let (before, last, below) = open.take().expect("buckets stand before their count");
            assert!(before == of && last.is_infinite() && below == *value, "{name}{labels:?}");
            counts.insert(of, *value);
        }
    }
    let sums = family.samples.iter().filter(|(sample, ..)| sample.ends_with("_sum")).count();
    assert_eq!(sums, counts.len(), "{name}");
}
