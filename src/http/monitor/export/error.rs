//! Why there is no export, or only a part of one.

use std::io;
use std::path::PathBuf;

use log::{error, info};
use rust_xlsxwriter::XlsxError;

use super::slots::Exports;
use crate::domain::failure::Failure;
use crate::http::problem::Problem;
use crate::store::StoreError;
use crate::store::exports::is_of_a_full_disk;

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "the disk is full: the export needs a temporary file in `{}`; make room there, or set \
         TMPDIR to another folder",
        .0.display()
    )]
    DiskFull(PathBuf),
    #[error("the export's temporary file in `{}` cannot be written: {reason}", .folder.display())]
    File { folder: PathBuf, reason: String },
    #[error("the export cannot be written: {0}")]
    Written(#[from] anyhow::Error),
    #[error("the reader of the export has left")]
    Abandoned,
    #[error("the router stops")]
    Stopped,
    #[error("there is no thread for the export: {0}")]
    NoThread(io::Error),
    #[error("the export's thread has panicked")]
    ThreadGone,
}

impl From<ExportError> for Problem {
    fn from(error: ExportError) -> Self {
        let message = error.to_string();
        let code = match error {
            ExportError::Store(error) => return error.into(),
            ExportError::Stopped => return Failure::ShuttingDown.into(),
            ExportError::DiskFull(_) => "disk_full",
            ExportError::File { .. }
            | ExportError::Written(_)
            | ExportError::Abandoned
            | ExportError::NoThread(_)
            | ExportError::ThreadGone => "export_failed",
        };
        error!("{message}");
        Self::new(503, code, message)
    }
}

impl ExportError {
    pub fn of_file(exports: &Exports, error: &io::Error) -> Self {
        let folder = exports.folder().to_owned();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull(folder),
            _ => Self::File { folder, reason: error.to_string() },
        }
    }

    pub fn of_sheet(exports: &Exports, error: XlsxError) -> Self {
        match error {
            XlsxError::IoError(error) | XlsxError::TempFileError(_, error) => {
                Self::of_file(exports, &error)
            }
            error => {
                let (folder, reason) = (exports.folder().to_owned(), error.to_string());
                // Of the archive's own writing only the text remains.
                match reason.contains("No space left on device") {
                    true => Self::DiskFull(folder),
                    false => Self::File { folder, reason },
                }
            }
        }
    }

    pub fn of_snapshot(exports: &Exports, error: StoreError) -> Self {
        match is_of_a_full_disk(&error) {
            true => Self::DiskFull(exports.folder().to_owned()),
            false => Self::Store(error),
        }
    }

    /// Of an answer that has begun.
    pub fn log(&self) {
        if matches!(self, Self::Stopped) {
            info!("an export is cut off: {self}");
        } else {
            error!("an export is cut off: {self}");
        }
    }
}
