//! Which calls are exported, and as what.

use actix_web::HttpRequest;
use jiff::Timestamp;

use crate::auth::Caller;
use crate::http::monitor::filters;
use crate::http::monitor::params::Params;
use crate::http::problem::Problem;
use crate::store::invocations::Filter;

const MAX_HOURS: i64 = 168;
pub const JSON: &str = "application/json";
pub const CSV: &str = "text/csv";
pub const EXCEL: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
pub const DATABASE: &str = "application/vnd.sqlite3";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    Csv,
    Excel,
    Database,
}

impl Format {
    pub fn media(self) -> &'static str {
        match self {
            Self::Json => JSON,
            Self::Csv => "text/csv; charset=utf-8",
            Self::Excel => EXCEL,
            Self::Database => DATABASE,
        }
    }

    pub fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Excel => "xlsx",
            Self::Database => "db",
        }
    }
}

pub struct Selection {
    pub format: Format,
    pub filter: Filter,
    /// When it was asked for.
    pub at: Timestamp,
}

impl Selection {
    /// # Errors
    /// A parameter is unknown or out of its bounds.
    pub fn read(format: Format, caller: &Caller, request: &HttpRequest) -> Result<Self, Problem> {
        let mut params = Params::of(request)?;
        let filter = filters::read(&mut params, caller, 1..=MAX_HOURS)?.filter;
        params.end()?;
        Ok(Self { format, filter, at: Timestamp::now() })
    }

    pub fn file_name(&self) -> String {
        let (time, extension) = (self.at.strftime("%Y%m%dT%H%M%SZ"), self.format.extension());
        format!("llm_router_export_{time}.{extension}")
    }

    /// The length of the time that was asked for, to a hundredth.
    #[expect(clippy::cast_precision_loss, reason = "a length of time in hours")]
    pub fn hours(&self) -> Option<f64> {
        let start_us = self.filter.start_us?;
        let end_us = self.filter.end_us.unwrap_or(self.at.as_microsecond());
        let hours = end_us.saturating_sub(start_us).max(0) as f64 / 3.6e9;
        Some((hours * 100.0).round() / 100.0)
    }
}
