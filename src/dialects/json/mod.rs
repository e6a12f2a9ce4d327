//! JSON objects whose bytes are kept: [`object`] reads the members of one, [`body`] knows where they stand in a
//! request's body, [`edit`] changes some of them, [`fields`] reads what one of them says.

pub mod body;
pub mod edit;
pub mod fields;
mod object;

pub use object::{Kind, RawObject};
