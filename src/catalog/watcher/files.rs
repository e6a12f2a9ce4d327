//! Hears that the configuration file may have changed, however it was saved: written in place,
//! replaced by a rename, or behind a symlink that was turned to another file.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

/// More symlinks in a row than this are a loop.
const MAX_LINKS: usize = 8;

/// Watches folders, not the file: a rename gives the file another inode. Events of other files
/// are passed over; the database often lies in the same folder and is written all the time.
pub struct FolderWatch {
    watcher: RecommendedWatcher,
    folders: Vec<PathBuf>,
    names: Arc<Mutex<HashSet<OsString>>>,
}

impl FolderWatch {
    /// # Errors
    /// When the system has no watch to give.
    pub fn start(path: &Path, on_event: impl Fn() + Send + 'static) -> notify::Result<Self> {
        let names = Arc::new(Mutex::new(HashSet::new()));
        let wanted = names.clone();
        let heard = move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| concerns(&event, &wanted)) {
                on_event();
            }
        };
        let mut watch =
            Self { watcher: notify::recommended_watcher(heard)?, folders: Vec::new(), names };
        watch.follow(path)?;
        Ok(watch)
    }

    /// Watches every folder on the way from the path to the file that it leads to.
    ///
    /// # Errors
    /// When one of them cannot be watched.
    pub fn follow(&mut self, path: &Path) -> notify::Result<()> {
        let (folders, names) = way_to(path);
        for gone in self.folders.iter().filter(|folder| !folders.contains(folder)) {
            // A folder that is no longer there needs no unwatching.
            let _ = self.watcher.unwatch(gone);
        }
        for folder in &folders {
            if !self.folders.contains(folder) {
                self.watcher.watch(folder, RecursiveMode::NonRecursive)?;
            }
        }
        self.folders = folders;
        *self.names.lock().unwrap_or_else(PoisonError::into_inner) = names;
        Ok(())
    }
}

fn concerns(event: &notify::Event, names: &Mutex<HashSet<OsString>>) -> bool {
    // Reading the file is an event too, and we read it ourselves.
    if event.kind.is_access() {
        return false;
    }
    let names = names.lock().unwrap_or_else(PoisonError::into_inner);
    event.paths.iter().filter_map(|path| path.file_name()).any(|name| names.contains(name))
}

/// The folders in which a change of the file, or of a symlink on the way to it, shows; and the
/// names under which it shows there.
fn way_to(path: &Path) -> (Vec<PathBuf>, HashSet<OsString>) {
    let mut folders = Vec::new();
    let mut names = HashSet::new();
    let mut here = path.to_owned();
    for _ in 0..MAX_LINKS {
        names.extend(here.file_name().map(OsString::from));
        let folder = folder_of(&here);
        if folder.is_dir() && !folders.contains(&folder) {
            folders.push(folder.clone());
        }
        let Ok(target) = here.read_link() else { break };
        // A link in the middle of the target, such as Kubernetes' `..data`, shows by its name.
        names.extend(target.iter().map(OsString::from));
        here = folder.join(target);
    }
    (folders, names)
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}
