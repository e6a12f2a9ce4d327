//! From the bytes of a file to a published snapshot, in the same way at the start and at
//! every reload.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::super::build::{self, Keys};
use super::super::capabilities;
use super::super::snapshot::{Catalogue, Policy, Snapshot};
use super::super::sync::{self, Diff};
use crate::config::sections::ServerSection;
use crate::config::settings::Env;
use crate::config::{self, ConfigFile, Problem};
use crate::domain::event::Event;
use crate::domain::secret::Secret;
use crate::store::writer::WriterHandle;
use crate::store::{StoreError, catalogue};

/// Told of every new snapshot before requests see it.
pub type OnPublish = Arc<dyn Fn(&Snapshot) + Send + Sync>;

/// Told of what came of a reload.
pub type OnEvent = Arc<dyn Fn(Event) + Send + Sync>;

/// Everything that a reload needs.
pub struct Loader {
    pub path: PathBuf,
    pub writer: WriterHandle,
    pub catalogue: Arc<Catalogue>,
    /// `LLM_ROUTER_DEFAULT_TIMEOUT`, which wins over the file's `[timeouts] head`.
    pub head_timeout: Option<Duration>,
    pub on_publish: OnPublish,
    pub on_event: OnEvent,
    /// Where provider keys are looked up.
    pub env: Env,
}

/// A reload that worked.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub diff: Diff,
    pub warnings: Vec<Problem>,
    pub server: ServerSection,
    pub generation: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("`{path}` cannot be read: {reason}")]
    Unreadable { path: String, reason: String },

    #[error("`{path}` has errors and was not taken:\n{}", listed(.path, .problems))]
    Invalid { path: String, problems: Vec<Problem> },

    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LoadError {
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Invalid { problems, .. } => problems,
            Self::Unreadable { .. } | Self::Store(_) => &[],
        }
    }
}

fn listed(path: &str, problems: &[Problem]) -> String {
    let lines = problems.iter().map(|problem| format!("  {path}:{problem}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Reads the text of a configuration file.
///
/// # Errors
/// When it is not there, not readable, not UTF-8.
pub fn read_text(path: &Path) -> Result<String, LoadError> {
    std::fs::read_to_string(path).map_err(|error| LoadError::Unreadable {
        path: path.display().to_string(),
        reason: match error.kind() {
            std::io::ErrorKind::NotFound => {
                String::from("it does not exist; name another one with --config")
            }
            _ => error.to_string(),
        },
    })
}

impl Loader {
    /// Takes the text as the new configuration.
    ///
    /// # Errors
    /// What is wrong; then the running catalogue stays as it is.
    ///
    /// # Cancel safety
    /// Once begun, the database may change without the snapshot; the next load mends it.
    pub async fn load(&self, text: &str) -> Result<Outcome, LoadError> {
        let (file, mut warnings) = self.parse(text)?;
        warnings.extend(capabilities::warnings(text, &file));
        let now_us = jiff::Timestamp::now().as_microsecond();
        let in_file = file_keys(&file);
        let policy = self.policy(&file);
        let server = file.server.clone();
        let (diff, rows) = self
            .writer
            .write(move |connection| {
                let diff = sync::apply(connection, &file, now_us)?;
                Ok((diff, catalogue::load(connection)?))
            })
            .await?;
        let generation = self.catalogue.snapshot().generation + 1;
        let keys = Keys { in_file: &in_file, env: &*self.env };
        let before = self.catalogue.snapshot();
        let snapshot = Arc::new(build::snapshot(generation, policy, rows, &keys, &before)?);
        (self.on_publish)(&snapshot);
        self.catalogue.publish(snapshot);
        Ok(Outcome { diff, warnings, server, generation })
    }

    fn parse(&self, text: &str) -> Result<(ConfigFile, Vec<Problem>), LoadError> {
        let invalid =
            |problems| LoadError::Invalid { path: self.path.display().to_string(), problems };
        if text.trim().is_empty() {
            // Seen in the middle of a truncate-and-write it would switch everything off.
            let empty = Problem {
                severity: config::Severity::Error,
                line: 1,
                column: 1,
                message: String::from("the file is empty"),
            };
            return Err(invalid(vec![empty]));
        }
        config::read(text).map_err(invalid)
    }

    fn policy(&self, file: &ConfigFile) -> Policy {
        let mut timeouts = file.timeouts;
        if let Some(head) = self.head_timeout {
            timeouts.head = head;
        }
        Policy { timeouts, recording: file.recording, routing: file.routing.clone() }
    }
}

fn file_keys(file: &ConfigFile) -> HashMap<String, Vec<Secret>> {
    file.providers.iter().map(|entry| (entry.name.clone(), entry.api_key.clone())).collect()
}
