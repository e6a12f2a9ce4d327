//! Hears that the configuration file was saved. The file itself is watched, not its folder:
//! the database often lies beside it, and every write to it would wake the watch. A file that is
//! replaced, by a rename or behind a symlink, says so as it leaves or is found by its stamp; the
//! watch then follows to the new one.

use std::path::{Path, PathBuf};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

pub struct FileWatch {
    watcher: RecommendedWatcher,
    path: PathBuf,
}

impl FileWatch {
    /// # Errors
    /// When the system has no watch to give, or the file is not there.
    pub fn start(path: &Path, on_event: impl Fn() + Send + 'static) -> notify::Result<Self> {
        let heard = move |event: notify::Result<notify::Event>| {
            // Reading the file is an event too, and we read it ourselves.
            if !event.is_ok_and(|event| event.kind.is_access()) {
                on_event();
            }
        };
        let mut watcher = notify::recommended_watcher(heard)?;
        watcher.watch(path, RecursiveMode::NonRecursive)?;
        Ok(Self { watcher, path: path.to_owned() })
    }

    /// Watches whatever file stands at the path now.
    ///
    /// # Errors
    /// When there is none.
    pub fn follow(&mut self) -> notify::Result<()> {
        // The watch of a file that is gone has ended by itself.
        let _ = self.watcher.unwatch(&self.path);
        self.watcher.watch(&self.path, RecursiveMode::NonRecursive)
    }
}
