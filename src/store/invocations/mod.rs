//! Rows of `invocations` and of what stands beside it: written in batches, read in pages.

mod budget;
mod cover;
mod facets;
pub mod filter;
mod ids;
pub mod insert;
mod list;
mod matching;
mod measure;
mod page;
mod peak_order;
mod plan;
mod promise;
mod ranked;
pub mod rows;
mod tail;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
mod total;
mod walk;
mod windows;

pub use budget::Budget;
pub use facets::{Facet, facets};
pub use filter::Filter;
pub use insert::highest_id;
pub use list::{
    BodiesRow, CallRow, Found, InvocationRow, PriceRow, TextsRow, count, find, with_names,
};
pub use page::{OrderBy, Page, PageOfCalls, page};
pub use tail::list_after;
pub use walk::{neighbours, newest};

/// Bits of `flags`.
pub const FLAG_STREAM: i32 = 1;
pub const FLAG_ESTIMATED: i32 = 2;
pub const FLAG_PARTIAL: i32 = 4;
pub const FLAG_BODIES: i32 = 8;
/// Too many bytes waited for the disk.
pub const FLAG_DROPPED: i32 = 16;
