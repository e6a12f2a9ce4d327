//! What of a request has no counterpart in a dialect, by the client's names.

/// Names, each once, in the order in which they were met.
#[derive(Debug, Default)]
pub(super) struct Dropped(Vec<String>);

impl Dropped {
    pub(super) fn note(&mut self, name: &str) {
        if !self.0.iter().any(|known| known == name) {
            self.0.push(name.to_owned());
        }
    }

    pub(super) fn note_if(&mut self, is_dropped: bool, name: &str) {
        if is_dropped {
            self.note(name);
        }
    }

    pub(super) fn into_names(self) -> Vec<String> {
        self.0
    }
}
