//! What a file would remove. A half-written file lacks its end, and must not deactivate what is
//! defined there.

use std::collections::HashSet;
use std::fmt;

use crate::config::ConfigFile;

/// The names that an applied file defines.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    providers: HashSet<String>,
    models: HashSet<String>,
    keys: usize,
}

/// More than half of the providers or models, or all keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    parts: Vec<String>,
    /// The text ends in the middle of a line.
    is_cut: bool,
}

impl Inventory {
    pub fn of(file: &ConfigFile) -> Self {
        let models = file.models.iter();
        Self {
            providers: file.providers.iter().map(|entry| entry.name.clone()).collect(),
            models: models.map(|entry| format!("{}/{}", entry.provider, entry.name)).collect(),
            keys: file.api_keys.len(),
        }
    }

    /// What `next`, read from `text`, would remove; `None` if that is little.
    pub fn loss(&self, next: &Self, text: &str) -> Option<Loss> {
        let mut parts = Vec::new();
        for (what, before, now) in [
            ("providers", &self.providers, &next.providers),
            ("models", &self.models, &next.models),
        ] {
            let gone = before.difference(now).count();
            if gone * 2 > before.len() {
                parts.push(format!("{gone} of {} {what}", before.len()));
            }
        }
        if self.keys > 0 && next.keys == 0 {
            parts.push(String::from("all [[api_keys]]"));
        }
        (!parts.is_empty()).then(|| Loss { parts, is_cut: !text.ends_with('\n') })
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "it removes {}", self.parts.join(", "))?;
        if self.is_cut {
            out.write_str(", and ends in the middle of a line: was it cut off, by a full disk?")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inventory(providers: &[&str], models: &[&str], keys: usize) -> Inventory {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Inventory { providers: set(providers), models: set(models), keys }
    }

    #[test]
    fn more_than_half_or_all_keys_is_much() {
        let before = inventory(&["a", "b"], &["a/1", "a/2", "b/3"], 2);
        for (next, told) in [
            (inventory(&["a", "b"], &["a/1", "a/2", "b/3"], 1), ""),
            (inventory(&["a"], &["a/1", "a/2"], 2), ""),
            (inventory(&["a"], &["a/1"], 2), "it removes 2 of 3 models"),
            (
                inventory(&["c", "d"], &["c/1", "c/2", "c/3"], 2),
                "it removes 2 of 2 providers, 3 of 3 models",
            ),
            (inventory(&["a", "b"], &["a/1", "a/2", "b/3"], 0), "it removes all [[api_keys]]"),
        ] {
            let loss = before.loss(&next, "x\n").map(|loss| loss.to_string());
            assert_eq!(loss.unwrap_or_default(), told);
        }
        assert_eq!(Inventory::default().loss(&before, ""), None);
        let cut = before.loss(&Inventory::default(), "[[prov").unwrap().to_string();
        assert!(cut.ends_with("was it cut off, by a full disk?"), "{cut}");
    }
}
