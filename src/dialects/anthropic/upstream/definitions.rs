//! The definitions (`$defs`, `definitions`) of a schema, and the references among them.

use std::collections::HashMap;

/// A schema of `$defs` or `definitions`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Definition {
    pub list: &'static str,
    pub name: String,
}

impl Definition {
    /// The definition that a reference names, if the name is a plain one.
    pub(super) fn named_by(reference: &str) -> Option<Self> {
        let list = ["$defs", "definitions"];
        list.into_iter().find_map(|list| {
            let name = reference.strip_prefix("#/")?.strip_prefix(list)?.strip_prefix('/')?;
            let is_plain = !name.contains(['/', '~', '%']);
            is_plain.then(|| Self { list, name: name.to_owned() })
        })
    }

    pub(super) fn pointer(&self) -> String {
        format!("/{}/{}", self.list, self.name)
    }
}

/// The references among definitions.
#[derive(Debug, Default)]
pub(super) struct Uses {
    users: HashMap<Definition, Vec<Definition>>,
    /// The number of references that each definition holds.
    counts: HashMap<Definition, usize>,
}

impl Uses {
    /// `user`: the referring definition; `None` for the top of the schema.
    pub(super) fn record(&mut self, user: Option<&Definition>, used: &Definition) {
        self.counts.entry(used.clone()).or_default();
        if let Some(user) = user {
            *self.counts.entry(user.clone()).or_default() += 1;
            self.users.entry(used.clone()).or_default().push(user.clone());
        }
    }

    /// Whether a definition refers to itself, directly or not. Definitions without open references
    /// are removed until none is left (Kahn's algorithm); what remains is part of a cycle.
    pub(super) fn have_cycle(mut self) -> bool {
        let mut done: Vec<Definition> = Vec::new();
        done.extend(
            self.counts.iter().filter(|(_, count)| **count == 0).map(|(one, _)| one.clone()),
        );
        let mut left = self.counts.len();
        while let Some(used) = done.pop() {
            left -= 1;
            for user in self.users.remove(&used).unwrap_or_default() {
                if let Some(count) = self.counts.get_mut(&user) {
                    *count -= 1;
                    if *count == 0 {
                        done.push(user);
                    }
                }
            }
        }
        left > 0
    }
}
