//! Start and stop: the same for `main` and for tests on port 0.

mod follow;
mod recording;
mod running;
mod signals;
mod start;
mod usage;

pub use running::{Running, Stopped};
pub use signals::Signals;
pub use start::{App, Launch, StartError};
