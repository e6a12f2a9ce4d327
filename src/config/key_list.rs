//! The keys that a `router.toml` may have, as its readers ask for them: they read a table that has
//! every table and no value, and each asks for its keys. So the list is the parser's own.

use std::cell::RefCell;

use toml::de::DeTable;

/// The name of a table whose name is free, as of an alias.
pub const ANY_NAME: &str = "*";

/// What a key's value may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    Text,
    Bool,
    Whole {
        min: i64,
        max: Option<u64>,
    },
    Number {
        min: f64,
        max: f64,
    },
    Texts,
    /// A table of texts under free names.
    TextMap,
    /// A table of anything.
    FreeTable,
    /// Its reader looks at the value itself.
    Any,
    Table,
    /// `[[key]]`.
    Tables,
}

#[derive(Clone, Debug)]
pub struct ListedKey {
    /// `providers.settings`; empty for the file itself.
    pub table: String,
    pub key: &'static str,
    pub shape: Shape,
    pub is_required: bool,
}

impl ListedKey {
    pub fn path(&self) -> String {
        match self.table.is_empty() {
            true => self.key.to_owned(),
            false => format!("{}.{}", self.table, self.key),
        }
    }
}

#[derive(Default)]
pub struct KeyList<'t> {
    pub(super) nothing: DeTable<'t>,
    keys: RefCell<Vec<ListedKey>>,
    /// Keys that are asked for only where they are there: `(table, key)`.
    optional: RefCell<Vec<(String, String)>>,
    /// Tables that keep other keys.
    open: RefCell<Vec<String>>,
}

impl KeyList<'_> {
    pub(super) fn note(&self, table: &str, key: &'static str, shape: Shape) {
        let mut keys = self.keys.borrow_mut();
        match keys.iter_mut().find(|known| known.key == key && known.table == table) {
            // One reader may look at a value twice, to know where it stands.
            Some(known) if known.shape == Shape::Any => known.shape = shape,
            Some(_) => {}
            None => {
                keys.push(ListedKey { table: table.to_owned(), key, shape, is_required: false })
            }
        }
    }

    pub(super) fn note_optional(&self, table: &str, key: &str) {
        self.optional.borrow_mut().push((table.to_owned(), key.to_owned()));
    }

    pub(super) fn note_required(&self, table: &str, key: &'static str) {
        let optional = self.optional.borrow();
        if optional.iter().any(|(known, name)| known == table && name == key) {
            return;
        }
        let mut keys = self.keys.borrow_mut();
        let known = keys.iter_mut().find(|known| known.key == key && known.table == table);
        if let Some(known) = known {
            known.is_required = true;
        }
    }

    pub(super) fn note_open(&self, table: &str) {
        self.open.borrow_mut().push(table.to_owned());
    }

    pub fn keys(&self) -> Vec<ListedKey> {
        self.keys.borrow().clone()
    }

    pub fn is_open(&self, table: &str) -> bool {
        self.open.borrow().iter().any(|open| open == table)
    }
}
