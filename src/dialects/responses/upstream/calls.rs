//! The tool calls of a conversation: each is answered, and each has an id that the API takes.

use std::collections::HashSet;

use crate::dialects::errors::Untranslatable;
use crate::dialects::place::{InMessage, Member};
use crate::domain::hash::StableHash;

/// The longest `call_id` that is taken; other providers pack signatures into theirs.
const MAX_ID: usize = 64;

/// An id may stand once in the conversation, while other providers begin anew in every turn
/// (`functions.f:0`): such ids are replaced, in calls and results alike. What is made of an id
/// depends on what came before it only, so a longer conversation still finds the prompt cache
/// of the shorter one.
#[derive(Debug, Default)]
pub(super) struct Calls<'a> {
    used: HashSet<String>,
    /// Not answered yet.
    open: Vec<Call<'a>>,
}

#[derive(Debug)]
struct Call<'a> {
    client_id: &'a str,
    wire_id: String,
    place: InMessage,
}

impl<'a> Calls<'a> {
    /// The id under which the call at that place is sent.
    ///
    /// # Errors
    /// When it has none, or that of a call that still waits for its result.
    pub(super) fn open(
        &mut self,
        client_id: &'a str,
        place: InMessage,
    ) -> Result<String, Untranslatable> {
        if client_id.is_empty() {
            return Err(Untranslatable::at(place, " has no id"));
        }
        if self.open.iter().any(|call| call.client_id == client_id) {
            let complaint = format!(" has the id of a call that has no result yet: `{client_id}`");
            return Err(Untranslatable::at(place, complaint));
        }
        let wire_id = self.unique(client_id);
        self.open.push(Call { client_id, wire_id: wire_id.clone(), place });
        Ok(wire_id)
    }

    /// The id of the call that a result belongs to.
    ///
    /// # Errors
    /// When no such call waits for one.
    pub(super) fn answer(
        &mut self,
        client_id: &str,
        place: InMessage,
    ) -> Result<String, Untranslatable> {
        match self.open.iter().position(|call| call.client_id == client_id) {
            Some(at) => Ok(self.open.remove(at).wire_id),
            None => {
                let complaint = format!(": no call `{client_id}` waits for a result");
                Err(Untranslatable::at(place.member(Member::CallId), complaint))
            }
        }
    }

    /// # Errors
    /// When a call has no result: the API refuses the conversation.
    pub(super) fn close(self) -> Result<(), Untranslatable> {
        match self.open.into_iter().next() {
            None => Ok(()),
            Some(Call { place, client_id, .. }) => Err(Untranslatable::at(
                place,
                format!(" (`{client_id}`) has no result in the messages after it"),
            )),
        }
    }

    fn unique(&mut self, client_id: &str) -> String {
        let mut id = client_id.to_owned();
        let mut count = 0_u64;
        while id.chars().count() > MAX_ID || !self.used.insert(id.clone()) {
            let hash = StableHash::default().with(client_id.as_bytes()).with(&count.to_le_bytes());
            let start: String = client_id.chars().take(40).collect();
            id = format!("{start}_{:016x}", hash.finish());
            count += 1;
        }
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::openai::client::places::bad_request;

    fn turn<'a>(calls: &mut Calls<'a>, id: &'a str) -> String {
        let wire_id = calls.open(id, InMessage::at(1)).unwrap();
        assert_eq!(calls.answer(id, InMessage::at(2)), Ok(wire_id.clone()));
        wire_id
    }

    #[test]
    fn an_id_is_kept_unless_it_was_used_or_is_too_long() {
        let (long, longer) = ("é".repeat(64), "é".repeat(65));
        let ids = ["a", "a", "a", &long, &longer, &longer];
        let mut calls = Calls::default();
        let sent = ids.map(|id| turn(&mut calls, id));
        assert_eq!((&sent[0], &sent[3]), (&"a".to_owned(), &long));
        let distinct: HashSet<&String> = sent.iter().collect();
        assert_eq!(distinct.len(), ids.len(), "{sent:?}");
        assert!(sent.iter().all(|id| id.chars().count() <= MAX_ID), "{sent:?}");

        let mut again = Calls::default();
        assert_eq!(ids.map(|id| turn(&mut again, id)), sent, "the same again");
    }

    #[test]
    fn parallel_calls_are_answered_in_any_order() {
        let mut calls = Calls::default();
        for id in ["a", "b"] {
            calls.open(id, InMessage::at(1)).unwrap();
        }
        for id in ["b", "a"] {
            assert_eq!(calls.answer(id, InMessage::at(2)).as_deref(), Ok(id));
        }
        assert_eq!(calls.close(), Ok(()));
    }

    #[test]
    fn calls_and_results_without_each_other_are_refused_by_their_place() {
        let param = |bad: Untranslatable| bad_request(bad).param.unwrap();
        let mut calls = Calls::default();
        assert_eq!(param(calls.open("", InMessage::at(1)).unwrap_err()), "messages[1]");
        calls.open("a", InMessage::at(1)).unwrap();
        assert_eq!(param(calls.open("a", InMessage::at(2)).unwrap_err()), "messages[2]");
        let bad = calls.answer("b", InMessage::at(4)).unwrap_err();
        assert_eq!(param(bad), "messages[4].tool_call_id");
        assert_eq!(param(calls.close().unwrap_err()), "messages[1]");
    }
}
