//! The members of an object while it is read, no key twice.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::value::RawValue;

/// Up to here looking at each is faster than hashing; beyond, it would take minutes.
const FEW: usize = 32;

#[derive(Debug)]
pub(super) struct Members<'a> {
    pub(super) list: Vec<(Cow<'a, str>, &'a RawValue)>,
    /// The keys, once they are many.
    many: HashSet<Cow<'a, str>>,
}

impl<'a> Members<'a> {
    pub(super) fn with_capacity(count: usize) -> Self {
        Self { list: Vec::with_capacity(count), many: HashSet::new() }
    }

    /// To be asked once for each key, before its member is added.
    ///
    /// # Errors
    /// With the key, where it is known.
    pub(super) fn new_key(&mut self, key: Cow<'a, str>) -> Result<Cow<'a, str>, Cow<'a, str>> {
        if self.list.len() == FEW {
            self.many.extend(self.list.iter().map(|(known, _)| known.clone()));
        }
        let is_new = match self.list.len() < FEW {
            true => self.list.iter().all(|(known, _)| *known != key),
            false => self.many.insert(key.clone()),
        };
        if is_new { Ok(key) } else { Err(key) }
    }
}
