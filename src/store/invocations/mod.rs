//! Rows of `invocations` and of what stands beside it: written in batches, read in pages.

pub mod filter;
pub mod insert;
mod list;
mod matching;
pub mod rows;
mod tail;
#[cfg(test)]
pub mod testing;

pub use filter::Filter;
pub use insert::highest_id;
pub use list::{
    BodiesRow, Found, InvocationRow, OrderBy, Page, PriceRow, TextsRow, count, find, list,
    with_names,
};
pub use tail::list_after;

/// Bits of `flags`.
pub const FLAG_STREAM: i32 = 1;
pub const FLAG_ESTIMATED: i32 = 2;
pub const FLAG_PARTIAL: i32 = 4;
pub const FLAG_BODIES: i32 = 8;
/// Too many bytes waited for the disk.
pub const FLAG_DROPPED: i32 = 16;
