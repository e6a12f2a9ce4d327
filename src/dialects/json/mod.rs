//! JSON objects whose bytes are kept: [`object`] reads the members of one, [`body`] knows where they stand in a
//! request's body, [`edit`] changes some of them, [`fields`] reads what one of them says, [`cut`] closes what was cut off,
//! [`known`] takes apart what was parsed before, [`strings`] finds those of any text, [`write`] writes new ones.

pub mod body;
pub mod cut;
pub mod edit;
pub mod fields;
pub mod known;
mod members;
mod object;
pub mod strings;
pub mod write;

pub use object::{Key, Kind, RawObject};
