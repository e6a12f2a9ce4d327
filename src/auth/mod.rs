//! Who calls. Closed unless opened: a caller that is neither local nor known is refused.

mod gate;
mod local;

pub use gate::{Admission, Caller, Denied, Gate};
pub use local::Arrival;
