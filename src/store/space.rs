//! How much of the disk the database takes, and whether it can give some of it back.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::database::{Connection, StoreError};

/// What to do about a file that is not incremental.
pub const COMPACT: &str = "the database was made by an older version and cannot give space back to \
    the disk: run `llm-router db compact` once, while the router is stopped";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    pub page_bytes: u64,
    pub pages: u64,
    /// Of these, pages of which nothing is used.
    pub free_pages: u64,
    /// Whether free pages can be given back while the router runs. Files of older versions cannot,
    /// until they were compacted.
    pub is_incremental: bool,
}

impl Space {
    /// # Errors
    /// SQLite's error.
    pub fn of(connection: &mut Connection) -> Result<Self, StoreError> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = BigInt)]
            page_size: i64,
            #[diesel(sql_type = BigInt)]
            page_count: i64,
            #[diesel(sql_type = BigInt)]
            freelist_count: i64,
            #[diesel(sql_type = BigInt)]
            auto_vacuum: i64,
        }
        let all = "SELECT page_size, page_count, freelist_count, auto_vacuum FROM \
            pragma_page_size, pragma_page_count, pragma_freelist_count, pragma_auto_vacuum";
        let row: Row = diesel::sql_query(all).get_result(connection)?;
        let count = |value: i64| u64::try_from(value).unwrap_or_default();
        Ok(Self {
            page_bytes: count(row.page_size),
            pages: count(row.page_count),
            free_pages: count(row.freelist_count),
            is_incremental: row.auto_vacuum == 2,
        })
    }

    pub fn file_bytes(&self) -> u64 {
        self.pages.saturating_mul(self.page_bytes)
    }

    pub fn used_bytes(&self) -> u64 {
        self.pages.saturating_sub(self.free_pages).saturating_mul(self.page_bytes)
    }

    pub fn free_bytes(&self) -> u64 {
        self.free_pages.saturating_mul(self.page_bytes)
    }
}
