//! The last failure of a model or provider, shown to clients and operators while the circuit is
//! open.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use crate::domain::failure::UpstreamFailure;

/// Not used by the circuit itself. It is kept when the circuit closes, but shown only while the
/// circuit is not closed.
#[derive(Debug, Default)]
pub struct LastFailure(ArcSwapOption<UpstreamFailure>);

impl LastFailure {
    pub fn set(&self, failure: UpstreamFailure) {
        self.0.store(Some(Arc::new(failure)));
    }

    pub fn get(&self) -> Option<Arc<UpstreamFailure>> {
        self.0.load_full()
    }
}
