//! The config watcher: one actor that notices a saved `router.toml`, checks it as a whole, writes
//! it to the database and publishes a new snapshot. A file with an error changes nothing.

mod actor;
mod files;
mod handle;
mod loss;
mod messages;
mod preview;
mod rehearsals;
mod reload;
mod status;

pub use handle::WatcherHandle;
pub use preview::Preview;
pub use reload::{LoadError, Loader, OnEvent, OnNames, OnPublish, OnTake, Outcome, read_text};
pub use status::ConfigStatus;
