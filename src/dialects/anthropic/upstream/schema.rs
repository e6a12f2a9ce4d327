//! Reduces a JSON Schema to the subset that structured outputs and strict tools enforce. Every
//! object is closed; a bound that the API refuses moves into the description, where the model reads
//! it.
//!
//! Source: Anthropic, "Structured outputs", "JSON Schema limitations"; the schema transformations
//! of Anthropic's SDKs.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::definitions::{Definition, Uses};
use super::schema_words::{
    ANNOTATIONS, FORMATS, INERT, described, is_scalar, is_taken_pattern, named_types, suits,
};
use crate::dialects::dropped::Dropped;
use crate::dialects::schema_union::merge;

/// The most schemas that one may become once some of its references are overlaid, and the deepest
/// nesting.
const MAX_SCHEMAS: usize = 10_000;
const MAX_DEPTH: usize = 128;
/// The most text that may be copied, in bytes.
const MAX_COPIED: usize = 4 * 1024 * 1024;

/// A schema in the API's subset.
#[derive(Debug, PartialEq)]
pub(super) struct Closed {
    pub schema: Value,
    /// Keywords that are no longer enforced.
    pub lost: Vec<String>,
}

/// The subset cannot express the schema: it refers to itself, or exceeds the limits.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Inexpressible;

/// # Errors
/// When the schema cannot be brought into the subset.
pub(super) fn close(schema: &Value) -> Result<Closed, Inexpressible> {
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
        let target = root.pointer(&definition.pointer());
        let schema = target.map(|target| writer.schema(target)).transpose()?.flatten();
        let schema = schema.unwrap_or_else(anything);
        writer.written.push((definition, schema));
    }
    if writer.uses.have_cycle() {
        return Err(Inexpressible);
    }
    for (Definition { list, name }, schema) in writer.written {
        let definitions = out.entry(list).or_insert_with(|| json!({}));
        if let Some(definitions) = definitions.as_object_mut() {
            definitions.insert(name, Value::Object(schema));
        }
    }
    Ok(Closed { schema: Value::Object(out), lost: writer.lost.into_names() })
}

/// The schema for "anything": a schema without a type is refused, and a type with members could
/// only be a closed one.
fn anything() -> Map<String, Value> {
    Map::from_iter([(String::from("type"), json!(["string", "number", "boolean", "null"]))])
}

struct Writer<'s> {
    root: &'s Value,
    lost: Dropped,
    written: Vec<(Definition, Map<String, Value>)>,
    waiting: Vec<Definition>,
    known: HashSet<Definition>,
    /// The definition being written, and the references among definitions.
    within: Option<Definition>,
    uses: Uses,
    /// The references being overlaid.
    open: Vec<String>,
    schemas: usize,
    depth: usize,
    copied: usize,
}

impl Writer<'_> {
    /// Inlines a reference at the top, because the API requires a type there.
    fn top(&mut self, schema: &Value) -> Result<Option<Map<String, Value>>, Inexpressible> {
        match schema.as_object().filter(|members| members.contains_key("$ref")) {
            Some(members) => self.inlined(members).map(Some),
            None => self.schema(schema),
        }
    }

    /// `None`: no value is allowed.
    fn schema(&mut self, schema: &Value) -> Result<Option<Map<String, Value>>, Inexpressible> {
        let members = match schema {
            Value::Bool(false) => return Ok(None),
            Value::Object(members) => members,
            // `true`, or not a schema at all.
            _ => {
                self.lost.record("type");
                return Ok(Some(anything()));
            }
        };
        self.schemas += 1;
        self.depth += 1;
        if self.schemas > MAX_SCHEMAS || self.depth > MAX_DEPTH {
            return Err(Inexpressible);
        }
        let written = self.members(members);
        self.depth -= 1;
        written.map(Some)
    }

    fn members(
        &mut self,
        members: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Inexpressible> {
        let list = |key: &str| members.get(key).and_then(Value::as_array);
        if members.contains_key("$ref") {
            return self.referred(members);
        }
        if let Some(all) = list("allOf") {
            return self.with_all(members, all);
        }
        let has_parts = members.get("properties").is_some_and(|parts| *parts != json!({}));
        // `oneOf` becomes `anyOf`: exclusivity is no longer enforced.
        self.lost.record_if(members.contains_key("oneOf"), "oneOf");
        match list("anyOf").map(|any| ("anyOf", any)).or(list("oneOf").map(|one| ("oneOf", one))) {
            Some((key, branches)) if !has_parts => self.union(members, key, branches),
            _ => self.typed(members),
        }
    }

    /// A reference to a definition is kept; any other reference, and one with sibling keywords, is
    /// overlaid.
    fn referred(
        &mut self,
        members: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Inexpressible> {
        let says_more = members.keys().any(|key| key != "$ref" && !INERT.contains(&key.as_str()));
        let reference = members.get("$ref").and_then(Value::as_str).unwrap_or_default();
        let definition = Definition::named_by(reference)
            .filter(|definition| !says_more && self.root.pointer(&definition.pointer()).is_some());
        let Some(definition) = definition else { return self.inlined(members) };
        self.uses.record(self.within.as_ref(), &definition);
        if self.known.insert(definition.clone()) {
            self.waiting.push(definition);
        }
        Ok(Map::from_iter([(String::from("$ref"), json!(reference))]))
    }

    fn inlined(
        &mut self,
        members: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Inexpressible> {
        let reference = members.get("$ref").and_then(Value::as_str).unwrap_or_default();
        let target = self.overlaid(reference, members)?;
        self.open.push(reference.to_owned());
        let written = self.schema(&Value::Object(target));
        self.open.pop();
        Ok(written?.unwrap_or_else(anything))
    }

    /// The referenced schema, overlaid with the keywords beside the reference.
    fn overlaid(
        &mut self,
        reference: &str,
        members: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Inexpressible> {
        if self.open.iter().any(|open| open == reference) {
            return Err(Inexpressible);
        }
        let root = self.root;
        let target = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        if target.is_none() {
            self.lost.record("$ref");
        }
        let mut merged = target.and_then(Value::as_object).cloned().unwrap_or_default();
        if let Some(target) = target {
            self.copy(target)?;
        }
        let beside = members.iter().filter(|(key, _)| *key != "$ref");
        merged.extend(beside.map(|(key, value)| (key.clone(), value.clone())));
        Ok(merged)
    }

    /// Closed separately, the schemas of `allOf` would exclude each other, so they are merged into
    /// one.
    fn with_all(
        &mut self,
        members: &Map<String, Value>,
        all: &[Value],
    ) -> Result<Map<String, Value>, Inexpressible> {
        let opened = self.open.len();
        let mut one = members.clone();
        one.shift_remove("allOf");
        for schema in all {
            let mut more = schema.as_object().cloned().unwrap_or_default();
            while let Some(reference) = more.get("$ref").and_then(Value::as_str) {
                let reference = reference.to_owned();
                more = self.overlaid(&reference, &more)?;
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

    /// `anyOf` with annotations only; a type beside it is given to the branches that have none.
    fn union(
        &mut self,
        members: &Map<String, Value>,
        key: &str,
        branches: &[Value],
    ) -> Result<Map<String, Value>, Inexpressible> {
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

    fn typed(&mut self, members: &Map<String, Value>) -> Result<Map<String, Value>, Inexpressible> {
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

    /// A closed object. A required property without a schema may be anything.
    fn object(
        &mut self,
        members: &Map<String, Value>,
        out: &mut Map<String, Value>,
    ) -> Result<(), Inexpressible> {
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

    /// Annotations are kept; a bound moves into the description.
    fn rest(
        &mut self,
        key: &str,
        value: &Value,
        out: &mut Map<String, Value>,
        moved: &mut Map<String, Value>,
    ) {
        // Every object is closed anyway.
        let closes = ["additionalProperties", "unevaluatedProperties"].contains(&key)
            && *value == json!(false);
        if ANNOTATIONS.contains(&key) {
            out.insert(key.to_owned(), value.clone());
        } else if !closes && !INERT.contains(&key) {
            self.lost.record_if(!key.starts_with("example"), key);
            moved.insert(key.to_owned(), value.clone());
        }
    }

    fn copy(&mut self, value: &Value) -> Result<(), Inexpressible> {
        self.copied += value.to_string().len();
        if self.copied > MAX_COPIED { Err(Inexpressible) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
