//! Reads a parsed TOML table key by key. Every key that is read counts as known, so that unknown
//! keys can be reported with their line and the nearest known key.

use std::cell::RefCell;
use std::fmt::Display;

use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::key_list::{ANY_NAME, KeyList, Shape};
use super::problems::{Problems, Severity};

/// A value and its offset in the file.
#[derive(Clone, Debug)]
pub struct Located<T> {
    pub value: T,
    pub at: usize,
}

/// A value under a free name.
pub enum Entry<'t> {
    Text(String),
    Table(TableReader<'t>),
}

pub struct TableReader<'t> {
    table: &'t DeTable<'t>,
    /// The table's offset in the file.
    pub at: usize,
    /// `providers.settings`, for messages.
    path: String,
    known: RefCell<Vec<&'static str>>,
    problems: &'t Problems<'t>,
    /// Where keys are listed instead of read.
    list: Option<&'t KeyList<'t>>,
}

impl<'t> TableReader<'t> {
    pub fn root(table: &'t Spanned<DeTable<'t>>, problems: &'t Problems<'t>) -> Self {
        Self::new(table.get_ref(), table.span().start, String::new(), problems)
    }

    /// A file that has every table and no value; what is asked for is listed.
    pub fn listing(list: &'t KeyList<'t>, problems: &'t Problems<'t>) -> Self {
        Self { list: Some(list), ..Self::new(&list.nothing, 0, String::new(), problems) }
    }

    fn new(table: &'t DeTable<'t>, at: usize, path: String, problems: &'t Problems<'t>) -> Self {
        Self { table, at, path, known: RefCell::default(), problems, list: None }
    }

    /// A table under this name, where keys are listed.
    fn listed(&self, key: &str) -> Option<Self> {
        let list = self.list?;
        let table = Self::new(&list.nothing, 0, self.path_of(key), self.problems);
        Some(Self { list: Some(list), ..table })
    }

    pub fn string(&self, key: &'static str) -> Option<String> {
        self.located_string(key).map(|located| located.value)
    }

    pub fn located_string(&self, key: &'static str) -> Option<Located<String>> {
        self.read(key, Shape::Text, "a string", |value| value.as_str().map(str::to_owned))
    }

    /// A string that no message repeats.
    pub fn located_secret(&self, key: &'static str) -> Option<Located<String>> {
        let value = self.value(key, Shape::Text)?;
        let Some(text) = value.get_ref().as_str() else {
            self.error(value.span().start, format!("`{key}` must be a string, in quotes"));
            return None;
        };
        Some(Located { value: text.to_owned(), at: value.span().start })
    }

    /// A string that must be present and not blank.
    pub fn required_string(&self, key: &'static str) -> Option<Located<String>> {
        if self.value(key, Shape::Text).is_none() {
            if let Some(list) = self.list {
                list.note_required(&self.path, key);
            }
            self.error_of(key, self.at, format!("`{key}` is missing"));
            return None;
        }
        let found = self.located_string(key)?;
        if found.value.trim().is_empty() {
            self.error(found.at, format!("`{key}` is empty"));
            return None;
        }
        Some(found)
    }

    pub fn bool(&self, key: &'static str) -> Option<bool> {
        self.read(key, Shape::Bool, "true or false", DeValue::as_bool).map(|located| located.value)
    }

    pub fn u64(&self, key: &'static str) -> Option<u64> {
        self.number(key, "a whole number of 0 or more", 0, u64::MAX)
    }

    /// A whole number that must be at least 1.
    pub fn positive(&self, key: &'static str) -> Option<u64> {
        self.number(key, "a whole number of 1 or more", 1, u64::MAX)
    }

    pub fn port(&self, key: &'static str) -> Option<u16> {
        let port = self.number(key, "a port (0 to 65535)", 0, u64::from(u16::MAX))?;
        u16::try_from(port).ok()
    }

    fn number(&self, key: &'static str, expected: &str, min: u64, max: u64) -> Option<u64> {
        let shape = Shape::Whole {
            min: i64::try_from(min).unwrap_or(i64::MAX),
            max: (max < u64::MAX).then_some(max),
        };
        let found = self.read(key, shape, expected, |value| {
            let integer = value.as_integer()?;
            u64::from_str_radix(integer.as_str(), integer.radix()).ok()
        })?;
        if found.value < min || found.value > max {
            self.error(found.at, format!("`{key}` must be {expected}"));
            return None;
        }
        Some(found.value)
    }

    pub fn i64(&self, key: &'static str) -> Option<i64> {
        let shape = Shape::Whole { min: i64::MIN, max: None };
        let found = self.read(key, shape, "a whole number", |value| {
            let integer = value.as_integer()?;
            i64::from_str_radix(integer.as_str(), integer.radix()).ok()
        })?;
        Some(found.value)
    }

    /// A number within the bounds, with or without decimals.
    pub fn f64(&self, key: &'static str, min: f64, max: f64) -> Option<f64> {
        let found = self.read(key, Shape::Number { min, max }, "a number", as_f64)?;
        if !(min..=max).contains(&found.value) {
            self.error(found.at, format!("`{key}` must be from {min} to {max}"));
            return None;
        }
        Some(found.value)
    }

    pub fn strings(&self, key: &'static str) -> Option<Vec<String>> {
        let found = self.read(key, Shape::Texts, "a list of strings", |value| {
            value
                .as_array()?
                .iter()
                .map(|item| item.get_ref().as_str().map(str::to_owned))
                .collect()
        })?;
        Some(found.value)
    }

    /// A list of strings, each with its place.
    pub fn located_strings(&self, key: &'static str) -> Vec<Located<String>> {
        let Some(value) = self.value(key, Shape::Texts) else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(value, key, "a list of strings");
            return Vec::new();
        };
        let mut found = Vec::with_capacity(items.len());
        for item in items {
            match item.get_ref().as_str() {
                Some(text) => {
                    found.push(Located { value: text.to_owned(), at: item.span().start });
                }
                None => self.wrong_type(item, key, "a list of strings"),
            }
        }
        found
    }

    /// A table of strings, such as headers.
    pub fn string_map(&self, key: &'static str) -> Option<Vec<(String, String)>> {
        let found = self.read(key, Shape::TextMap, "a table of strings", |value| {
            let pairs = value.as_table()?.iter().map(|(name, item)| {
                Some((name.get_ref().to_string(), item.get_ref().as_str()?.to_owned()))
            });
            pairs.collect::<Option<Vec<_>>>()
        })?;
        Some(found.value)
    }

    /// A table with free keys.
    pub fn json_table(&self, key: &'static str) -> Option<Map<String, Value>> {
        let found = self.read(key, Shape::FreeTable, "a table", |value| match to_json(value) {
            Value::Object(map) => Some(map),
            _ => None,
        })?;
        Some(found.value)
    }

    /// A value of any type, with its offset; the caller checks it.
    pub fn any(&self, key: &'static str) -> Option<Located<Value>> {
        let value = self.value(key, Shape::Any)?;
        Some(Located { value: to_json(value.get_ref()), at: value.span().start })
    }

    pub fn table(&self, key: &'static str) -> Option<TableReader<'t>> {
        let value = self.value(key, Shape::Table);
        if let Some(listed) = self.listed(key) {
            return Some(listed);
        }
        let value = value?;
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type(value, key, "a table");
            return None;
        };
        Some(Self::new(table, value.span().start, self.path_of(key), self.problems))
    }

    /// Every entry of a table of free names: a string, or a table.
    pub fn entries(&self) -> Vec<(String, usize, Entry<'t>)> {
        let mut found = Vec::new();
        if let Some(listed) = self.listed(ANY_NAME) {
            found.push((ANY_NAME.to_owned(), self.at, Entry::Table(listed)));
        }
        for (name, value) in self.table {
            let (named_at, name) = (name.span().start, name.get_ref().to_string());
            let at = value.span().start;
            if let Some(text) = value.get_ref().as_str() {
                found.push((name, named_at, Entry::Text(text.to_owned())));
            } else if let Some(table) = value.get_ref().as_table() {
                let reader = Self::new(table, at, self.path_of(&name), self.problems);
                found.push((name, named_at, Entry::Table(reader)));
            } else {
                self.wrong_type(value, &name, "a string or a table");
            }
        }
        found
    }

    /// The tables of `[[key]]`.
    pub fn tables(&self, key: &'static str) -> Vec<TableReader<'t>> {
        let value = self.value(key, Shape::Tables);
        match self.listed(key) {
            Some(listed) => vec![listed],
            None => value.map_or_else(Vec::new, |value| self.tables_in(key, value)),
        }
    }

    /// The tables of every `[[<any>.key]]` whose `<any>` is no known key.
    pub fn grouped_tables(&self, key: &'static str) -> Vec<TableReader<'t>> {
        let mut found = Vec::new();
        for (name, value) in self.table {
            let Some(group) = value.get_ref().as_table() else { continue };
            if self.known.borrow().contains(&name.get_ref().as_ref()) {
                continue;
            }
            let Some(list) = group.get(key) else { continue };
            for (other, extra) in group {
                if other.get_ref() != key {
                    let message = format!(
                        "`{name}.{other}` is unknown: a group holds only `{key}`",
                        name = name.get_ref(),
                        other = other.get_ref()
                    );
                    self.problems.warning(extra.span().start, message);
                }
            }
            found.extend(self.tables_in(key, list));
        }
        found
    }

    fn tables_in(&self, key: &str, value: &'t Spanned<DeValue<'t>>) -> Vec<TableReader<'t>> {
        let Some(array) = value.get_ref().as_array() else {
            self.wrong_type(value, key, "a list of tables (`[[…]]`)");
            return Vec::new();
        };
        let mut tables = Vec::with_capacity(array.len());
        for item in array {
            match item.get_ref().as_table() {
                Some(table) => tables.push(Self::new(
                    table,
                    item.span().start,
                    self.path_of(key),
                    self.problems,
                )),
                None => self.wrong_type(item, key, "a list of tables (`[[…]]`)"),
            }
        }
        tables
    }

    pub fn has(&self, key: &str) -> bool {
        if let Some(list) = self.list {
            list.note_optional(&self.path, key);
        }
        self.table.contains_key(key) || self.list.is_some()
    }

    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    pub fn error(&self, at: usize, message: impl Display) {
        let field = self.field_at(at);
        self.problems.push(Severity::Error, at, self.in_table(message), Some(field));
    }

    /// An error about another key than the one at `at`.
    pub fn error_of(&self, key: &str, at: usize, message: impl Display) {
        let field = self.path_of(key);
        self.problems.push(Severity::Error, at, self.in_table(message), Some(field));
    }

    pub fn warning(&self, at: usize, message: impl Display) {
        let field = self.field_at(at);
        self.problems.push(Severity::Warning, at, self.in_table(message), Some(field));
    }

    /// The key whose name or value is at that offset; else the table itself.
    fn field_at(&self, at: usize) -> String {
        let holds = |(name, value): &(&Spanned<_>, &Spanned<_>)| {
            name.span().contains(&at) || value.span().contains(&at)
        };
        match self.table.iter().find(holds) {
            Some((name, _)) => self.path_of(name.get_ref()),
            None => self.path.clone(),
        }
    }

    /// Warns of every unknown key.
    pub fn finish(self) {
        self.finish_or_say("");
    }

    /// The same; of a key that is near to no known one `elsewhere` says where it may belong.
    pub fn finish_or_say(self, elsewhere: &str) {
        for (name, value) in self.unknown_entries() {
            if value.get_ref().as_table().is_some_and(|group| group.contains_key("models"))
                && self.path.is_empty()
            {
                continue;
            }
            let near = nearest(name.get_ref(), &self.known.borrow());
            let hint = near.map(|near| format!("; did you mean `{near}`?"));
            let hint = hint.as_deref().unwrap_or(elsewhere);
            self.warning(name.span().start, format!("unknown key `{}`{hint}", name.get_ref()));
        }
    }

    /// All unknown keys with their values, for tables that keep them.
    pub fn into_unknown(self) -> Map<String, Value> {
        if let Some(list) = self.list {
            list.note_open(&self.path);
        }
        self.unknown_entries()
            .map(|(name, value)| (name.get_ref().to_string(), to_json(value.get_ref())))
            .collect()
    }

    fn unknown_entries(
        &self,
    ) -> impl Iterator<Item = (&'t Spanned<std::borrow::Cow<'t, str>>, &'t Spanned<DeValue<'t>>)>
    {
        let known = self.known.borrow().clone();
        self.table.iter().filter(move |(name, _)| !known.contains(&name.get_ref().as_ref()))
    }

    fn value(&self, key: &'static str, shape: Shape) -> Option<&'t Spanned<DeValue<'t>>> {
        if let Some(list) = self.list {
            list.note(&self.path, key, shape);
        }
        self.known.borrow_mut().push(key);
        self.table.get(key)
    }

    fn read<T>(
        &self,
        key: &'static str,
        shape: Shape,
        expected: &str,
        convert: impl FnOnce(&DeValue<'t>) -> Option<T>,
    ) -> Option<Located<T>> {
        let value = self.value(key, shape)?;
        let Some(converted) = convert(value.get_ref()) else {
            self.wrong_type(value, key, expected);
            return None;
        };
        Some(Located { value: converted, at: value.span().start })
    }

    fn wrong_type(&self, value: &Spanned<DeValue<'_>>, key: &str, expected: &str) {
        let found = match value.get_ref() {
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.to_string(),
            DeValue::String(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => value.get_ref().type_str().to_owned(),
        };
        self.error(value.span().start, format!("`{key}` must be {expected}, not {found}"));
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn in_table(&self, message: impl Display) -> String {
        if self.path.is_empty() {
            message.to_string()
        } else {
            format!("[{}] {message}", self.path)
        }
    }
}

fn as_f64(value: &DeValue<'_>) -> Option<f64> {
    let text = match value {
        DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str(),
        DeValue::Float(float) => float.as_str(),
        _ => return None,
    };
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

fn to_json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::from(text.as_ref()),
        DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
            .map_or_else(|_| Value::from(integer.as_str()), Value::from),
        DeValue::Float(_) => as_f64(value).map_or(Value::Null, Value::from),
        DeValue::Boolean(truth) => Value::from(*truth),
        DeValue::Datetime(time) => Value::from(time.to_string()),
        DeValue::Array(items) => items.iter().map(|item| to_json(item.get_ref())).collect(),
        DeValue::Table(table) => table
            .iter()
            .map(|(name, item)| (name.get_ref().to_string(), to_json(item.get_ref())))
            .collect::<Map<_, _>>()
            .into(),
    }
}

/// The known word that is most similar to `written`, if one is similar enough.
pub fn nearest<'w>(written: &str, known: &[&'w str]) -> Option<&'w str> {
    known
        .iter()
        .map(|word| (strsim::jaro_winkler(written, word), *word))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, word)| word)
}
