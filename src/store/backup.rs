//! A copy of the database as it was at one moment, made while routers work on it. They write on: a
//! copy only reads. The write-ahead log grows meanwhile, since what a reader may need stays in it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use diesel::Connection as _;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::compact::is_ours;
use super::database::{Connection, Database, StoreError};

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("`{0}` exists already: name another file, or replace it with --force")]
    Exists(String),

    #[error("`{0}` is the database itself or one of its files: name another file")]
    Itself(String),

    #[error("`{0}` is no file that could be replaced: name another")]
    NoFile(String),

    #[error(
        "`{0}` lies beside the backup's file, so a database there is open or was not closed; a \
         backup would be read together with it: name another file"
    )]
    Companion(String),

    #[error("`{0}` is no database of llm-router")]
    Foreign(String),

    #[error("no room on the disk for a copy of `{0}`")]
    Full(String),

    #[error("`{path}` cannot be written: {reason}")]
    Target { path: String, reason: io::Error },

    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Copies the database to a file, which then holds all or does not exist, is on the disk, and can be
/// read by its owner only. Answers how many bytes it has.
///
/// # Errors
/// The file exists and must not be replaced, or cannot be written; the database cannot be read.
pub fn backup(database: &Database, target: &Path, may_replace: bool) -> Result<u64, BackupError> {
    refuse_target(database, target, may_replace)?;
    let failed =
        |reason: io::Error| BackupError::Target { path: target.display().to_string(), reason };
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // With a name that no other run has, and mode 0600; it goes with this value.
    let beside = tempfile::Builder::new()
        .prefix(".llm-router-backup-")
        .suffix(".partial")
        .tempfile_in(folder)
        .map_err(failed)?;
    copy(database, beside.path())?;
    // `VACUUM INTO` does not wait for the disk.
    beside.as_file().sync_all().map_err(failed)?;
    let persisted = match may_replace {
        true => beside.persist(target),
        false => beside.persist_noclobber(target),
    };
    let file = persisted.map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists(target.display().to_string()),
        _ => failed(error.error),
    })?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    file.metadata().map(|file| file.len()).map_err(failed)
}

fn copy(database: &Database, file: &Path) -> Result<(), BackupError> {
    let path = database.path();
    let told = |error: diesel::result::Error| match StoreError::from(error) {
        error if error.to_string().contains("is full") => BackupError::Full(path.clone()),
        error if error.to_string().contains("not a database") => BackupError::Foreign(path.clone()),
        error => error.into(),
    };
    let mut connection = Connection::establish(&path)
        .map_err(|error| StoreError::Open { path: path.clone(), reason: error.to_string() })?;
    connection
        .batch_execute("PRAGMA busy_timeout = 5000; PRAGMA cache_size = -4096")
        .map_err(told)?;
    if !is_ours(&mut connection).map_err(told)? {
        return Err(BackupError::Foreign(path));
    }
    diesel::sql_query("VACUUM INTO ?")
        .bind::<Text, _>(file.display().to_string())
        .execute(&mut connection)
        .map_err(told)?;
    Ok(())
}

fn refuse_target(database: &Database, target: &Path, may_replace: bool) -> Result<(), BackupError> {
    let shown = target.display().to_string();
    let files = ["", "-wal", "-shm", "-journal"];
    let own = files.map(|end| with_end(Path::new(&database.path()), end));
    if own.iter().any(|own| is_same(own, target)) {
        return Err(BackupError::Itself(shown));
    }
    match fs::metadata(target) {
        Err(_) if target.symlink_metadata().is_err() => {}
        Ok(found) if may_replace && found.is_file() => {}
        Ok(found) if found.is_file() => return Err(BackupError::Exists(shown)),
        _ => return Err(BackupError::NoFile(shown)),
    }
    let companions = files.into_iter().skip(1).map(|end| with_end(target, end));
    match companions.into_iter().find(|companion| companion.exists()) {
        Some(companion) => Err(BackupError::Companion(companion.display().to_string())),
        None => Ok(()),
    }
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    PathBuf::from(name)
}

/// The same file, by whatever name.
fn is_same(one: &Path, other: &Path) -> bool {
    let id = |path: &Path| fs::metadata(path).map(|file| (file.dev(), file.ino())).ok();
    one == other || id(one).is_some_and(|one| Some(one) == id(other))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;
    use crate::store::space::Space;

    fn made(folder: &Path) -> Database {
        let database = Database::at(&folder.join("router.db").display().to_string());
        database.prepare().unwrap();
        let fill = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 500)
            INSERT INTO invocation_traces SELECT i, randomblob(2000) FROM n";
        database.connect().unwrap().batch_execute(fill).unwrap();
        database
    }

    #[test]
    fn a_copy_is_whole_and_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let database = made(folder.path());
        let mut writing = database.connect().unwrap();
        writing.batch_execute("BEGIN IMMEDIATE; DELETE FROM invocation_traces").unwrap();
        let target = folder.path().join("a copy's.db");
        let bytes = backup(&database, &target, false).unwrap();
        writing.batch_execute("COMMIT").unwrap();
        let metadata = fs::metadata(&target).unwrap();
        assert_eq!((metadata.len(), metadata.permissions().mode() & 0o777), (bytes, 0o600));
        let copied = Database::at(&target.display().to_string());
        copied.prepare().unwrap();
        let mut connection = copied.connect().unwrap();
        assert!(Space::of(&mut connection).unwrap().is_incremental);
        let rows: i64 = crate::store::schema::invocation_traces::table
            .count()
            .get_result(&mut connection)
            .unwrap();
        assert_eq!(rows, 500);
        let left = fs::read_dir(folder.path()).unwrap().filter_map(Result::ok);
        assert!(
            left.map(|entry| entry.file_name())
                .all(|name| !name.to_string_lossy().contains("partial"))
        );
    }

    #[test]
    fn nothing_else_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let database = made(folder.path());
        let held = database.connect().unwrap();
        let at = |name: &str| folder.path().join(name);
        let refused = |name: &str, may_replace| {
            backup(&database, &at(name), may_replace).unwrap_err().to_string()
        };
        fs::write(at("there.db"), "a letter").unwrap();
        assert!(refused("there.db", false).contains("exists already"));
        symlink(at("router.db"), at("link.db")).unwrap();
        for own in ["router.db", "router.db-wal", "router.db-shm", "router.db-journal", "link.db"] {
            assert!(refused(own, true).contains("the database itself"), "{own}");
        }
        fs::create_dir(at("folder")).unwrap();
        symlink(at("nowhere"), at("dangling.db")).unwrap();
        for none in ["folder", "dangling.db"] {
            assert!(refused(none, true).contains("is no file that could be replaced"), "{none}");
        }
        fs::write(at("there.db-wal"), "").unwrap();
        assert!(refused("there.db", true).contains("there.db-wal` lies beside"));
        assert!(refused("missing/copy.db", false).contains("cannot be written"));
        assert_eq!(fs::read(at("there.db")).unwrap(), b"a letter");
        fs::remove_file(at("there.db-wal")).unwrap();
        backup(&database, &at("there.db"), true).unwrap();
        assert!(fs::read(at("there.db")).unwrap().starts_with(b"SQLite format 3"));
        drop(held);
        fs::write(at("letter.db"), "no database, but a text of some length. ".repeat(50)).unwrap();
        let letter = Database::at(&at("letter.db").display().to_string());
        let refusal = backup(&letter, &at("copy.db"), false).unwrap_err();
        assert!(matches!(refusal, BackupError::Foreign(_)), "{refusal}");
        assert!(!at("copy.db").exists());
    }
}
