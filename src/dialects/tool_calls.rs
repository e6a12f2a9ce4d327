//! Pairs the tool calls of a conversation with their results, and chooses the ids that are sent. An
//! id depends only on the messages before it, so a longer conversation still hits the prompt cache of
//! the shorter one.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::place::{InMessage, Member};
use crate::domain::chat::ToolCall;
use crate::domain::hash::StableHash;

/// The ids that an API accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IdRule {
    /// Every id, duplicates included: ids are sent unchanged.
    Any,
    /// `[a-zA-Z0-9_-]+`, unique in a conversation. Other providers write `functions.f:0` and restart
    /// in every turn, so such ids are replaced, in calls and results alike.
    Plain,
    /// At most that many characters, unique in a conversation; other providers pack signatures into
    /// theirs.
    UpTo(usize),
}

/// The calls since the last [`Self::close`], each with whether it has a result.
#[derive(Debug)]
pub(super) struct ToolCalls<'a> {
    rule: IdRule,
    /// The sent ids of the whole conversation.
    used: HashSet<Cow<'a, str>>,
    calls: Vec<Call<'a>>,
    /// By the client's id, the first call without a result.
    waiting: HashMap<&'a str, usize>,
    /// The number of calls without a result.
    open: usize,
}

#[derive(Debug)]
pub(super) struct Call<'a> {
    pub call: &'a ToolCall,
    /// The id that is sent.
    pub id: Cow<'a, str>,
    /// Counted from 0 since the last [`ToolCalls::close`].
    pub index: usize,
    place: InMessage,
    has_result: bool,
}

/// A call or a result without its counterpart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mismatch<'a> {
    pub why: Why,
    /// The client's.
    pub id: &'a str,
    pub place: InMessage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// The call has no id.
    NoId,
    /// The call has the id of another one that has no result yet.
    SameId,
    /// The call has no result.
    NoResult,
    /// The result refers to no call.
    NoCall,
    /// The result refers to a call that already has one.
    SecondResult,
}

impl<'a> ToolCalls<'a> {
    pub(super) fn new(rule: IdRule) -> Self {
        let (used, calls, waiting) = (HashSet::new(), Vec::new(), HashMap::new());
        Self { rule, used, calls, waiting, open: 0 }
    }

    /// Opens a call and returns the id to send.
    ///
    /// # Errors
    /// When it has no id, or the id of a call without a result, and the API accepts neither.
    pub(super) fn open(
        &mut self,
        call: &'a ToolCall,
        place: InMessage,
    ) -> Result<Cow<'a, str>, Mismatch<'a>> {
        let own = call.id.as_str();
        let is_strict = self.rule != IdRule::Any;
        if is_strict && own.is_empty() {
            return Err(Mismatch { why: Why::NoId, id: own, place });
        }
        if is_strict && self.waiting.contains_key(own) {
            return Err(Mismatch { why: Why::SameId, id: own, place });
        }
        let id = match self.rule {
            IdRule::Any => Cow::Borrowed(own),
            IdRule::Plain => self.plain(own),
            IdRule::UpTo(most) => self.up_to(own, most),
        };
        let index = self.calls.len();
        self.waiting.entry(own).or_insert(index);
        self.open += 1;
        self.calls.push(Call { call, id: id.clone(), index, place, has_result: false });
        Ok(id)
    }

    /// The call of a result. `place` is that of the result's message.
    ///
    /// # Errors
    /// When no call with that id is open.
    pub(super) fn answer<'r>(
        &mut self,
        id: &'r str,
        place: InMessage,
    ) -> Result<&Call<'a>, Mismatch<'r>> {
        let found = self.waiting.remove(id);
        let Some(call) = found.and_then(|at| self.calls.get_mut(at)) else {
            let has_result = self.calls.iter().any(|call| call.call.id == id);
            let why = if has_result { Why::SecondResult } else { Why::NoCall };
            return Err(Mismatch { why, id, place: place.member(Member::CallId) });
        };
        call.has_result = true;
        let index = call.index;
        self.open -= 1;
        if self.open > self.waiting.len() {
            self.wait_for_the_next(index);
        }
        self.calls.get(index).ok_or(Mismatch { why: Why::NoCall, id, place })
    }

    /// Where calls share an id, their results are in the order of the calls.
    fn wait_for_the_next(&mut self, answered: usize) {
        let mut after = self.calls.iter().skip(answered);
        let Some(id) = after.next().map(|call| call.call.id.as_str()) else { return };
        if let Some(next) = after.find(|call| call.call.id == id && !call.has_result) {
            self.waiting.insert(id, next.index);
        }
    }

    /// Closes the calls so far: no further results can follow.
    ///
    /// # Errors
    /// When one of them has none.
    pub(super) fn close(&mut self) -> Result<(), Mismatch<'a>> {
        match self.calls.iter().find(|call| !call.has_result) {
            Some(Call { call, place, .. }) => {
                Err(Mismatch { why: Why::NoResult, id: &call.id, place: *place })
            }
            None => {
                self.calls.clear();
                Ok(())
            }
        }
    }

    fn plain(&mut self, own: &'a str) -> Cow<'a, str> {
        let is_taken = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
        let base: Cow<'a, str> = if own.chars().all(is_taken) {
            Cow::Borrowed(own)
        } else {
            own.chars().map(|letter| if is_taken(letter) { letter } else { '_' }).collect()
        };
        let mut id = base.clone();
        let mut count = 1_u64;
        while !self.used.insert(id.clone()) {
            count += 1;
            id = Cow::Owned(format!("{base}_{count}"));
        }
        id
    }

    fn up_to(&mut self, own: &'a str, most: usize) -> Cow<'a, str> {
        /// Of the hash, with what sets it apart.
        const TAIL: usize = 24;
        let mut id = Cow::Borrowed(own);
        let mut count = 0_u64;
        while id.chars().count() > most || !self.used.insert(id.clone()) {
            let hash = StableHash::default().with(own.as_bytes()).with(&count.to_le_bytes());
            let start: String = own.chars().take(most.saturating_sub(TAIL)).collect();
            id = Cow::Owned(format!("{start}_{:016x}", hash.finish()));
            count += 1;
        }
        id
    }
}

/// The ids of an answer's calls: the upstream's if present and unique, else generated ones.
#[derive(Debug, Default)]
pub(super) struct AnswerIds {
    given: HashSet<String>,
}

impl AnswerIds {
    /// The number of ids.
    pub(super) fn count(&self) -> usize {
        self.given.len()
    }

    /// No two calls get the same id, whatever is generated.
    pub(super) fn give(&mut self, own: Option<String>, made_up: impl FnOnce() -> String) -> String {
        let own = own.filter(|id| !id.is_empty() && !self.given.contains(id));
        let mut id = own.unwrap_or_else(made_up);
        while self.given.contains(&id) {
            id.push('_');
        }
        self.given.insert(id.clone());
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: IdRule = IdRule::UpTo(64);

    fn call(id: &str) -> ToolCall {
        ToolCall { id: id.into(), name: String::new(), arguments: String::new(), signature: None }
    }

    fn here() -> InMessage {
        InMessage::at(1)
    }

    fn turn<'a>(calls: &mut ToolCalls<'a>, call: &'a ToolCall) -> String {
        let sent = calls.open(call, here()).unwrap();
        assert_eq!(calls.answer(&call.id, here()).unwrap().id, sent);
        sent.into_owned()
    }

    #[test]
    fn ids_that_are_taken_stay_as_they_are() {
        let call = call("toolu_01-Ab");
        for rule in [IdRule::Any, IdRule::Plain, SHORT] {
            let mut calls = ToolCalls::new(rule);
            assert_eq!(turn(&mut calls, &call), "toolu_01-Ab");
            assert_eq!(calls.close(), Ok(()));
        }
    }

    #[test]
    fn ids_of_other_providers_are_replaced_in_calls_and_results() {
        let asked = ["functions.f:0", "functions.f.0", "functions_f_0"].map(call);
        let mut calls = ToolCalls::new(IdRule::Plain);
        let sent = asked.each_ref().map(|call| calls.open(call, here()).unwrap());
        assert_eq!(sent, ["functions_f_0", "functions_f_0_2", "functions_f_0_3"]);
        let answered =
            asked.each_ref().map(|call| calls.answer(&call.id, here()).unwrap().id.clone());
        assert_eq!(answered, sent);
        calls.close().unwrap();
        assert_eq!(calls.open(&asked[0], here()).unwrap(), "functions_f_0_4");
    }

    #[test]
    fn an_id_is_kept_unless_it_was_used_or_is_too_long() {
        let (long, longer) = ("é".repeat(64), "é".repeat(65));
        let asked = ["a", "a", "a", &long, &longer, &longer].map(call);
        let mut calls = ToolCalls::new(SHORT);
        let sent = asked.each_ref().map(|call| turn(&mut calls, call));
        assert_eq!((&sent[0], &sent[3]), (&"a".to_owned(), &long));
        let distinct: HashSet<&String> = sent.iter().collect();
        assert_eq!(distinct.len(), asked.len(), "{sent:?}");
        assert!(sent.iter().all(|id| id.chars().count() <= 64), "{sent:?}");

        let mut again = ToolCalls::new(SHORT);
        assert_eq!(asked.each_ref().map(|call| turn(&mut again, call)), sent, "the same again");
    }

    #[test]
    fn parallel_calls_are_answered_in_any_order() {
        let asked = ["a", "b"].map(call);
        let mut calls = ToolCalls::new(SHORT);
        for call in &asked {
            calls.open(call, here()).unwrap();
        }
        for (id, index) in [("b", 1), ("a", 0)] {
            let call = calls.answer(id, here()).unwrap();
            assert_eq!((call.id.as_ref(), call.index), (id, index));
        }
        assert_eq!(calls.close(), Ok(()));
    }

    #[test]
    fn calls_that_share_an_id_are_answered_in_their_order() {
        let asked = ["a", "a", "b", "a"].map(call);
        let mut calls = ToolCalls::new(IdRule::Any);
        for call in &asked {
            calls.open(call, here()).unwrap();
        }
        let mut answer =
            |id| calls.answer(id, here()).map(|call| call.index).map_err(|bad| bad.why);
        assert_eq!(["a", "a", "b", "a"].map(&mut answer), [Ok(0), Ok(1), Ok(2), Ok(3)]);
        assert_eq!(answer("a"), Err(Why::SecondResult));
    }

    #[test]
    fn calls_and_results_that_do_not_meet_are_named() {
        let (nameless, x) = (call(""), call("x"));
        let [a, b, c, d] = [0, 1, 2, 3].map(InMessage::at);
        let mut calls = ToolCalls::new(IdRule::Plain);
        let bad = |why, id, place| Mismatch { why, id, place };
        assert_eq!(calls.open(&nameless, a), Err(bad(Why::NoId, "", a)));
        calls.open(&x, b).unwrap();
        assert_eq!(calls.open(&x, c), Err(bad(Why::SameId, "x", c)));
        let of_result = d.member(Member::CallId);
        assert_eq!(calls.answer("y", d).unwrap_err(), bad(Why::NoCall, "y", of_result));
        assert_eq!(calls.close(), Err(bad(Why::NoResult, "x", b)));
        calls.answer("x", d).unwrap();
        assert_eq!(calls.answer("x", d).unwrap_err(), bad(Why::SecondResult, "x", of_result));
        calls.close().unwrap();
        assert_eq!(calls.answer("x", d).unwrap_err(), bad(Why::NoCall, "x", of_result));
    }

    #[test]
    fn every_call_of_an_answer_has_an_id_of_its_own() {
        let mut ids = AnswerIds::default();
        let mut give = |own: Option<&str>| ids.give(own.map(str::to_owned), || "made_up".into());
        assert_eq!(give(Some("a")), "a");
        assert_eq!(give(Some("a")), "made_up");
        assert_eq!(give(Some("")), "made_up_");
        assert_eq!(give(None), "made_up__");
        assert_eq!(ids.count(), 4);
    }
}
