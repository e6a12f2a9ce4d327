//! Which models may serve a request, and in which order. Pure: a snapshot and a selector in,
//! candidates out.

mod plan;
mod selector;

pub use plan::{Plan, plan};
pub use selector::{Query, Selector};
