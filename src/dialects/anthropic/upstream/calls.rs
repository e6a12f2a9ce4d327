//! The tool calls of a conversation: each is answered in the turn that follows it, and each has
//! an id that the API takes.

use std::collections::HashSet;

use crate::dialects::errors::Untranslatable;
use crate::dialects::place::{InMessage, Member};

/// Ids here are `[a-zA-Z0-9_-]+` and unique in the whole conversation. Other providers write
/// `functions.f:0` and begin anew in every turn, so such ids are replaced, in calls and results
/// alike. What is made of an id depends on what came before it only: a longer conversation still
/// finds the prompt cache of the shorter one.
#[derive(Debug, Default)]
pub(super) struct Calls<'a> {
    used: HashSet<String>,
    /// Of the assistant's last turn.
    open: Vec<Call<'a>>,
}

#[derive(Debug)]
struct Call<'a> {
    client_id: &'a str,
    wire_id: String,
    place: InMessage,
    is_answered: bool,
}

impl<'a> Calls<'a> {
    /// A turn begins that holds no results.
    ///
    /// # Errors
    /// When a call of the turn before it was not answered.
    pub(super) fn close(&mut self) -> Result<(), Untranslatable> {
        match self.open.iter().find(|call| !call.is_answered) {
            None => {
                self.open.clear();
                Ok(())
            }
            Some(Call { place, client_id, .. }) => Err(Untranslatable::at(
                *place,
                format!(" (`{client_id}`) has no result in the messages right after it"),
            )),
        }
    }

    /// The id under which the call at that place is sent.
    ///
    /// # Errors
    /// When it has none, or that of another call of the turn.
    pub(super) fn open(
        &mut self,
        client_id: &'a str,
        place: InMessage,
    ) -> Result<String, Untranslatable> {
        if client_id.is_empty() {
            return Err(Untranslatable::at(place, " has no id"));
        }
        if self.open.iter().any(|call| call.client_id == client_id) {
            let complaint = format!(" has the same id as another call: `{client_id}`");
            return Err(Untranslatable::at(place, complaint));
        }
        let wire_id = self.unique(client_id);
        let call = Call { client_id, wire_id: wire_id.clone(), place, is_answered: false };
        self.open.push(call);
        Ok(wire_id)
    }

    /// The id of the call that a result belongs to.
    ///
    /// # Errors
    /// When the turn before has no such call, or it was answered before.
    pub(super) fn answer(
        &mut self,
        client_id: &str,
        place: InMessage,
    ) -> Result<String, Untranslatable> {
        let place = place.member(Member::CallId);
        let Some(call) = self.open.iter_mut().find(|call| call.client_id == client_id) else {
            let complaint = format!(": the assistant's turn before it has no call `{client_id}`");
            return Err(Untranslatable::at(place, complaint));
        };
        if call.is_answered {
            let complaint = format!(": the call `{client_id}` has a result already");
            return Err(Untranslatable::at(place, complaint));
        }
        call.is_answered = true;
        Ok(call.wire_id.clone())
    }

    fn unique(&mut self, client_id: &str) -> String {
        let is_taken = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
        let base: String =
            client_id.chars().map(|letter| if is_taken(letter) { letter } else { '_' }).collect();
        let mut id = base.clone();
        let mut count = 1_u64;
        while !self.used.insert(id.clone()) {
            count += 1;
            id = format!("{base}_{count}");
        }
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::openai::client::places::bad_request;

    #[test]
    fn ids_that_are_taken_stay_as_they_are() {
        let mut calls = Calls::default();
        assert_eq!(calls.open("toolu_01-Ab", InMessage::at(1)), Ok("toolu_01-Ab".into()));
        assert_eq!(calls.answer("toolu_01-Ab", InMessage::at(2)), Ok("toolu_01-Ab".into()));
        assert_eq!(calls.close(), Ok(()));
    }

    #[test]
    fn ids_of_other_providers_are_replaced_in_calls_and_results() {
        let mut calls = Calls::default();
        let ids = ["functions.f:0", "functions.f.0", "functions_f_0"];
        let sent = ids.map(|id| calls.open(id, InMessage::at(1)).unwrap());
        assert_eq!(sent, ["functions_f_0", "functions_f_0_2", "functions_f_0_3"]);
        assert_eq!(ids.map(|id| calls.answer(id, InMessage::at(2)).unwrap()), sent);
        calls.close().unwrap();
        assert_eq!(calls.open("functions.f:0", InMessage::at(1)), Ok("functions_f_0_4".into()));
    }

    #[test]
    fn calls_and_results_that_do_not_meet_are_named() {
        let mut calls = Calls::default();
        let param = |bad: Untranslatable| bad_request(bad).param.unwrap();
        let [a, b, c, d, f, g] = [0, 1, 2, 3, 4, 5].map(InMessage::at);
        assert_eq!(param(calls.open("", a).unwrap_err()), "messages[0]");
        calls.open("x", b).unwrap();
        assert_eq!(param(calls.open("x", c).unwrap_err()), "messages[2]");
        assert_eq!(param(calls.answer("y", d).unwrap_err()), "messages[3].tool_call_id");
        assert_eq!(param(calls.close().unwrap_err()), "messages[1]");
        calls.answer("x", d).unwrap();
        assert_eq!(param(calls.answer("x", f).unwrap_err()), "messages[4].tool_call_id");
        calls.close().unwrap();
        assert_eq!(param(calls.answer("x", g).unwrap_err()), "messages[5].tool_call_id");
    }
}
