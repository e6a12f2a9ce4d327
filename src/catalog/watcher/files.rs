//! Watches the configuration file. The file itself is watched, not its folder: the database is
//! often in the same folder, and every write to it would be an event. A file that is replaced, by a
//! rename or behind a symlink, sends an event when it is removed or is noticed by its stamp; the
//! watch then moves to the new file.

use std::path::{Path, PathBuf};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

pub struct FileWatch {
    watcher: RecommendedWatcher,
    path: PathBuf,
}

impl FileWatch {
    /// # Errors
    /// The system has no watch left, or the file does not exist.
    pub fn start(path: &Path, on_event: impl Fn() + Send + 'static) -> notify::Result<Self> {
        let heard = move |event: notify::Result<notify::Event>| {
            // Reads are events, too, and the router itself reads the file.
            if !event.is_ok_and(|event| event.kind.is_access()) {
                on_event();
            }
        };
        let mut watcher = notify::recommended_watcher(heard)?;
        watcher.watch(path, RecursiveMode::NonRecursive)?;
        Ok(Self { watcher, path: path.to_owned() })
    }

    /// Watches the file that is at the path now.
    ///
    /// # Errors
    /// There is none.
    pub fn follow(&mut self) -> notify::Result<()> {
        // The watch of a removed file has ended by itself.
        let _ = self.watcher.unwatch(&self.path);
        self.watcher.watch(&self.path, RecursiveMode::NonRecursive)
    }
}
