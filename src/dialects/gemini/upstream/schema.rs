//! Reduces a JSON Schema to the OpenAPI subset that `parameters` and `responseSchema` accept, for
//! services without `parametersJsonSchema`. Keywords that the subset cannot express are omitted:
//! the result allows more, never something else.
//!
//! Source: Gemini API reference, `Schema`.

use serde_json::{Map, Value, json};

use crate::dialects::errors::Untranslatable;
use crate::dialects::place::Place;
use crate::dialects::schema_union;

/// The most schemas that one may become once its references are inlined, and the deepest nesting.
const MAX_SCHEMAS: usize = 10_000;
const MAX_DEPTH: usize = 128;
/// The most text that may be copied, in bytes.
const MAX_COPIED: usize = 4 * 1024 * 1024;

/// Keys that are copied unchanged, and the types that they belong to; an empty list means all.
const TAKEN: &[(&str, &[&str])] = &[
    ("title", &[]),
    ("description", &[]),
    ("nullable", &[]),
    ("default", &[]),
    ("example", &[]),
    ("propertyOrdering", &["object"]),
    ("minProperties", &["object"]),
    ("maxProperties", &["object"]),
    ("minItems", &["array"]),
    ("maxItems", &["array"]),
    ("minLength", &["string"]),
    ("maxLength", &["string"]),
    ("pattern", &["string"]),
    ("minimum", &["number", "integer"]),
    ("maximum", &["number", "integer"]),
];

const FORMATS: &[(&str, &[&str])] = &[
    ("string", &["date-time", "enum"]),
    ("number", &["float", "double"]),
    ("integer", &["int32", "int64"]),
];

/// `owner` names the owner of the schema in errors, `place` its place in the request.
///
/// # Errors
/// When the schema refers to itself or to nothing, or exceeds the limits.
pub fn to_openapi(schema: &Value, owner: &str, place: Place) -> Result<Value, Untranslatable> {
    let mut writer =
        Writer { root: schema, owner, place, open: Vec::new(), schemas: 0, depth: 0, copied: 0 };
    writer.schema(schema).map(Value::Object)
}

pub(super) struct Writer<'s> {
    root: &'s Value,
    owner: &'s str,
    place: Place,
    /// The references being inlined.
    open: Vec<String>,
    schemas: usize,
    depth: usize,
    copied: usize,
}

impl Writer<'_> {
    /// `true`, or anything that is not a schema, allows everything.
    pub(super) fn schema(&mut self, schema: &Value) -> Result<Map<String, Value>, Untranslatable> {
        let Some(members) = schema.as_object() else { return Ok(Map::new()) };
        self.schemas += 1;
        self.depth += 1;
        if self.schemas > MAX_SCHEMAS || self.depth > MAX_DEPTH {
            return Err(self.too_large());
        }
        let written = match members.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                let written = self.referred(reference, members);
                self.depth -= 1;
                return written;
            }
            None => self.members(&schema_union::flat(members)),
        };
        let written = match (written, members.get("allOf")) {
            (Ok(written), Some(Value::Array(all))) => self.with_all(written, all),
            (written, _) => written,
        };
        self.depth -= 1;
        written
    }

    /// Merged with the schemas of `allOf`.
    fn with_all(
        &mut self,
        mut written: Map<String, Value>,
        all: &[Value],
    ) -> Result<Map<String, Value>, Untranslatable> {
        for schema in all {
            schema_union::merge(&mut written, self.schema(schema)?);
        }
        Ok(written)
    }

    /// The referenced schema, overlaid with the keywords beside the reference.
    fn referred(
        &mut self,
        reference: &str,
        members: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Untranslatable> {
        if self.open.iter().any(|open| open == reference) {
            return Err(self.bad(&format!("refers to itself at `{reference}`")));
        }
        let root = self.root;
        let Some(meant) = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer))
        else {
            return Err(self.bad(&format!("refers to `{reference}`, which is not in it")));
        };
        self.copy(meant)?;
        let mut merged = meant.as_object().cloned().unwrap_or_default();
        let beside = members.iter().filter(|(key, _)| *key != "$ref");
        merged.extend(beside.map(|(key, value)| (key.clone(), value.clone())));
        self.open.push(reference.to_owned());
        let written = self.schema(&Value::Object(merged));
        self.open.pop();
        written
    }

    fn members(
        &mut self,
        members: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Untranslatable> {
        let types = schema_union::types_of(members);
        let is_nullable = types.is_nullable;
        let mut out = match types.names.as_slice() {
            [] => self.typed(members, None)?,
            [one] if members.contains_key("anyOf") => self.typed_union(members, one)?,
            [one] => self.typed(members, Some(one))?,
            several => {
                let mut branches = Vec::with_capacity(several.len());
                for name in several {
                    branches.push(Value::Object(self.branch(members, name)?));
                }
                let mut out = self.typed(members, None)?;
                out.insert("anyOf".into(), Value::Array(branches));
                out
            }
        };
        if is_nullable {
            out.insert("nullable".into(), json!(true));
        }
        Ok(out)
    }

    /// A type beside `anyOf` applies to each branch, with all its keywords: the subset accepts
    /// annotations only beside `anyOf`.
    fn typed_union(
        &mut self,
        members: &Map<String, Value>,
        name: &str,
    ) -> Result<Map<String, Value>, Untranslatable> {
        let mut out = self.typed(members, None)?;
        match out.get_mut("anyOf") {
            Some(Value::Array(branches)) => {
                for branch in branches.iter_mut().filter_map(Value::as_object_mut) {
                    schema_union::merge(branch, self.branch(members, name)?);
                }
            }
            _ => schema_union::merge(&mut out, self.branch(members, name)?),
        }
        Ok(out)
    }

    /// The schema as if `name` were its only type, without annotations.
    fn branch(
        &mut self,
        members: &Map<String, Value>,
        name: &str,
    ) -> Result<Map<String, Value>, Untranslatable> {
        let mut branch = self.typed(members, Some(name))?;
        branch.retain(|key, _| !["title", "description", "default"].contains(&key.as_str()));
        Ok(branch)
    }

    /// As if `name` were its only type.
    fn typed(
        &mut self,
        members: &Map<String, Value>,
        name: Option<&str>,
    ) -> Result<Map<String, Value>, Untranslatable> {
        let mut out = Map::new();
        if let Some(name) = name {
            out.insert("type".into(), json!(name));
        }
        for (key, types) in TAKEN {
            let fits = types.is_empty() || name.is_some_and(|name| types.contains(&name));
            if let Some(value) = members.get(*key).filter(|_| fits) {
                self.copy(value)?;
                out.insert((*key).to_owned(), value.clone());
            }
        }
        match name {
            Some("string") => {
                if let Some(values) = schema_union::strings_of(members) {
                    self.copy(&values)?;
                    out.insert("enum".into(), values);
                }
            }
            Some("object") => self.properties(members, &mut out)?,
            Some("array") => {
                let items = self.items(members)?;
                out.insert("items".into(), Value::Object(items));
            }
            _ => {}
        }
        let format = members.get("format").and_then(Value::as_str).filter(|format| {
            FORMATS.iter().any(|(owner, known)| name == Some(*owner) && known.contains(format))
        });
        if let Some(format) = format {
            out.insert("format".into(), json!(format));
        }
        if name.is_none() {
            self.union(members, &mut out)?;
        }
        Ok(out)
    }

    /// Only existing properties can be required.
    fn properties(
        &mut self,
        members: &Map<String, Value>,
        out: &mut Map<String, Value>,
    ) -> Result<(), Untranslatable> {
        let Some(properties) = members.get("properties").and_then(Value::as_object) else {
            return Ok(());
        };
        let mut written = Map::new();
        for (name, schema) in properties {
            written.insert(name.clone(), Value::Object(self.schema(schema)?));
        }
        let required = members.get("required").and_then(Value::as_array);
        let required: Vec<Value> = required
            .into_iter()
            .flatten()
            .filter(|name| name.as_str().is_some_and(|name| properties.contains_key(name)))
            .cloned()
            .collect();
        out.insert("properties".into(), Value::Object(written));
        if !required.is_empty() {
            out.insert("required".into(), Value::Array(required));
        }
        Ok(())
    }

    /// An array must declare its items; a tuple accepts the values of any of its positions.
    fn items(
        &mut self,
        members: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Untranslatable> {
        let places = match (members.get("prefixItems"), members.get("items")) {
            (Some(Value::Array(places)), _) | (None, Some(Value::Array(places))) => places,
            (_, Some(items)) => return self.schema(items),
            (_, None) => return Ok(Map::new()),
        };
        let any_of = json!({ "anyOf": places });
        self.schema(&any_of)
    }

    /// `anyOf`, where `null` among the branches becomes `nullable`.
    fn union(
        &mut self,
        members: &Map<String, Value>,
        out: &mut Map<String, Value>,
    ) -> Result<(), Untranslatable> {
        let Some(branches) = members.get("anyOf").and_then(Value::as_array) else { return Ok(()) };
        let mut written = Vec::with_capacity(branches.len());
        for branch in branches {
            if schema_union::is_null(branch) {
                out.insert("nullable".into(), json!(true));
            } else {
                written.push(self.schema(branch)?);
            }
        }
        if written.len() == 1 {
            for (key, value) in written.into_iter().flatten() {
                out.entry(key).or_insert(value);
            }
        } else if !written.is_empty() {
            let written = written.into_iter().map(Value::Object).collect();
            out.insert("anyOf".into(), Value::Array(written));
        }
        Ok(())
    }

    fn copy(&mut self, value: &Value) -> Result<(), Untranslatable> {
        self.copied += value.to_string().len();
        if self.copied > MAX_COPIED { Err(self.too_large()) } else { Ok(()) }
    }

    fn too_large(&self) -> Untranslatable {
        self.bad("is too large once its `$ref`s are written out")
    }

    fn bad(&self, what: &str) -> Untranslatable {
        Untranslatable::at(self.place, format!(": the schema of {} {what}", self.owner))
    }
}

#[cfg(test)]
mod tests;
