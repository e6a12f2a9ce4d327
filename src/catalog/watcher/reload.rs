//! From the bytes of a file to a published snapshot, in the same way at the start and at
//! every reload; and from a change over REST.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use super::super::belongings::Sources;
use super::super::build;
use super::super::edit::{Edit, EditError, Edited, Ground, apply};
use super::super::snapshot::{Catalogue, Policy, Snapshot};
use super::super::sync::{self, Diff};
use super::super::vault::Vault;
use crate::config::secrets::ProviderSecrets;
use crate::config::sections::ServerSection;
use crate::config::settings::Env;
use crate::config::{self, ConfigFile, Problem};
use crate::domain::event::Event;
use crate::store::catalogue::CatalogueRows;
use crate::store::writer::WriterHandle;
use crate::store::{Connection, StoreError, catalogue, transaction};

/// Told of every new snapshot before requests see it.
pub type OnPublish = Arc<dyn Fn(&Snapshot) + Send + Sync>;

/// Told of what came of a reload.
pub type OnEvent = Arc<dyn Fn(Event) + Send + Sync>;

/// Takes from the file what is not the catalogue's, on the writing connection, once the
/// catalogue is in the database. Answers what it changed.
pub type OnTake =
    Arc<dyn Fn(&mut Connection, &ConfigFile) -> Result<Diff, StoreError> + Send + Sync>;

/// Everything that a reload needs.
pub struct Loader {
    pub path: PathBuf,
    pub writer: WriterHandle,
    pub catalogue: Arc<Catalogue>,
    /// `LLM_ROUTER_DEFAULT_TIMEOUT`, which wins over the file's `[timeouts] head`.
    pub head_timeout: Option<Duration>,
    pub on_take: OnTake,
    pub on_publish: OnPublish,
    pub on_event: OnEvent,
    /// Where provider keys are looked up.
    pub env: Env,
    pub vault: Vault,
    /// What the file that was last taken says beside the database.
    pub standing: ArcSwap<Standing>,
}

#[derive(Clone, Default)]
pub struct Standing {
    policy: Policy,
    /// By provider.
    secrets: Arc<HashMap<String, ProviderSecrets>>,
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
        warnings.extend(super::super::warnings::warnings(text, &file, &*self.env));
        let now_us = jiff::Timestamp::now().as_microsecond();
        let standing = Standing { policy: self.policy(&file), secrets: file_secrets(&file) };
        let server = file.server.clone();
        let on_take = self.on_take.clone();
        let (diff, rows) = self
            .writer
            .write(move |connection| {
                let mut diff = sync::apply(connection, &file, now_us)?;
                diff.append(on_take(connection, &file)?);
                Ok((diff, catalogue::load(connection)?))
            })
            .await?;
        self.standing.store(Arc::new(standing));
        let generation = self.publish(rows)?;
        Ok(Outcome { diff, warnings, server, generation })
    }

    /// Makes a change over REST, and publishes what comes of it.
    ///
    /// # Errors
    /// Why not; then the running catalogue stays as it is.
    ///
    /// # Cancel safety
    /// As of [`Loader::load`].
    pub async fn change(&self, edit: Edit) -> Result<(Edited, u64), EditError> {
        let standing = self.standing.load_full();
        let ground = Ground {
            vault: self.vault.clone(),
            in_file: standing.secrets.clone(),
            doors: standing.policy.doors,
            now_us: jiff::Timestamp::now().as_microsecond(),
        };
        let change = move |connection: &mut Connection| match apply(connection, &edit, &ground) {
            Ok(edited) => Ok(Ok((edited, catalogue::load(connection)?))),
            Err(EditError::Store(error)) => Err(error),
            // It was refused before anything was written.
            Err(refused) => Ok(Err(refused)),
        };
        let in_one = move |connection: &mut Connection| transaction(connection, change);
        let (edited, rows) = self.writer.write(in_one).await??;
        Ok((edited, self.publish(rows)?))
    }

    /// The one place where a catalogue is built and published. The watcher calls for one at a
    /// time.
    fn publish(&self, rows: CatalogueRows) -> Result<u64, StoreError> {
        let standing = self.standing.load_full();
        let before = self.catalogue.snapshot();
        let generation = before.generation + 1;
        let sources = Sources { in_file: &standing.secrets, env: &*self.env, vault: &self.vault };
        let policy = standing.policy.clone();
        let snapshot = Arc::new(build::snapshot(generation, policy, rows, &sources, &before)?);
        (self.on_publish)(&snapshot);
        self.catalogue.publish(snapshot);
        Ok(generation)
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
                field: None,
            };
            return Err(invalid(vec![empty]));
        }
        config::read_with(text, &*self.env).map_err(invalid)
    }

    fn policy(&self, file: &ConfigFile) -> Policy {
        let mut timeouts = file.timeouts;
        if let Some(head) = self.head_timeout {
            timeouts.head = head;
        }
        Policy {
            timeouts,
            recording: file.recording,
            routing: file.routing.clone(),
            doors: file.doors(),
        }
    }
}

fn file_secrets(file: &ConfigFile) -> Arc<HashMap<String, ProviderSecrets>> {
    let of = file.providers.iter().map(|entry| (entry.name.clone(), entry.secrets.clone()));
    Arc::new(of.collect())
}
