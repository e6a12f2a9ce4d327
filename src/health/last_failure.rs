//! What went wrong last, for the client and the operator who ask while the circuit is open.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use crate::domain::failure::UpstreamFailure;

/// The circuit does not need it, and it stays when the circuit closes: it is shown only while
/// that is not closed.
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
