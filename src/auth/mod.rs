//! Who calls. Closed unless opened: a caller that is neither local nor known is refused.

mod arrival;
mod caller;
mod gate;
mod guesses;
mod not_local;

pub use arrival::Arrival;
pub use caller::Caller;
pub use gate::{Admission, Denied, Gate};
pub use not_local::{Forwarding, NotLocal};
