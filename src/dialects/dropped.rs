//! The fields of a request that have no counterpart in the upstream's dialect, by the client's
//! names.

/// Each name once, in the order of appearance.
#[derive(Debug, Default)]
pub(super) struct Dropped(Vec<String>);

impl Dropped {
    pub(super) fn record(&mut self, name: &str) {
        if !self.0.iter().any(|known| known == name) {
            self.0.push(name.to_owned());
        }
    }

    pub(super) fn record_if(&mut self, is_dropped: bool, name: &str) {
        if is_dropped {
            self.record(name);
        }
    }

    pub(super) fn into_names(self) -> Vec<String> {
        self.0
    }
}
