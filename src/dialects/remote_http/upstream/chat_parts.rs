//! The members of a chat body, as a template or the invoke format needs them.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::dialects::errors::Untranslatable;
use crate::dialects::json::{Kind, RawObject};
use crate::dialects::place::Place;

/// Names of one parameter; a template that uses one of them gets the value of the other.
const ALIASES: [&str; 2] = ["max_tokens", "max_completion_tokens"];

/// The members of a chat body.
pub(super) struct ChatParts<'a> {
    body: RawObject<'a>,
    pub is_stream: bool,
}

impl<'a> ChatParts<'a> {
    pub(super) fn parse(edited: &'a [u8], is_stream: bool) -> Result<Self, Untranslatable> {
        let body = RawObject::parse(edited).map_err(|error| {
            Untranslatable::as_a_whole(format!("the body is not a JSON object: {error}"))
        })?;
        Ok(Self { body, is_stream })
    }

    pub(super) fn model(&self) -> Option<&'a RawValue> {
        self.body.get("model")
    }

    pub(super) fn messages(&self) -> Result<&'a RawValue, Untranslatable> {
        let messages = self.body.get("messages");
        messages.ok_or_else(|| Untranslatable::at(Place::Parameter("messages"), " is missing"))
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&'a RawValue> {
        self.find(name).map(|(_, value)| value)
    }

    /// The parameter, under the name that the client used. `null` counts as absent.
    pub(super) fn find(&self, name: &str) -> Option<(&str, &'a RawValue)> {
        let aliases: &[&str] = if ALIASES.contains(&name) { &ALIASES } else { &[] };
        std::iter::once(&name).chain(aliases).find_map(|name| {
            self.parameters().find(|(known, value)| known == name && Kind::of(value) != Kind::Null)
        })
    }

    pub(super) fn write_parameters(&self, out: &mut String) {
        out.push('{');
        for (index, (name, value)) in self.parameters().enumerate() {
            if index > 0 {
                out.push(',');
            }
            out.push_str(&Value::from(name).to_string());
            out.push(':');
            out.push_str(value.get());
        }
        out.push('}');
    }

    pub(super) fn parameters(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        const NONE: [&str; 4] = ["model", "messages", "stream", "stream_options"];
        let members = self.body.members.iter().map(|(name, value)| (name.as_ref(), *value));
        members.filter(|(name, _)| !NONE.contains(name))
    }

    pub(super) fn write_invoke(&self, out: &mut String) -> Result<(), Untranslatable> {
        out.push('{');
        if let Some(model) = self.model() {
            out.push_str(r#""model":"#);
            out.push_str(model.get());
            out.push(',');
        }
        out.push_str(r#""messages":"#);
        out.push_str(self.messages()?.get());
        out.push_str(r#","parameters":"#);
        self.write_parameters(out);
        out.push_str(if self.is_stream { r#","stream":true}"# } else { r#","stream":false}"# });
        Ok(())
    }
}
