//! `router.toml` as written → as meant. Reading order: [`file`] (what a file may say),
//! [`reader`] (how it is walked, with a line and column for every problem), [`settings`]
//! (flag > environment > file > default).

pub mod alias;
pub mod entries;
pub mod file;
mod model_entry;
pub mod pair;
pub mod problems;
mod provider_entry;
mod reader;
pub mod routing;
pub mod sections;
pub mod settings;
pub mod shape;
mod size;

pub use file::{ConfigFile, read};
pub use problems::{Problem, Problems, Severity};
