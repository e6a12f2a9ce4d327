//! The calls of a conversation and their results. A client may leave the ids out: then a result
//! belongs to the first call of its name that has none.

use std::collections::{HashSet, VecDeque};

#[derive(Debug, Default)]
pub(super) struct Calls {
    /// All ids so far: a chat takes each once.
    known: HashSet<String>,
    /// Of the last turn, without a result yet.
    open: VecDeque<Call>,
    /// Whether a call of the last turn got its result.
    has_answers: bool,
}

#[derive(Debug)]
struct Call {
    id: String,
    /// The client's; absent where it sent none.
    given: Option<String>,
    name: String,
}

impl Calls {
    /// A turn of the model begins.
    pub(super) fn begin_turn(&mut self) {
        self.open.clear();
        self.has_answers = false;
    }

    /// The id of a call in the chat. One that is made up follows from the place in the conversation,
    /// so that it is the same in the next request, which then begins like this one.
    pub(super) fn call(
        &mut self,
        given: Option<&str>,
        name: &str,
        place: (usize, usize),
    ) -> String {
        let given = given.filter(|id| !id.is_empty());
        let (content, part) = place;
        let mut id = given.map_or_else(|| format!("call_{content}_{part}"), str::to_owned);
        if self.known.contains(&id) {
            id = format!("{id}_{content}_{part}");
        }
        while self.known.contains(&id) {
            id.push('_');
        }
        self.known.insert(id.clone());
        let (given, name) = (given.map(str::to_owned), name.to_owned());
        self.open.push_back(Call { id: id.clone(), given, name });
        id
    }

    /// The chat's id of the call that a result is for.
    pub(super) fn answer(&mut self, given: Option<&str>, name: &str) -> Option<String> {
        let given = given.filter(|id| !id.is_empty());
        let by_id = given.and_then(|id| self.find(|call| call.given.as_deref() == Some(id)));
        let by_name = || self.find(|call| call.name == name);
        let at = by_id.or_else(by_name)?;
        self.has_answers = true;
        self.open.remove(at).map(|call| call.id)
    }

    fn find(&self, is_it: impl Fn(&Call) -> bool) -> Option<usize> {
        self.open.iter().position(is_it)
    }

    pub(super) fn has_answers(&self) -> bool {
        self.has_answers
    }

    /// The ids of the calls that got no result.
    pub(super) fn end(&mut self) -> Vec<String> {
        self.has_answers = false;
        self.open.drain(..).map(|call| call.id).collect()
    }
}
