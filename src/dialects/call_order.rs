//! Assigns the fragments of a streamed answer to their tool calls. In OpenAI's API `index`
//! identifies the call. Some servers omit the index, number every call 0, begin at 1, or give each
//! fragment an id of its own; then the other members of the fragment decide.

/// The members of a fragment that identify its call. Empty strings count as absent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fragment<'a> {
    pub index: Option<u64>,
    pub id: Option<&'a str>,
    pub name: Option<&'a str>,
    pub arguments: &'a str,
}

/// The calls of one answer, in the order in which they began.
#[derive(Clone, Debug, Default)]
pub struct CallOrder {
    begun: Vec<Begun>,
    /// The call of the last fragment.
    last: Option<usize>,
}

#[derive(Clone, Debug, Default)]
struct Begun {
    index: Option<u64>,
    id: Option<String>,
    name: Option<String>,
    has_arguments: bool,
}

impl CallOrder {
    /// The index of the fragment's call, from 0: one that began before, or a new one.
    pub fn place_of(&mut self, fragment: &Fragment<'_>) -> usize {
        let found = match fragment.index {
            Some(index) => self.with_index(index, fragment),
            None => self.without_index(fragment),
        };
        let at = found.unwrap_or(self.begun.len());
        if at == self.begun.len() {
            self.begun.push(Begun { index: fragment.index, ..Begun::default() });
        }
        if let Some(call) = self.begun.get_mut(at) {
            call.id = call.id.take().or(fragment.id.map(str::to_owned));
            call.name = call.name.take().or(fragment.name.map(str::to_owned));
            call.has_arguments |= !fragment.arguments.is_empty();
        }
        self.last = Some(at);
        at
    }

    fn with_index(&self, index: u64, fragment: &Fragment<'_>) -> Option<usize> {
        let by_id = self.with_id(fragment.id);
        let by_index = self.begun.iter().rposition(|call| call.index == Some(index));
        match (by_id, by_index) {
            (Some(at), _) if self.begun.get(at)?.index == Some(index) => Some(at),
            (_, Some(at)) => Some(at).filter(|_| !self.is_another(at, fragment)),
            (by_id, None) => by_id.filter(|_| fragment.name.is_none()),
        }
    }

    /// Whether the fragment begins another call under a used index. An id alone is not enough: some
    /// servers give each fragment a new one.
    fn is_another(&self, at: usize, fragment: &Fragment<'_>) -> bool {
        let Some(call) = self.begun.get(at) else { return false };
        let differs = |known: &Option<String>, said: Option<&str>| {
            said.is_some_and(|said| known.as_deref().is_some_and(|known| known != said))
        };
        fragment.name.is_some()
            && (differs(&call.id, fragment.id) || differs(&call.name, fragment.name))
    }

    fn without_index(&self, fragment: &Fragment<'_>) -> Option<usize> {
        match (fragment.id, fragment.name) {
            (Some(_), None) => self.with_id(fragment.id),
            (Some(_), Some(_)) => {
                self.with_id(fragment.id).filter(|at| !self.begins_anew(*at, fragment))
            }
            (None, None) => self.last,
            // A name repeated with each fragment.
            (None, Some(name)) => self.last.filter(|at| {
                let known = self.begun.get(*at).and_then(|call| call.name.as_deref());
                known == Some(name)
                    && !fragment.arguments.is_empty()
                    && !self.begins_anew(*at, fragment)
            }),
        }
    }

    fn with_id(&self, id: Option<&str>) -> Option<usize> {
        let id = id?;
        self.begun.iter().rposition(|call| call.id.as_deref() == Some(id))
    }

    /// Whether these are the first arguments of another call, although this one has some.
    fn begins_anew(&self, at: usize, fragment: &Fragment<'_>) -> bool {
        let has_arguments = self.begun.get(at).is_some_and(|call| call.has_arguments);
        has_arguments && fragment.arguments.trim_ascii_start().starts_with('{')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Fragmented<'a> = (Option<u64>, &'a str, &'a str, &'a str);

    fn places(fragments: &[Fragmented<'_>]) -> Vec<usize> {
        let mut order = CallOrder::default();
        let place = |(index, id, name, arguments): &Fragmented<'_>| {
            let (index, id, name) = (*index, word(id), word(name));
            order.place_of(&Fragment { index, id, name, arguments })
        };
        fragments.iter().map(place).collect()
    }

    fn word(word: &str) -> Option<&str> {
        Some(word).filter(|word| !word.is_empty())
    }

    #[test]
    fn the_index_tells_where_it_is_right() {
        let fragments = [
            (Some(0), "a", "f", ""),
            (Some(0), "", "", "{"),
            (Some(1), "b", "f", ""),
            (Some(0), "", "", "}"),
            (Some(1), "", "", "{}"),
        ];
        assert_eq!(places(&fragments), [0, 0, 1, 0, 1]);
    }

    #[test]
    fn indexes_that_begin_elsewhere_or_run_backwards_are_counted_anew() {
        assert_eq!(places(&[(Some(1), "a", "f", ""), (Some(1), "", "", "{}")]), [0, 0]);
        let backwards =
            [(Some(7), "a", "f", "{}"), (Some(2), "b", "g", "{"), (Some(2), "", "", "}")];
        assert_eq!(places(&backwards), [0, 1, 1]);
    }

    #[test]
    fn one_index_for_all_calls_is_told_apart_by_id_or_name() {
        let by_id = [
            (Some(0), "a", "f", "{}"),
            (Some(0), "b", "f", "{"),
            (Some(0), "", "", "}"),
            (Some(0), "a", "", " "),
        ];
        assert_eq!(places(&by_id), [0, 1, 1, 0]);
        assert_eq!(places(&[(Some(0), "", "f", "{}"), (Some(0), "", "g", "{}")]), [0, 1]);
    }

    #[test]
    fn an_id_of_its_own_for_each_fragment_makes_no_calls() {
        let fragments = [(Some(0), "a", "f", ""), (Some(0), "b", "", "{"), (Some(0), "c", "", "}")];
        assert_eq!(places(&fragments), [0, 0, 0]);
    }

    #[test]
    fn without_indexes_the_id_tells() {
        let fragments = [
            (None, "a", "f", "{\"x\""),
            (None, "a", "f", ":1}"),
            (None, "b", "f", ""),
            (None, "", "", "{}"),
            (None, "a", "", " "),
            (None, "b", "f", "{}"),
        ];
        assert_eq!(places(&fragments), [0, 0, 1, 1, 0, 2]);
    }

    #[test]
    fn without_index_and_id_a_name_begins_a_call() {
        let fragments = [
            (None, "", "f", "{\"x\""),
            (None, "", "f", ":1}"),
            (None, "", "f", "{}"),
            (None, "", "g", ""),
            (None, "", "", "{}"),
            (None, "", "g", ""),
        ];
        assert_eq!(places(&fragments), [0, 0, 1, 2, 2, 3]);
    }
}
