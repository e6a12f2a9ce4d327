//! The work of an export, on threads that may block. It is done step by step, and so it ends soon
//! after its reader has left; whatever it holds is given back by being dropped.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::web::block;
use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::unfold;
use log::error;
use rust_xlsxwriter::XlsxError;

use super::sheet::Sheets;
use super::slots::{ExportSlot, Exports};
use super::text::Format;
use crate::http::problem::Problem;
use crate::store::exports::{Pages, Plan, Snapshot, is_of_a_full_disk};
use crate::store::invocations::{Filter, InvocationRow};
use crate::store::reader::Reader;
use crate::store::{Connection, StoreError};

/// Of a file that is sent.
const CHUNK: usize = 128 * 1024;
/// How often a read is tried when all connections are in use, each time for 5 s.
const TRIES: usize = 6;

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Store(StoreError),
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
    #[error("the router's threads are gone")]
    ThreadsGone,
}

impl From<ExportError> for Problem {
    fn from(error: ExportError) -> Self {
        let message = error.to_string();
        let code = match error {
            ExportError::Store(error) => return error.into(),
            ExportError::DiskFull(_) => "disk_full",
            ExportError::File { .. }
            | ExportError::Written(_)
            | ExportError::Abandoned
            | ExportError::ThreadsGone => "export_failed",
        };
        error!("{message}");
        Self::new(503, code, message)
    }
}

impl ExportError {
    fn of_file(exports: &Exports, error: &io::Error) -> Self {
        let folder = exports.folder().to_owned();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull(folder),
            _ => Self::File { folder, reason: error.to_string() },
        }
    }

    fn of_sheet(exports: &Exports, error: XlsxError) -> Self {
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

    fn of_snapshot(exports: &Exports, error: StoreError) -> Self {
        match is_of_a_full_disk(&error) {
            true => Self::DiskFull(exports.folder().to_owned()),
            false => Self::Store(error),
        }
    }
}

/// An export under way.
pub struct Job {
    slot: ExportSlot,
    reader: Reader,
    exports: Exports,
}

/// One that knows which calls it is about.
pub struct Planned {
    job: Job,
    pages: Pages,
}

impl Job {
    pub fn new(slot: ExportSlot, reader: Reader, exports: Exports) -> Self {
        Self { slot, reader, exports }
    }

    /// Counts the calls; adds them up, too, where `wants_sums`.
    ///
    /// # Errors
    /// The database's.
    pub async fn plan(self, filter: Filter, wants_sums: bool) -> Result<(Job, Plan), ExportError> {
        run(move |is_abandoned| {
            let mut plan =
                self.read(|connection| Plan::begin(connection, filter.clone(), wants_sums))?;
            while self.read(|connection| plan.extend(connection))? {
                refuse_abandoned(is_abandoned)?;
            }
            Ok((self, plan))
        })
        .await
    }

    pub fn of(self, plan: Plan) -> Planned {
        Planned { job: self, pages: plan.into() }
    }

    /// Readers may have to wait for each other, and an export is patient.
    fn read<T>(
        &self,
        mut query: impl FnMut(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, ExportError> {
        let mut tries = 1..TRIES;
        loop {
            match self.reader.read(&mut query) {
                Err(StoreError::ReadersBusy) if tries.next().is_some() => {}
                answer => return answer.map_err(ExportError::Store),
            }
        }
    }
}

impl Planned {
    /// The calls as text, read as fast as they are sent.
    pub fn text(self, format: Format) -> impl Stream<Item = Result<Bytes, ExportError>> {
        unfold(Some(Text { planned: self, format, is_begun: false }), |text| async move {
            let mut text = text?;
            let stepped = run(move |_| {
                let bytes = text.step()?;
                Ok((bytes, text))
            });
            match logged(stepped.await) {
                Ok((Step::Last(bytes), _)) if bytes.is_empty() => None,
                Ok((Step::Last(bytes), _)) => Some((Ok(bytes), None)),
                Ok((Step::More(bytes), text)) => Some((Ok(bytes), Some(text))),
                Err(error) => Some((Err(error), None)),
            }
        })
    }

    /// # Errors
    /// The database's, or the disk is full.
    pub async fn sheets(self) -> Result<Made, ExportError> {
        run(move |is_abandoned| {
            let exports = self.job.exports.clone();
            // rust_xlsxwriter 0.102 panics where a row cannot be written.
            let made = catch_unwind(AssertUnwindSafe(|| self.write_sheets(is_abandoned)));
            made.unwrap_or_else(|_| Err(ExportError::DiskFull(exports.folder().to_owned())))
        })
        .await
    }

    fn write_sheets(mut self, is_abandoned: &Arc<AtomicBool>) -> Result<Made, ExportError> {
        let exports = self.job.exports.clone();
        let of_sheet = |error| ExportError::of_sheet(&exports, error);
        let mut sheets = Sheets::begin(exports.folder()).map_err(of_sheet)?;
        loop {
            refuse_abandoned(is_abandoned)?;
            let rows = self.rows()?;
            if rows.is_empty() {
                break;
            }
            sheets.add(&rows).map_err(of_sheet)?;
        }
        let of_file = |error: io::Error| ExportError::of_file(&exports, &error);
        let file = tempfile::tempfile_in(exports.folder()).map_err(of_file)?;
        sheets.finish(&file, is_abandoned).map_err(of_sheet)?;
        Made::of(self.job.slot, file).map_err(of_file)
    }

    /// # Errors
    /// The database's, or the disk is full.
    pub async fn snapshot(mut self) -> Result<Made, ExportError> {
        run(move |is_abandoned| {
            let exports = self.job.exports.clone();
            let of_file = |error: io::Error| ExportError::of_file(&exports, &error);
            let of_snapshot = |error| ExportError::of_snapshot(&exports, error);
            let file = tempfile::NamedTempFile::new_in(exports.folder()).map_err(of_file)?;
            let begun = Snapshot::begin(exports.database(), file.path());
            let mut snapshot = begun.map_err(of_snapshot)?;
            // SQLite has it open: from now on nothing is left whatever ends the process.
            let (file, path) = file.into_parts();
            path.close().map_err(of_file)?;
            loop {
                refuse_abandoned(is_abandoned)?;
                let Self { job, pages } = &mut self;
                let ids = job.read(|connection| pages.next_ids(connection))?;
                if ids.is_empty() {
                    break;
                }
                snapshot.copy(ids).map_err(of_snapshot)?;
            }
            snapshot.finish().map_err(of_snapshot)?;
            Made::of(self.job.slot, file).map_err(of_file)
        })
        .await
    }

    fn rows(&mut self) -> Result<Vec<InvocationRow>, ExportError> {
        let Self { job, pages } = self;
        job.read(|connection| pages.next(connection))
    }
}

struct Text {
    planned: Planned,
    format: Format,
    is_begun: bool,
}

enum Step {
    More(Bytes),
    Last(Bytes),
}

impl Text {
    fn step(&mut self) -> Result<Step, ExportError> {
        if !std::mem::replace(&mut self.is_begun, true) {
            return Ok(Step::More(self.format.begin()?.into()));
        }
        let rows = self.planned.rows()?;
        if rows.is_empty() {
            return Ok(Step::Last(Bytes::from_static(self.format.end())));
        }
        Ok(Step::More(self.format.page(rows)?.into()))
    }
}

/// A file without a name, from its beginning on.
pub struct Made {
    slot: ExportSlot,
    file: File,
    pub length: u64,
}

impl Made {
    fn of(slot: ExportSlot, mut file: File) -> io::Result<Self> {
        let length = file.seek(SeekFrom::End(0))?;
        file.rewind()?;
        Ok(Self { slot, file, length })
    }

    pub fn bytes(self) -> impl Stream<Item = Result<Bytes, ExportError>> {
        unfold(Some((self.slot, self.file)), |open| async move {
            let (slot, mut file) = open?;
            let chunk = run(move |_| {
                let mut chunk = vec![0; CHUNK];
                let count = file.read(&mut chunk).map_err(anyhow::Error::from)?;
                chunk.truncate(count);
                Ok((Bytes::from(chunk), slot, file))
            });
            match logged(chunk.await) {
                Ok((chunk, ..)) if chunk.is_empty() => None,
                Ok((chunk, slot, file)) => Some((Ok(chunk), Some((slot, file)))),
                Err(error) => Some((Err(error), None)),
            }
        })
    }
}

/// The connection is closed in the middle of the answer, so that its reader sees that it is not
/// whole.
fn logged<T>(outcome: Result<T, ExportError>) -> Result<T, ExportError> {
    outcome.inspect_err(|error| error!("an export is cut off: {error}"))
}

fn refuse_abandoned(is_abandoned: &AtomicBool) -> Result<(), ExportError> {
    match is_abandoned.load(Ordering::Relaxed) {
        true => Err(ExportError::Abandoned),
        false => Ok(()),
    }
}

/// Runs work on a thread that may block. It is told when nobody waits for it any more.
///
/// # Cancel safety
/// The work is dropped with what it holds at its next look.
async fn run<T: Send + 'static>(
    work: impl FnOnce(&Arc<AtomicBool>) -> Result<T, ExportError> + Send + 'static,
) -> Result<T, ExportError> {
    let is_abandoned = Arc::new(AtomicBool::new(false));
    let _set = SetWhenDropped(is_abandoned.clone());
    block(move || work(&is_abandoned)).await.map_err(|_| ExportError::ThreadsGone)?
}

struct SetWhenDropped(Arc<AtomicBool>);

impl Drop for SetWhenDropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
