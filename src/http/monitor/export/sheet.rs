//! Calls as a spreadsheet. A row is on disk as soon as the next one is begun, in temporary files
//! without a name; the file itself is put together from them at the end.

use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use super::columns::{COLUMNS, Cell, defused};
use crate::store::invocations::InvocationRow;

/// With the one of the names.
const ROWS_OF_A_SHEET: u32 = 1_048_576;
/// UTF-16 units that a cell may hold.
const MAX_TEXT: usize = 32_767;
/// 1970-01-01, as spreadsheets count days.
const EPOCH_DAYS: f64 = 25_569.0;
const DAY_US: f64 = 86_400e6;
const TIME: &str = "yyyy-mm-dd hh:mm:ss.000";

pub struct Sheets {
    workbook: Workbook,
    count: usize,
    /// Of the last sheet.
    rows: u32,
    rows_of_a_sheet: u32,
    time: Format,
}

impl Sheets {
    /// # Errors
    /// When there can be no file in the folder.
    pub fn begin(folder: &Path) -> Result<Self, XlsxError> {
        Self::with_rows(folder, ROWS_OF_A_SHEET)
    }

    fn with_rows(folder: &Path, rows_of_a_sheet: u32) -> Result<Self, XlsxError> {
        let mut workbook = Workbook::new();
        workbook.set_tempdir(folder)?;
        let time = Format::new().set_num_format(TIME);
        let mut sheets = Self { workbook, count: 0, rows: 0, rows_of_a_sheet, time };
        sheets.add_sheet()?;
        Ok(sheets)
    }

    fn add_sheet(&mut self) -> Result<(), XlsxError> {
        self.count += 1;
        let name = match self.count {
            1 => String::from("Calls"),
            number => format!("Calls {number}"),
        };
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?.set_freeze_panes(1, 0)?;
        let bold = Format::new().set_bold();
        for (column, (name, _)) in (0..).zip(COLUMNS) {
            let width = if name.ends_with(" At") { 24 } else { name.len().max(10) };
            sheet.set_column_width(column, u32::try_from(width).unwrap_or(10))?;
            sheet.write_string_with_format(0, column, *name, &bold)?;
        }
        self.rows = 1;
        Ok(())
    }

    /// # Errors
    /// When it cannot be written.
    ///
    /// # Panics
    /// `rust_xlsxwriter` 0.102 does where the disk is full.
    pub fn add(&mut self, rows: &[InvocationRow]) -> Result<(), XlsxError> {
        rows.iter().try_for_each(|row| self.add_row(COLUMNS.iter().map(|(_, cell)| cell(row))))
    }

    fn add_row(&mut self, cells: impl Iterator<Item = Cell>) -> Result<(), XlsxError> {
        if self.rows >= self.rows_of_a_sheet {
            self.add_sheet()?;
        }
        let sheet = self.workbook.worksheet_from_index(self.count - 1)?;
        for (column, cell) in (0..).zip(cells) {
            put(sheet, (self.rows, column), cell, &self.time)?;
        }
        self.rows += 1;
        Ok(())
    }

    /// Writes the file, as long as it is wanted.
    ///
    /// # Errors
    /// When it cannot be written, or is no longer wanted.
    ///
    /// # Panics
    /// As [`Self::add`].
    pub fn finish(
        mut self,
        file: impl Write + Seek + Send,
        is_wanted: impl Fn() -> bool + Send,
    ) -> Result<(), XlsxError> {
        let mut wanted = Wanted { file: BufWriter::new(file), is_wanted };
        self.workbook.save_to_writer(&mut wanted)?;
        Ok(wanted.flush()?)
    }
}

fn put(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: Cell,
    time: &Format,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => {}
        Cell::Text(text) => drop(sheet.write_string(row, column, fitting(defused(text)))?),
        Cell::Whole(number) => drop(sheet.write_number(row, column, as_number(number))?),
        Cell::Number(number) => drop(sheet.write_number(row, column, number)?),
        Cell::Flag(flag) => drop(sheet.write_boolean(row, column, flag)?),
        Cell::Time(at_us) => {
            let days = as_number(at_us) / DAY_US + EPOCH_DAYS;
            sheet.write_number_with_format(row, column, days, time)?;
        }
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "spreadsheets know no other numbers")]
fn as_number(number: i64) -> f64 {
    number as f64
}

fn fitting(text: String) -> String {
    if text.len() <= MAX_TEXT {
        return text;
    }
    let mut units = 0;
    let fits = |character: &char| {
        units += character.len_utf16();
        units < MAX_TEXT
    };
    let mut cut: String = text.chars().take_while(fits).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}

/// A file that cannot be written any more once nobody wants it.
struct Wanted<W: Write, F> {
    file: BufWriter<W>,
    is_wanted: F,
}

impl<W: Write, F: Fn() -> bool> Write for Wanted<W, F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !(self.is_wanted)() {
            return Err(io::Error::other("nobody wants it any more"));
        }
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl<W: Write + Seek, F> Seek for Wanted<W, F> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Data, Reader, Xlsx};

    use super::*;

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn what_one_sheet_cannot_hold_goes_on_in_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let mut sheets = Sheets::with_rows(folder.path(), 3).unwrap();
        for number in 0..5 {
            let cells = [Cell::Whole(number), text("=1+1"), Cell::Flag(true), Cell::Number(0.5)];
            sheets.add_row(cells.into_iter()).unwrap();
        }
        let mut file = Cursor::new(Vec::new());
        sheets.finish(&mut file, || true).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

        let mut book = Xlsx::new(file).unwrap();
        assert_eq!(book.sheet_names(), ["Calls", "Calls 2", "Calls 3"]);
        let rows: Vec<usize> =
            book.worksheets().iter().map(|(_, range)| range.rows().count()).collect();
        assert_eq!(rows, [3, 3, 2]);
        let last = book.worksheet_range("Calls 3").unwrap();
        let first: Vec<Data> = last.rows().nth(1).unwrap().iter().take(4).cloned().collect();
        let defused = Data::String(String::from("'=1+1"));
        assert_eq!(first, [Data::Float(4.0), defused, Data::Bool(true), Data::Float(0.5)]);
        assert_eq!(last.rows().next().unwrap()[0], Data::String(String::from("ID")));
    }

    #[test]
    fn a_text_is_cut_to_what_a_cell_holds_and_a_time_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let mut sheets = Sheets::begin(folder.path()).unwrap();
        let cells =
            [text(&"😀".repeat(40_000)), text("a\u{1}b"), Cell::Time(1_795_737_600_250_000)];
        sheets.add_row(cells.into_iter()).unwrap();
        let mut file = Cursor::new(Vec::new());
        sheets.finish(&mut file, || true).unwrap();
        let mut book = Xlsx::new(file).unwrap();
        let range = book.worksheet_range("Calls").unwrap();
        let row = range.rows().nth(1).unwrap();
        assert!(matches!(&row[0], Data::String(text) if text.encode_utf16().count() <= MAX_TEXT));
        assert!(matches!(&row[2], Data::DateTime(time) if (time.as_f64() - 46_353.0).abs() < 1e-4));
    }

    #[test]
    fn a_file_that_nobody_wants_is_not_written_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let sheets = Sheets::begin(folder.path()).unwrap();
        sheets.finish(Cursor::new(Vec::new()), || false).unwrap_err();
    }
}
