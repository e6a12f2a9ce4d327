//! Exports that are sent as they are read.

use csv::{Terminator, Writer, WriterBuilder};
use serde_json::json;

use super::columns::{COLUMNS, Cell, defused};
use crate::domain::times::rfc3339;
use crate::http::monitor::invocation_view::InvocationView;
use crate::report::Figures;
use crate::store::invocations::InvocationRow;

/// Excel takes a file without it for one of the system's own code page.
const BOM: &[u8] = "\u{feff}".as_bytes();

/// How calls are written as text.
pub enum Text {
    Csv,
    Json { head: Box<Head>, is_first: bool },
}

/// What stands in front of the calls.
pub struct Head {
    pub export_time: String,
    pub hours: Option<f64>,
    pub total: u64,
    pub statistics: Figures,
}

impl Text {
    pub fn json(head: Head) -> Self {
        Self::Json { head: Box::new(head), is_first: true }
    }

    /// # Errors
    /// When it cannot be written as such.
    pub fn begin(&self) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::Csv => {
                let mut writer = csv_writer(BOM.to_vec());
                writer.write_record(COLUMNS.iter().map(|(name, _)| *name))?;
                Ok(writer.into_inner().map_err(|error| error.into_error())?)
            }
            Self::Json { head, .. } => head.bytes(),
        }
    }

    /// # Errors
    /// When it cannot be written as such.
    pub fn page(&mut self, rows: Vec<InvocationRow>) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::Csv => {
                let mut writer = csv_writer(Vec::with_capacity(rows.len() * 256));
                for row in &rows {
                    writer.write_record(COLUMNS.iter().map(|(_, cell)| csv_cell(cell(row))))?;
                }
                Ok(writer.into_inner().map_err(|error| error.into_error())?)
            }
            Self::Json { is_first, .. } => {
                let mut bytes = Vec::with_capacity(rows.len() * 1024);
                for row in rows {
                    if !std::mem::take(is_first) {
                        bytes.push(b',');
                    }
                    serde_json::to_writer(&mut bytes, &InvocationView::from(row))?;
                }
                Ok(bytes)
            }
        }
    }

    pub fn end(&self) -> &'static [u8] {
        match self {
            Self::Csv => b"",
            Self::Json { .. } => b"]}",
        }
    }
}

impl Head {
    /// The object up to the beginning of the calls.
    fn bytes(&self) -> anyhow::Result<Vec<u8>> {
        let head = json!({
            "export_time": self.export_time,
            "time_range_hours": self.hours,
            "statistics": self.statistics,
            "total_invocations": self.total,
        });
        let mut bytes = serde_json::to_vec(&head)?;
        bytes.pop();
        bytes.extend_from_slice(b",\"invocations\":[");
        Ok(bytes)
    }
}

fn csv_writer(bytes: Vec<u8>) -> Writer<Vec<u8>> {
    WriterBuilder::new().terminator(Terminator::CRLF).from_writer(bytes)
}

fn csv_cell(cell: Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => defused(text),
        Cell::Whole(number) => number.to_string(),
        Cell::Number(number) => number.to_string(),
        Cell::Flag(flag) => flag.to_string(),
        Cell::Time(at_us) => rfc3339(at_us),
    }
}
