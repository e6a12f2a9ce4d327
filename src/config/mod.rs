//! `router.toml` from text to checked types. Reading order: [`file`] (what a file may contain),
//! [`reader`] (how tables are read, with a line and column for every problem), [`settings`]
//! (flag > environment > file > default).

pub mod alias;
pub mod base_path;
mod byte_size;
mod circuit;
pub mod dotenv;
pub mod egress;
pub mod entries;
pub mod file;
pub mod key_check;
pub mod key_entry;
pub mod key_list;
pub mod key_rules;
mod model_entry;
pub mod own_address;
pub mod pair;
pub mod payload_mapping;
mod policy_text;
pub mod problems;
mod provider_entry;
mod reader;
pub mod recording;
pub mod references;
pub mod rest;
pub mod routing;
pub mod sample_key;
pub mod schema;
pub mod secrets;
pub mod sections;
pub mod service_credentials;
pub mod settings;
mod size;
pub mod starter;
mod strategy;
mod substitution;
pub mod telemetry;
pub mod timestamp;
pub mod tls_files;
pub mod variable;

pub use file::{
    ConfigFile, listed_keys, read, read_with, refuse_empty, server_section, unknown_provider,
};
pub use policy_text::policy_text;
pub use problems::{Problem, Problems, Severity};
pub use reader::nearest;
pub use substitution::Lookup;
