//! JSON Schema becomes the part of it that answers and strict tools are held to. Every object is
//! closed; a bound that the API refuses moves into the description, where the model reads it.
//!
//! Source: Anthropic, "Structured outputs", "JSON Schema limitations"; what Anthropic's SDKs make
//! of a schema.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::definitions::{Definition, Uses};
use super::schema_words::{
    ANNOTATIONS, FORMATS, INERT, described, is_scalar, is_taken_pattern, named_types, suits,
};
use crate::dialects::dropped::Dropped;
use crate::dialects::schema_union::merge;

/// How many schemas one may become once some of its references are written out, and how deep.
const MAX_SCHEMAS: usize = 10_000;
const MAX_DEPTH: usize = 128;
/// How much text may be copied on the way, in bytes.
const MAX_COPIED: usize = 4 * 1024 * 1024;

/// A schema in the API's subset.
#[derive(Debug, PartialEq)]
pub(super) struct Closed {
    pub schema: Value,
    /// Keywords that the answer is no longer held to.
    pub lost: Vec<String>,
}

/// The subset cannot say it: it refers to itself, or grows beyond all measure.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unsayable;

/// # Errors
/// When the schema cannot be brought into the subset.
pub(super) fn close(schema: &Value) -> Result<Closed, Unsayable> {
    let mut writer = Writer {
        root: schema,
        lost: Dropped::default(),
        written: Vec::new(),
        waiting: Vec::new(),
        known: HashSet::new(),
        within: None,
        uses: Uses::default(),
        open: vec![String::from("#")],
        schemas: 0,
        depth: 0,
        copied: 0,
    };
    let mut out = writer.top(schema)?.unwrap_or_else(anything);
    while let Some(definition) = writer.waiting.pop() {
        let root = writer.root;
        writer.within = Some(definition.clone());
        let meant = root.pointer(&definition.pointer());
        let schema = meant.map(|meant| writer.schema(meant)).transpose()?.flatten();
        let schema = schema.unwrap_or_else(anything);
        writer.written.push((definition, schema));
    }
    if writer.uses.go_in_circles() {
        return Err(Unsayable);
    }
    for (Definition { list, name }, schema) in writer.written {
        let definitions = out.entry(list).or_insert_with(|| json!({}));
        if let Some(definitions) = definitions.as_object_mut() {
            definitions.insert(name, Value::Object(schema));
        }
    }
    Ok(Closed { schema: Value::Object(out), lost: writer.lost.into_names() })
}

/// A schema without a type is refused, so "anything" has to be said; of what has parts nothing
/// could be said but that it is closed.
fn anything() -> Map<String, Value> {
    Map::from_iter([(String::from("type"), json!(["string", "number", "boolean", "null"]))])
}

struct Writer<'s> {
    root: &'s Value,
    lost: Dropped,
    written: Vec<(Definition, Map<String, Value>)>,
    waiting: Vec<Definition>,
    known: HashSet<Definition>,
    /// The definition that is being written, and which one uses which.
    within: Option<Definition>,
    uses: Uses,
    /// The references that are being written out in place.
    open: Vec<String>,
    schemas: usize,
    depth: usize,
    copied: usize,
}

impl Writer<'_> {
    /// What the whole refers to stands in its place: its type is asked for there.
    fn top(&mut self, schema: &Value) -> Result<Option<Map<String, Value>>, Unsayable> {
        match schema.as_object().filter(|members| members.contains_key("$ref")) {
            Some(members) => self.written_out(members).map(Some),
            None => self.schema(schema),
        }
    }

    /// `None`: nothing is allowed.
    fn schema(&mut self, schema: &Value) -> Result<Option<Map<String, Value>>, Unsayable> {
        let members = match schema {
            Value::Bool(false) => return Ok(None),
            Value::Object(members) => members,
            // `true`, or what is no schema at all.
            _ => {
                self.lost.record("type");
                return Ok(Some(anything()));
            }
        };
        self.schemas += 1;
        self.depth += 1;
        if self.schemas > MAX_SCHEMAS || self.depth > MAX_DEPTH {
            return Err(Unsayable);
        }
        let written = self.members(members);
        self.depth -= 1;
        written.map(Some)
    }

    fn members(&mut self, members: &Map<String, Value>) -> Result<Map<String, Value>, Unsayable> {
        let list = |key: &str| members.get(key).and_then(Value::as_array);
        if members.contains_key("$ref") {
            return self.referred(members);
        }
        if let Some(all) = list("allOf") {
            return self.with_all(members, all);
        }
        let has_parts = members.get("properties").is_some_and(|parts| *parts != json!({}));
        // One of several is no longer held to be the only one.
        self.lost.record_if(members.contains_key("oneOf"), "oneOf");
        match list("anyOf").map(|any| ("anyOf", any)).or(list("oneOf").map(|one| ("oneOf", one))) {
            Some((key, branches)) if !has_parts => self.union(members, key, branches),
            _ => self.typed(members),
        }
    }

    /// A reference to a definition stays one; any other, and one beside which something is said,
    /// is written out.
    fn referred(&mut self, members: &Map<String, Value>) -> Result<Map<String, Value>, Unsayable> {
        let says_more = members.keys().any(|key| key != "$ref" && !INERT.contains(&key.as_str()));
        let reference = members.get("$ref").and_then(Value::as_str).unwrap_or_default();
        let definition = Definition::meant(reference)
            .filter(|definition| !says_more && self.root.pointer(&definition.pointer()).is_some());
        let Some(definition) = definition else { return self.written_out(members) };
        self.uses.record(self.within.as_ref(), &definition);
        if self.known.insert(definition.clone()) {
            self.waiting.push(definition);
        }
        Ok(Map::from_iter([(String::from("$ref"), json!(reference))]))
    }

    fn written_out(
        &mut self,
        members: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Unsayable> {
        let reference = members.get("$ref").and_then(Value::as_str).unwrap_or_default();
        let meant = self.inlined(reference, members)?;
        self.open.push(reference.to_owned());
        let written = self.schema(&Value::Object(meant));
        self.open.pop();
        Ok(written?.unwrap_or_else(anything))
    }

    /// What is meant, with what stands beside the reference over it.
    fn inlined(
        &mut self,
        reference: &str,
        members: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Unsayable> {
        if self.open.iter().any(|open| open == reference) {
            return Err(Unsayable);
        }
        let root = self.root;
        let meant = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        if meant.is_none() {
            self.lost.record("$ref");
        }
        let mut merged = meant.and_then(Value::as_object).cloned().unwrap_or_default();
        if let Some(meant) = meant {
            self.copy(meant)?;
        }
        let beside = members.iter().filter(|(key, _)| *key != "$ref");
        merged.extend(beside.map(|(key, value)| (key.clone(), value.clone())));
        Ok(merged)
    }

    /// Closed one by one, the schemas would exclude each other: they become one.
    fn with_all(
        &mut self,
        members: &Map<String, Value>,
        all: &[Value],
    ) -> Result<Map<String, Value>, Unsayable> {
        let opened = self.open.len();
        let mut one = members.clone();
        one.shift_remove("allOf");
        for schema in all {
            let mut more = schema.as_object().cloned().unwrap_or_default();
            while let Some(reference) = more.get("$ref").and_then(Value::as_str) {
                let reference = reference.to_owned();
                more = self.inlined(&reference, &more)?;
                self.open.push(reference);
            }
            let is_other = |(key, value): (&String, &Value)| {
                let may_differ = ["properties", "required", "description", "title"];
                let known = one.get(key).filter(|_| !may_differ.contains(&key.as_str()));
                known.is_some_and(|known| known != value)
            };
            self.lost.record_if(more.iter().any(is_other), "allOf");
            merge(&mut one, more);
        }
        let one = Value::Object(one);
        self.copy(&one)?;
        let written = self.schema(&one);
        self.open.truncate(opened);
        Ok(written?.unwrap_or_else(anything))
    }

    /// `anyOf`, and nothing but words beside it: a type there goes to the branches that have none.
    fn union(
        &mut self,
        members: &Map<String, Value>,
        key: &str,
        branches: &[Value],
    ) -> Result<Map<String, Value>, Unsayable> {
        const SAY_A_TYPE: [&str; 7] = ["type", "$ref", "anyOf", "oneOf", "allOf", "enum", "const"];
        let mut written = Vec::with_capacity(branches.len());
        for branch in branches {
            let typed = match (members.get("type"), branch) {
                (Some(shared), Value::Object(branch))
                    if !SAY_A_TYPE.iter().any(|says| branch.contains_key(*says)) =>
                {
                    let mut branch = branch.clone();
                    branch.insert(String::from("type"), shared.clone());
                    let branch = Value::Object(branch);
                    self.copy(&branch)?;
                    self.schema(&branch)?
                }
                _ => self.schema(branch)?,
            };
            written.extend(typed.map(Value::Object));
        }
        if written.is_empty() {
            self.lost.record("anyOf");
            return Ok(anything());
        }
        let mut out = Map::from_iter([(String::from("anyOf"), Value::Array(written))]);
        let mut moved = Map::new();
        for (name, value) in members.iter().filter(|(name, _)| *name != key && *name != "type") {
            self.rest(name, value, &mut out, &mut moved);
        }
        described(&mut out, &moved);
        Ok(out)
    }

    fn typed(&mut self, members: &Map<String, Value>) -> Result<Map<String, Value>, Unsayable> {
        let types = named_types(members);
        let is = |name: &str| types.contains(&name);
        let mut out = Map::new();
        match (members.get("type"), types.as_slice()) {
            (Some(kind), _) => drop(out.insert(String::from("type"), kind.clone())),
            (None, [kind]) => drop(out.insert(String::from("type"), json!(kind))),
            (None, _) => {}
        }
        if is("object") {
            self.object(members, &mut out)?;
        }
        let mut moved = Map::new();
        for (key, value) in members {
            let is_kept = match key.as_str() {
                "type" | "properties" | "required" => continue,
                "additionalProperties" if is("object") && *value == json!(true) => {
                    self.lost.record(key);
                    continue;
                }
                "items" if is("array") && !value.is_array() => {
                    let items = self.schema(value)?;
                    out.extend(items.map(|items| (key.clone(), Value::Object(items))));
                    continue;
                }
                key if !suits(key, &types) => continue,
                "enum" => value.as_array().is_some_and(|all| all.iter().all(is_scalar)),
                "const" => is_scalar(value),
                "minItems" => *value == 0 || *value == 1,
                "format" => FORMATS.contains(&value.as_str().unwrap_or_default()),
                "pattern" => value.as_str().is_some_and(is_taken_pattern),
                _ => false,
            };
            if is_kept {
                out.insert(key.clone(), value.clone());
            } else {
                self.rest(key, value, &mut out, &mut moved);
            }
        }
        if !["type", "enum", "const"].iter().any(|says| out.contains_key(*says)) {
            self.lost.record("type");
            out.extend(anything());
        }
        described(&mut out, &moved);
        Ok(out)
    }

    /// Closed. What is required and not described may be anything.
    fn object(
        &mut self,
        members: &Map<String, Value>,
        out: &mut Map<String, Value>,
    ) -> Result<(), Unsayable> {
        let mut properties = Map::new();
        for (name, schema) in
            members.get("properties").and_then(Value::as_object).into_iter().flatten()
        {
            if let Some(schema) = self.schema(schema)? {
                properties.insert(name.clone(), Value::Object(schema));
            }
        }
        let required = members.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            if !properties.contains_key(name) {
                self.lost.record("required");
                properties.insert(name.to_owned(), Value::Object(anything()));
            }
        }
        if members.contains_key("properties") || !properties.is_empty() {
            out.insert(String::from("properties"), Value::Object(properties));
        }
        if let Some(required) = required {
            out.insert(String::from("required"), json!(required));
        }
        out.insert(String::from("additionalProperties"), Value::Bool(false));
        Ok(())
    }

    /// Words go on as they are; a bound becomes a word.
    fn rest(
        &mut self,
        key: &str,
        value: &Value,
        out: &mut Map<String, Value>,
        moved: &mut Map<String, Value>,
    ) {
        // Closed is what every object is.
        let closes = ["additionalProperties", "unevaluatedProperties"].contains(&key)
            && *value == json!(false);
        if ANNOTATIONS.contains(&key) {
            out.insert(key.to_owned(), value.clone());
        } else if !closes && !INERT.contains(&key) {
            self.lost.record_if(!key.starts_with("example"), key);
            moved.insert(key.to_owned(), value.clone());
        }
    }

    fn copy(&mut self, value: &Value) -> Result<(), Unsayable> {
        self.copied += value.to_string().len();
        if self.copied > MAX_COPIED { Err(Unsayable) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
