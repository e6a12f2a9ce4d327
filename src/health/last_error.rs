//! The last failure of a provider's calls and checks, with its time. It is shown to operators,
//! whatever the circuit says of it.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use crate::domain::failure::{Fault, UpstreamFailure};

/// Kept until the next failure: a success does not clear it, its time says how old it is.
#[derive(Debug, Default)]
pub struct LastError(ArcSwapOption<DatedFailure>);

#[derive(Debug)]
pub struct DatedFailure {
    /// Microseconds since 1970, UTC.
    pub at_us: i64,
    /// The model of the call; none for a check of the provider.
    pub model: Option<String>,
    pub failure: UpstreamFailure,
}

impl LastError {
    /// A request that the upstream rightly refused is no failure of the provider.
    pub fn set(&self, at_us: i64, model: Option<&str>, failure: &UpstreamFailure) {
        if matches!(&failure.fault, Fault::Status { refusal, .. } if refusal.is_of_request()) {
            return;
        }
        let (model, failure) = (model.map(str::to_owned), failure.clone());
        self.0.store(Some(Arc::new(DatedFailure { at_us, model, failure })));
    }

    pub fn get(&self) -> Option<Arc<DatedFailure>> {
        self.0.load_full()
    }
}
