//! The tool calls of a conversation: each is answered in the turn that follows it, and each has
//! an id that the API takes.

use std::collections::HashSet;

use crate::dialects::errors::BadRequest;

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
    place: String,
    is_answered: bool,
}

impl<'a> Calls<'a> {
    /// A turn begins that holds no results.
    ///
    /// # Errors
    /// When a call of the turn before it was not answered.
    pub(super) fn close(&mut self) -> Result<(), BadRequest> {
        match self.open.iter().find(|call| !call.is_answered) {
            None => {
                self.open.clear();
                Ok(())
            }
            Some(Call { place, client_id, .. }) => Err(BadRequest::new(
                format!("`{place}` (`{client_id}`) has no result in the messages right after it"),
                place.clone(),
            )),
        }
    }

    /// The id under which the call at that place is sent.
    ///
    /// # Errors
    /// When it has none, or that of another call of the turn.
    pub(super) fn open(&mut self, client_id: &'a str, place: String) -> Result<String, BadRequest> {
        if client_id.is_empty() {
            return Err(BadRequest::new(format!("`{place}` has no id"), place));
        }
        if self.open.iter().any(|call| call.client_id == client_id) {
            let message = format!("`{place}` has the same id as another call: `{client_id}`");
            return Err(BadRequest::new(message, place));
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
    pub(super) fn answer(&mut self, client_id: &str, place: &str) -> Result<String, BadRequest> {
        let param = format!("{place}.tool_call_id");
        let Some(call) = self.open.iter_mut().find(|call| call.client_id == client_id) else {
            let message =
                format!("`{param}`: the assistant's turn before it has no call `{client_id}`");
            return Err(BadRequest::new(message, param));
        };
        if call.is_answered {
            let message = format!("`{param}`: the call `{client_id}` has a result already");
            return Err(BadRequest::new(message, param));
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

    #[test]
    fn ids_that_are_taken_stay_as_they_are() {
        let mut calls = Calls::default();
        assert_eq!(calls.open("toolu_01-Ab", "p".into()), Ok("toolu_01-Ab".into()));
        assert_eq!(calls.answer("toolu_01-Ab", "q"), Ok("toolu_01-Ab".into()));
        assert_eq!(calls.close(), Ok(()));
    }

    #[test]
    fn ids_of_other_providers_are_replaced_in_calls_and_results() {
        let mut calls = Calls::default();
        let ids = ["functions.f:0", "functions.f.0", "functions_f_0"];
        let sent = ids.map(|id| calls.open(id, "p".into()).unwrap());
        assert_eq!(sent, ["functions_f_0", "functions_f_0_2", "functions_f_0_3"]);
        assert_eq!(ids.map(|id| calls.answer(id, "q").unwrap()), sent);
        calls.close().unwrap();
        assert_eq!(calls.open("functions.f:0", "p".into()), Ok("functions_f_0_4".into()));
    }

    #[test]
    fn calls_and_results_that_do_not_meet_are_named() {
        let mut calls = Calls::default();
        let param = |bad: BadRequest| bad.param.unwrap();
        assert_eq!(param(calls.open("", "a".into()).unwrap_err()), "a");
        calls.open("x", "b".into()).unwrap();
        assert_eq!(param(calls.open("x", "c".into()).unwrap_err()), "c");
        assert_eq!(param(calls.answer("y", "d").unwrap_err()), "d.tool_call_id");
        assert_eq!(param(calls.close().unwrap_err()), "b");
        calls.answer("x", "e").unwrap();
        assert_eq!(param(calls.answer("x", "f").unwrap_err()), "f.tool_call_id");
        calls.close().unwrap();
        assert_eq!(param(calls.answer("x", "g").unwrap_err()), "g.tool_call_id");
    }
}
