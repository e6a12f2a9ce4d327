//! Decodes tool calls in OpenAI's shape, whole or in fragments.

use std::collections::HashMap;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::dialects::call_order::{self, CallOrder};
use crate::dialects::tool_calls::AnswerIds;
use crate::domain::chat::Delta;
use crate::domain::hash::StableHash;

/// A service returns one answer.
const CHOICE: u64 = 0;

/// A call, or the next fragment of one.
#[derive(Debug, Default)]
pub(super) struct Fragment {
    index: Option<u64>,
    id: Option<String>,
    name: Option<String>,
    arguments: String,
}

/// The calls of the list at the pointer `place` in the document `text`.
pub(super) fn read(text: &[u8], place: &str, list: &[Value]) -> Vec<Fragment> {
    let read_one = |(at, call): (usize, &Value)| {
        let function = call.get("function")?;
        let word = |value: Option<&Value>| {
            value.and_then(Value::as_str).filter(|word| !word.is_empty()).map(str::to_owned)
        };
        let arguments = match function.get("arguments") {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(arguments)) => arguments.clone(),
            Some(other) => raw_at(text, &format!("{place}/{at}/function/arguments"))
                .map_or_else(|| other.to_string(), str::to_owned),
        };
        let index = call.get("index").and_then(Value::as_u64);
        Some(Fragment {
            index,
            id: word(call.get("id")),
            name: word(function.get("name")),
            arguments,
        })
    };
    list.iter().enumerate().filter_map(read_one).collect()
}

/// The raw value at a pointer, because a long number would lose its last digits when parsed.
fn raw_at<'a>(text: &'a [u8], place: &str) -> Option<&'a str> {
    let mut value: &'a RawValue = serde_json::from_slice(text).ok()?;
    for step in place.split('/').skip(1) {
        value = match step.parse::<usize>() {
            Ok(index) => {
                serde_json::from_str::<Vec<&'a RawValue>>(value.get()).ok()?.get(index).copied()?
            }
            Err(_) => serde_json::from_str::<HashMap<String, &'a RawValue>>(value.get())
                .ok()?
                .get(step)
                .copied()?,
        };
    }
    Some(value.get())
}

/// The calls of one answer, in the order in which they began.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// Distinguishes generated ids of one answer from those of another.
    seed: u64,
    order: CallOrder,
    ids: AnswerIds,
    begun: Vec<Begun>,
}

#[derive(Debug, Default)]
struct Begun {
    /// The id that the service sent.
    own_id: Option<String>,
    /// Whether it was sent to the client, which requires the name of the function.
    is_sent: bool,
    /// Its index among the calls sent to the client.
    index: u64,
    /// Arguments received before the name.
    early: String,
}

impl Calls {
    /// `text`: the first bytes of the answer.
    pub(super) fn of(text: &[u8]) -> Self {
        Self { seed: StableHash::default().with(text).finish(), ..Self::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.begun.is_empty()
    }

    /// Whether a call has no name, so that it cannot be sent.
    pub(super) fn lacks_a_name(&self) -> bool {
        self.begun.iter().any(|call| !call.is_sent)
    }

    pub(super) fn take(&mut self, fragment: Fragment, out: &mut Vec<Delta>) {
        let at = self.place_of(&fragment);
        let sent = self.ids.count();
        let Some(call) = self.begun.get_mut(at) else { return };
        let choice = CHOICE;
        call.own_id = call.own_id.take().or(fragment.id);
        let mut arguments = fragment.arguments;
        if !call.is_sent {
            let Some(name) = fragment.name else {
                call.early.push_str(&arguments);
                return;
            };
            let seed = self.seed;
            let id = self.ids.give(call.own_id.clone(), || format!("call_{seed:016x}_{at}"));
            call.index = u64::try_from(sent).unwrap_or(u64::MAX);
            let index = call.index;
            out.push(Delta::ToolCallBegin { choice, index, id, name, signature: None });
            call.is_sent = true;
            arguments.insert_str(0, &std::mem::take(&mut call.early));
        }
        if !arguments.is_empty() {
            out.push(Delta::ToolCallArguments { choice, index: call.index, fragment: arguments });
        }
    }

    /// The call that the fragment continues, or a new one.
    fn place_of(&mut self, fragment: &Fragment) -> usize {
        let at = self.order.place_of(&call_order::Fragment {
            index: fragment.index,
            id: fragment.id.as_deref(),
            name: fragment.name.as_deref(),
            arguments: &fragment.arguments,
        });
        if at == self.begun.len() {
            self.begun.push(Begun::default());
        }
        at
    }
}
