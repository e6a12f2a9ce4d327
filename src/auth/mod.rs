//! Authentication. Closed unless opened: a caller that is neither local nor known is refused.

mod authenticator;
mod brute_force;
mod caller;
mod connection_info;
mod denied;
mod not_local;

pub use authenticator::{Authentication, Authenticator, Credential};
pub use caller::Caller;
pub use connection_info::ConnectionInfo;
pub use denied::Denied;
pub use not_local::{Forwarding, NotLocal};
