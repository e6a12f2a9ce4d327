//! The work of an export, on a thread of its own. What it allocates lies in the heaps of its thread,
//! which end with it; with each step on whatever thread is free, every one of them would keep a
//! share. It goes on step by step, so that it ends soon after its reader has left; whatever it holds
//! is given back by being dropped.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;

use super::error::ExportError;
use super::pieces::{Opening, Outlet, Pieces, channel};
use super::selection::{Format, Selection};
use super::sheet::Sheets;
use super::slots::{ExportSlot, Exports};
use super::text::{Head, Text};
use crate::domain::times::rfc3339;
use crate::http::monitor::live::sockets::Line;
use crate::report::Figures;
use crate::store::exports::{Pages, Plan, Snapshot};
use crate::store::priority;
use crate::store::reader::{LoneReader, Reader};

/// Of a file that is sent.
const CHUNK: usize = 128 * 1024;

/// Begins an export. `slot` is held until its thread ends.
///
/// # Errors
/// When there is no thread for it.
pub fn start(
    exports: &Exports,
    slot: ExportSlot,
    reader: Reader,
    (selection, line): (Selection, Option<Line>),
) -> Result<Pieces, ExportError> {
    let (outlet, pieces) = channel(exports.is_stopping(), exports.enter(line));
    let exports = exports.clone();
    let work = move || {
        let _slot = slot;
        priority::lower();
        run(exports, &reader, &selection, outlet);
    };
    let thread = std::thread::Builder::new().name(String::from("export"));
    thread.spawn(work).map_err(ExportError::NoThread)?;
    Ok(pieces)
}

fn run(exports: Exports, reader: &Reader, selection: &Selection, mut outlet: Outlet) {
    let made = Job::begin(exports, reader, selection, &outlet)
        .and_then(|job| job.run(selection, &mut outlet));
    outlet.end(made);
}

/// An export whose calls are counted.
struct Job {
    exports: Exports,
    reader: LoneReader,
    plan: Plan,
}

/// The calls of a plan, page by page, and where their file is made.
struct Source {
    exports: Exports,
    reader: LoneReader,
    pages: Pages,
}

impl Job {
    /// Counts the calls, and adds them up where the file tells what they come to.
    fn begin(
        exports: Exports,
        reader: &Reader,
        selection: &Selection,
        outlet: &Outlet,
    ) -> Result<Self, ExportError> {
        let mut reader = reader.alone()?;
        let wants_sums = selection.format == Format::Json;
        let filter = selection.filter.clone();
        let mut plan = reader.read(|connection| Plan::begin(connection, filter, wants_sums))?;
        outlet.check()?;
        while reader.read(|connection| plan.extend(connection))? {
            outlet.check()?;
        }
        Ok(Self { exports, reader, plan })
    }

    fn run(self, selection: &Selection, outlet: &mut Outlet) -> Result<(), ExportError> {
        let total = self.plan.total();
        let text = match selection.format {
            Format::Csv => Text::Csv,
            Format::Json => Text::json(Head {
                export_time: rfc3339(selection.at.as_microsecond()),
                hours: selection.hours(),
                total,
                statistics: Figures::from(self.plan.sums()),
            }),
            Format::Excel => return send_file(self.source().sheets(outlet)?, total, outlet),
            Format::Database => return send_file(self.source().snapshot(outlet)?, total, outlet),
        };
        outlet.open(Opening { total, length: None });
        self.source().send_text(text, outlet)
    }

    fn source(self) -> Source {
        let Self { exports, reader, plan } = self;
        Source { exports, reader, pages: plan.into() }
    }
}

impl Source {
    /// The calls as text, read as fast as they are sent.
    fn send_text(mut self, mut text: Text, outlet: &Outlet) -> Result<(), ExportError> {
        outlet.send(text.begin()?.into())?;
        loop {
            let rows = self.reader.read(|connection| self.pages.next(connection))?;
            if rows.is_empty() {
                break;
            }
            outlet.send(text.page(rows)?.into())?;
        }
        match text.end() {
            b"" => Ok(()),
            end => outlet.send(Bytes::from_static(end)),
        }
    }

    fn sheets(self, outlet: &Outlet) -> Result<File, ExportError> {
        let folder = self.exports.folder().to_owned();
        // rust_xlsxwriter 0.102 panics where a row cannot be written.
        let made = catch_unwind(AssertUnwindSafe(|| self.write_sheets(outlet)));
        made.unwrap_or(Err(ExportError::DiskFull(folder)))
    }

    fn write_sheets(mut self, outlet: &Outlet) -> Result<File, ExportError> {
        let exports = &self.exports;
        let of_sheet = |error| ExportError::of_sheet(exports, error);
        let mut sheets = Sheets::begin(exports.folder()).map_err(of_sheet)?;
        loop {
            outlet.check()?;
            let rows = self.reader.read(|connection| self.pages.next(connection))?;
            if rows.is_empty() {
                break;
            }
            sheets.add(&rows).map_err(of_sheet)?;
        }
        let file = tempfile::tempfile_in(exports.folder());
        let file = file.map_err(|error| ExportError::of_file(exports, &error))?;
        let finished = sheets.finish(&file, || outlet.is_wanted());
        // What became of a file that nobody wants is of no interest.
        outlet.check()?;
        finished.map_err(of_sheet)?;
        Ok(file)
    }

    fn snapshot(mut self, outlet: &Outlet) -> Result<File, ExportError> {
        let exports = &self.exports;
        let of_file = |error: io::Error| ExportError::of_file(exports, &error);
        let of_snapshot = |error| ExportError::of_snapshot(exports, error);
        let file = tempfile::NamedTempFile::new_in(exports.folder()).map_err(of_file)?;
        let begun = Snapshot::begin(exports.database(), file.path());
        let mut snapshot = begun.map_err(of_snapshot)?;
        // SQLite has it open: from now on nothing is left whatever ends the process.
        let (file, path) = file.into_parts();
        path.close().map_err(of_file)?;
        loop {
            outlet.check()?;
            let ids = self.reader.read(|connection| self.pages.next_ids(connection))?;
            if ids.is_empty() {
                break;
            }
            snapshot.copy(ids).map_err(of_snapshot)?;
        }
        snapshot.finish().map_err(of_snapshot)?;
        Ok(file)
    }
}

/// A file without a name, from its beginning on.
fn send_file(mut file: File, total: u64, outlet: &mut Outlet) -> Result<(), ExportError> {
    let length = file.seek(SeekFrom::End(0)).map_err(anyhow::Error::from)?;
    file.rewind().map_err(anyhow::Error::from)?;
    outlet.open(Opening { total, length: Some(length) });
    loop {
        let mut chunk = vec![0; CHUNK];
        let count = file.read(&mut chunk).map_err(anyhow::Error::from)?;
        if count == 0 {
            return Ok(());
        }
        chunk.truncate(count);
        outlet.send(chunk.into())?;
    }
}
