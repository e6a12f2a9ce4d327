//! From the bytes of a file, or from a change over REST, to a published snapshot: one way for the
//! start and for every reload.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use log::warn;

use super::super::build;
use super::super::credentials::Sources;
use super::super::destination::destination;
use super::super::edit::{Edit, EditContext, EditError, Edited, apply};
use super::super::snapshot::{Catalogue, Policy, Snapshot};
use super::super::sync::{self, Diff};
use super::super::telemetry::Telemetry;
use super::super::vault::Vault;
use super::super::warnings;
use super::loss::{Inventory, Loss};
use crate::config::egress::EgressPolicy;
use crate::config::own_address::OwnAddress;
use crate::config::secrets::ProviderSecrets;
use crate::config::sections::ServerSection;
use crate::config::settings::Env;
use crate::config::{self, ConfigFile, Problem};
use crate::domain::event::Event;
use crate::store::catalogue::CatalogueRows;
use crate::store::changes::{Subject, generation};
use crate::store::reader::Reader;
use crate::store::writer::WriterHandle;
use crate::store::{Connection, StoreError, catalogue, in_snapshot, policy, rehearse, transaction};

/// Called with every new snapshot before requests see it.
pub type OnPublish = Arc<dyn Fn(&Snapshot) + Send + Sync>;

/// Called with the outcome of a reload.
pub type OnEvent = Arc<dyn Fn(Event) + Send + Sync>;

/// Finds the names of the file that refer to nothing, given the rows of the database.
pub type OnNames = Arc<dyn Fn(&str, &ConfigFile, &CatalogueRows) -> Vec<Problem> + Send + Sync>;

/// Applies the parts of the file outside of the catalogue, in the catalogue's transaction. Returns
/// what it changed.
pub type OnTake =
    Arc<dyn Fn(&mut Connection, &ConfigFile) -> Result<Diff, StoreError> + Send + Sync>;

/// Activates what [`OnTake`] wrote, once it is committed.
pub type OnTaken = Arc<dyn Fn(&mut Connection) -> Result<(), StoreError> + Send + Sync>;

/// What a reload needs.
pub struct Loader {
    pub path: PathBuf,
    pub writer: WriterHandle,
    pub reader: Reader,
    pub catalogue: Arc<Catalogue>,
    /// `LLM_ROUTER_DEFAULT_TIMEOUT`, which wins over the file's `[timeouts] head`.
    pub head_timeout: Option<Duration>,
    pub on_take: OnTake,
    pub on_taken: OnTaken,
    pub on_names: OnNames,
    /// The router's own address, at which no provider should be.
    pub own_address: OwnAddress,
    pub on_publish: OnPublish,
    pub on_event: OnEvent,
    /// The environment, for provider keys.
    pub env: Env,
    pub vault: Vault,
    /// What was last loaded from the file and is not in the database.
    pub file_state: ArcSwap<FileState>,
    /// The database's change counter of the last published catalogue.
    pub seen: Arc<AtomicI64>,
}

#[derive(Clone, Default)]
pub struct FileState {
    policy: Policy,
    /// The text of the policy, read by this process or by another one.
    policy_text: Option<String>,
    /// The file's secrets, by provider.
    secrets: Arc<HashMap<String, ProviderSecrets>>,
    /// The destinations of these secrets, by provider.
    destinations: Arc<HashMap<String, String>>,
    inventory: Arc<Inventory>,
    taken: Option<Arc<Taken>>,
}

/// The file that was last applied, to be checked again when the database changes.
struct Taken {
    text: String,
    file: Arc<ConfigFile>,
    /// The reader's warnings, which depend on the file alone.
    of_reading: Vec<Problem>,
}

/// The catalogue in the database.
struct Stored {
    /// The change counter.
    generation: i64,
    rows: CatalogueRows,
}

impl Stored {
    /// Must be called in a transaction.
    fn load(connection: &mut Connection) -> Result<Self, StoreError> {
        let generation = generation(connection, Subject::Catalogue)?;
        Ok(Self { generation, rows: catalogue::load(connection)? })
    }
}

/// The result of a successful reload.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub diff: Diff,
    pub warnings: Vec<Problem>,
    pub server: ServerSection,
    pub generation: u64,
}

/// A published catalogue with its warnings.
pub struct Published {
    pub generation: u64,
    pub warnings: Vec<Problem>,
}

#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("`{path}` cannot be read: {reason}")]
    Unreadable { path: String, reason: String },

    #[error("`{path}` has errors and was rejected:\n{}", listed(.path, .problems))]
    Invalid { path: String, problems: Vec<Problem> },

    #[error(transparent)]
    Store(#[from] StoreError),

    #[error("the config watcher has stopped; restart the router")]
    Stopped,
}

impl FileState {
    /// The file's secrets, by provider.
    pub(super) fn secrets(&self) -> &Arc<HashMap<String, ProviderSecrets>> {
        &self.secrets
    }
}

impl LoadError {
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Invalid { problems, .. } => problems,
            Self::Unreadable { .. } | Self::Store(_) | Self::Stopped => &[],
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
/// It does not exist, cannot be read, or is not UTF-8.
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
    /// Applies the text as the new configuration.
    ///
    /// # Errors
    /// On an error the running catalogue stays as it is.
    ///
    /// # Cancel safety
    /// If it is cancelled, the database may have changed without the snapshot; the next load
    /// repairs that.
    pub async fn load(&self, text: &str) -> Result<Outcome, LoadError> {
        let (file, of_reading) = self.parse(text)?;
        let file = Arc::new(file);
        let now_us = jiff::Timestamp::now().as_microsecond();
        let policy_text = config::policy_text(text);
        let file_state = FileState {
            policy: self.policy(&file, file.egress()),
            policy_text: Some(policy_text.clone()),
            secrets: file_secrets(&file),
            destinations: file_destinations(&file),
            inventory: Arc::new(Inventory::of(&file)),
            taken: Some(Arc::new(Taken { text: text.to_owned(), file: file.clone(), of_reading })),
        };
        let server = file.server.clone();
        let (on_take, on_taken) = (self.on_take.clone(), self.on_taken.clone());
        let to_write = file.clone();
        let take = move |connection: &mut Connection| {
            let mut diff = sync::apply(connection, &to_write, now_us)?;
            diff.append(on_take(connection, &to_write)?);
            policy::put(connection, &policy_text, now_us)?;
            Ok::<_, StoreError>((diff, Stored::load(connection)?))
        };
        let (diff, stored) = self
            .writer
            .write(move |connection| {
                let taken = transaction(connection, take)?;
                on_taken(connection)?;
                Ok::<_, LoadError>(taken)
            })
            .await?;
        self.file_state.store(Arc::new(file_state));
        let Published { generation, warnings } = self.publish(stored)?;
        Ok(Outcome { diff, warnings, server, generation })
    }

    /// What the text would remove of the last applied file's definitions; `None` if that is little.
    /// A text that would be rejected removes nothing.
    pub fn loss(&self, text: &str) -> Option<Loss> {
        let (file, _) = self.parse(text).ok()?;
        self.file_state.load().inventory.loss(&Inventory::of(&file), text)
    }

    /// Publishes changes of another process. `None` if there are none.
    ///
    /// # Errors
    /// On an error the running catalogue stays as it is.
    ///
    /// # Cancel safety
    /// If it is cancelled, nothing is published.
    pub async fn refresh(&self) -> Result<Option<Published>, StoreError> {
        let reader = self.reader.clone();
        let read = |connection: &mut Connection| {
            Ok::<_, StoreError>((Stored::load(connection)?, policy::load(connection)?))
        };
        let read = move || reader.read(|connection| in_snapshot(connection, read));
        let read = tokio::task::spawn_blocking(read).await;
        let (stored, policy_text) = read.map_err(|_| StoreError::WriterStopped)??;
        if stored.generation == self.seen.load(Ordering::Acquire) {
            return Ok(None);
        }
        let file_state = self.file_state.load_full();
        if let Some(text) = policy_text
            && file_state.policy_text.as_ref() != Some(&text)
        {
            self.adopt(&file_state, text);
        }
        self.publish(stored).map(Some)
    }

    /// Adopts a policy that another process loaded from its file.
    fn adopt(&self, file_state: &FileState, text: String) {
        let policy = match config::read_with(&text, &*self.env) {
            Ok((file, _)) => {
                // It belongs to the process, and is not in that text.
                let telemetry = file_state.policy.telemetry.clone();
                Policy { telemetry, ..self.policy(&file, file_state.policy.egress) }
            }
            Err(problems) => {
                let first = problems.first().map(ToString::to_string).unwrap_or_default();
                warn!("[routing] of another process cannot be read here: {first}");
                file_state.policy.clone()
            }
        };
        let adopted = FileState { policy, policy_text: Some(text), ..file_state.clone() };
        self.file_state.store(Arc::new(adopted));
    }

    /// Applies a change over REST and publishes the result.
    ///
    /// # Errors
    /// The reason of the refusal; then the running catalogue stays as it is.
    ///
    /// # Cancel safety
    /// As for [`Loader::load`].
    pub async fn change(&self, edit: Edit) -> Result<(Edited, Published), EditError> {
        let ground = self.edit_context();
        let change = move |connection: &mut Connection| {
            let edited = apply(connection, &edit, &ground)?;
            Ok::<_, EditError>((edited, Stored::load(connection)?))
        };
        let in_one = move |connection: &mut Connection| transaction(connection, change);
        let (edited, stored) = self.writer.write(in_one).await?;
        Ok((edited, self.publish(stored)?))
    }

    /// What a change over REST would do; nothing is written.
    ///
    /// # Errors
    /// The reason for which it would be refused.
    ///
    /// # Cancel safety
    /// Dropping it has no effect.
    pub async fn rehearse(&self, edit: Edit) -> Result<Edited, EditError> {
        let ground = self.edit_context();
        let change = move |connection: &mut Connection| apply(connection, &edit, &ground);
        self.writer.write(move |connection| rehearse(connection, change)).await
    }

    fn edit_context(&self) -> EditContext {
        let file_state = self.file_state.load_full();
        EditContext {
            vault: self.vault.clone(),
            in_file: file_state.secrets.clone(),
            egress: file_state.policy.egress,
            now_us: jiff::Timestamp::now().as_microsecond(),
        }
    }

    /// The only place where a catalogue is built and published. The watcher runs one call at a
    /// time.
    fn publish(&self, stored: Stored) -> Result<Published, StoreError> {
        let file_state = self.file_state.load_full();
        let mut warnings = file_state.taken.as_ref().map_or_else(Vec::new, |taken| {
            let Taken { text, file, of_reading } = &**taken;
            let dead_names = (self.on_names)(text, file, &stored.rows);
            let found = warnings::warnings(text, file, &*self.env, dead_names);
            of_reading.iter().cloned().chain(found).collect()
        });
        let before = self.catalogue.snapshot();
        let generation = before.generation + 1;
        let FileState { secrets, destinations, .. } = &*file_state;
        let (env, vault) = (&*self.env, &self.vault);
        let sources = Sources { in_file: secrets, destinations, env, vault };
        let policy = file_state.policy.clone();
        let snapshot =
            Arc::new(build::snapshot(generation, policy, stored.rows, &sources, &before)?);
        if let Some(taken) = &file_state.taken {
            let providers = snapshot.providers().iter().map(|provider| &**provider);
            let own = &self.own_address;
            warnings.extend(warnings::own_addresses(&taken.text, &taken.file, providers, own));
        }
        (self.on_publish)(&snapshot);
        self.catalogue.publish(snapshot);
        self.seen.store(stored.generation, Ordering::Release);
        Ok(Published { generation, warnings })
    }

    pub(super) fn parse(&self, text: &str) -> Result<(ConfigFile, Vec<Problem>), LoadError> {
        let invalid =
            |problems| LoadError::Invalid { path: self.path.display().to_string(), problems };
        config::refuse_empty(text).map_err(invalid)?;
        config::read_with(text, &*self.env).map_err(invalid)
    }

    fn policy(&self, file: &ConfigFile, egress: EgressPolicy) -> Policy {
        let mut timeouts = file.timeouts;
        if let Some(head) = self.head_timeout {
            timeouts.head = head;
        }
        let pricing = file.pricing.clone();
        let telemetry = file.telemetry.clone();
        let telemetry = telemetry.map(|section| Telemetry::of(section, egress, &*self.env).into());
        let (recording, routing) = (file.recording.clone(), file.routing.clone());
        Policy { timeouts, recording, pricing, telemetry, routing, egress }
    }
}

pub(super) fn file_secrets(file: &ConfigFile) -> Arc<HashMap<String, ProviderSecrets>> {
    let of = file.providers.iter().map(|entry| (entry.name.clone(), entry.secrets.clone()));
    Arc::new(of.collect())
}

fn file_destinations(file: &ConfigFile) -> Arc<HashMap<String, String>> {
    let of = file.providers.iter().map(|entry| {
        let there = destination(entry.kind, entry.base_url.as_deref(), &entry.settings);
        (entry.name.clone(), there)
    });
    Arc::new(of.collect())
}
