//! Start and stop: the same for `main` and for tests on port 0.

mod follow;
mod running;
mod start;

pub use running::{Running, Stopped};
pub use start::{App, Launch, StartError};
