//! Start and stop: the same for `main` and for tests on port 0.

mod connections;
mod descriptors;
mod follow;
mod handover;
mod listeners;
mod notify;
mod recording;
mod running;
mod server;
mod service;
mod signals;
mod start;
mod tls;
mod usage;
mod watchdog;
mod workers;

pub use handover::launch;
pub use listeners::Inherited;
pub use running::{Running, Stopped};
pub use service::serve;
pub use start::{App, Launch, StartError};
