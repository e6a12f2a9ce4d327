//! From the bytes of a file to a published snapshot, in the same way at the start and at
//! every reload; and from a change over REST.

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
use crate::store::{Connection, StoreError, at_one_moment, catalogue, policy, transaction};

/// Told of every new snapshot before requests see it.
pub type OnPublish = Arc<dyn Fn(&Snapshot) + Send + Sync>;

/// Told of what came of a reload.
pub type OnEvent = Arc<dyn Fn(Event) + Send + Sync>;

/// Says which names of the file lead nowhere, now that the rows are in the database.
pub type OnNames = Arc<dyn Fn(&str, &ConfigFile, &CatalogueRows) -> Vec<Problem> + Send + Sync>;

/// Takes from the file what is not the catalogue's, in the transaction in which the catalogue is
/// written. Answers what it changed.
pub type OnTake =
    Arc<dyn Fn(&mut Connection, &ConfigFile) -> Result<Diff, StoreError> + Send + Sync>;

/// Puts in force what [`OnTake`] wrote, once it is committed.
pub type OnTaken = Arc<dyn Fn(&mut Connection) -> Result<(), StoreError> + Send + Sync>;

/// Everything that a reload needs.
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
    /// Where the router is found, which no provider should be.
    pub own_address: OwnAddress,
    pub on_publish: OnPublish,
    pub on_event: OnEvent,
    /// Where provider keys are looked up.
    pub env: Env,
    pub vault: Vault,
    /// What the file that was last taken says beside the database.
    pub standing: ArcSwap<FileState>,
    /// The database's count of changes in what was published last.
    pub seen: Arc<AtomicI64>,
}

#[derive(Clone, Default)]
pub struct FileState {
    policy: Policy,
    /// What the policy was read from, by this process or by another one.
    policy_text: Option<String>,
    /// By provider.
    secrets: Arc<HashMap<String, ProviderSecrets>>,
    /// Where the file sends them, by provider.
    destinations: Arc<HashMap<String, String>>,
    inventory: Arc<Inventory>,
    taken: Option<Arc<Taken>>,
}

/// The file that was last taken, to be looked at again when the database changes.
struct Taken {
    text: String,
    file: Arc<ConfigFile>,
    /// What its reader says, which nothing else changes.
    of_reading: Vec<Problem>,
}

/// What the database says of the catalogue.
struct Stored {
    /// The count of changes.
    generation: i64,
    rows: CatalogueRows,
}

impl Stored {
    /// To be called in a transaction.
    fn load(connection: &mut Connection) -> Result<Self, StoreError> {
        let generation = generation(connection, Subject::Catalogue)?;
        Ok(Self { generation, rows: catalogue::load(connection)? })
    }
}

/// A reload that worked.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub diff: Diff,
    pub warnings: Vec<Problem>,
    pub server: ServerSection,
    pub generation: u64,
}

/// A catalogue that is in force, and what somebody may have meant otherwise in it.
pub struct Published {
    pub generation: u64,
    pub warnings: Vec<Problem>,
}

#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("`{path}` cannot be read: {reason}")]
    Unreadable { path: String, reason: String },

    #[error("`{path}` has errors and was not taken:\n{}", listed(.path, .problems))]
    Invalid { path: String, problems: Vec<Problem> },

    #[error(transparent)]
    Store(#[from] StoreError),

    #[error("the config watcher has stopped; restart the router")]
    Stopped,
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
        let (file, of_reading) = self.parse(text)?;
        let file = Arc::new(file);
        let now_us = jiff::Timestamp::now().as_microsecond();
        let policy_text = config::policy_text(text);
        let standing = FileState {
            policy: self.policy(&file, file.doors()),
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
        self.standing.store(Arc::new(standing));
        let Published { generation, warnings } = self.publish(stored)?;
        Ok(Outcome { diff, warnings, server, generation })
    }

    /// What the text would take away of what the file that was last taken defines, where that is
    /// much. A text that would be refused takes nothing away.
    pub fn loss(&self, text: &str) -> Option<Loss> {
        let (file, _) = self.parse(text).ok()?;
        self.standing.load().inventory.loss(&Inventory::of(&file), text)
    }

    /// Publishes what another process wrote. `None` where nothing is new.
    ///
    /// # Errors
    /// What is wrong; then the running catalogue stays as it is.
    ///
    /// # Cancel safety
    /// Nothing is published then.
    pub async fn refresh(&self) -> Result<Option<Published>, StoreError> {
        let reader = self.reader.clone();
        let read = |connection: &mut Connection| {
            Ok::<_, StoreError>((Stored::load(connection)?, policy::load(connection)?))
        };
        let read = move || reader.read(|connection| at_one_moment(connection, read));
        let read = tokio::task::spawn_blocking(read).await;
        let (stored, policy_text) = read.map_err(|_| StoreError::WriterStopped)??;
        if stored.generation == self.seen.load(Ordering::Acquire) {
            return Ok(None);
        }
        let standing = self.standing.load_full();
        if let Some(text) = policy_text
            && standing.policy_text.as_ref() != Some(&text)
        {
            self.adopt(&standing, text);
        }
        self.publish(stored).map(Some)
    }

    /// Another process took another policy from its file: it holds here too.
    fn adopt(&self, standing: &FileState, text: String) {
        let policy = match config::read_with(&text, &*self.env) {
            Ok((file, _)) => self.policy(&file, standing.policy.doors),
            Err(problems) => {
                let first = problems.first().map(ToString::to_string).unwrap_or_default();
                warn!("[routing] of another process cannot be read here: {first}");
                standing.policy.clone()
            }
        };
        let adopted = FileState { policy, policy_text: Some(text), ..standing.clone() };
        self.standing.store(Arc::new(adopted));
    }

    /// Makes a change over REST, and publishes what comes of it.
    ///
    /// # Errors
    /// Why not; then the running catalogue stays as it is.
    ///
    /// # Cancel safety
    /// As of [`Loader::load`].
    pub async fn change(&self, edit: Edit) -> Result<(Edited, Published), EditError> {
        let standing = self.standing.load_full();
        let ground = EditContext {
            vault: self.vault.clone(),
            in_file: standing.secrets.clone(),
            doors: standing.policy.doors,
            now_us: jiff::Timestamp::now().as_microsecond(),
        };
        let change = move |connection: &mut Connection| {
            let edited = apply(connection, &edit, &ground)?;
            Ok::<_, EditError>((edited, Stored::load(connection)?))
        };
        let in_one = move |connection: &mut Connection| transaction(connection, change);
        let (edited, stored) = self.writer.write(in_one).await?;
        Ok((edited, self.publish(stored)?))
    }

    /// The one place where a catalogue is built and published. The watcher calls for one at a
    /// time.
    fn publish(&self, stored: Stored) -> Result<Published, StoreError> {
        let standing = self.standing.load_full();
        let mut warnings = standing.taken.as_ref().map_or_else(Vec::new, |taken| {
            let Taken { text, file, of_reading } = &**taken;
            let dead_names = (self.on_names)(text, file, &stored.rows);
            let found = warnings::warnings(text, file, &*self.env, dead_names);
            of_reading.iter().cloned().chain(found).collect()
        });
        let before = self.catalogue.snapshot();
        let generation = before.generation + 1;
        let FileState { secrets, destinations, .. } = &*standing;
        let (env, vault) = (&*self.env, &self.vault);
        let sources = Sources { in_file: secrets, destinations, env, vault };
        let policy = standing.policy.clone();
        let snapshot =
            Arc::new(build::snapshot(generation, policy, stored.rows, &sources, &before)?);
        if let Some(taken) = &standing.taken {
            let providers = snapshot.providers().iter().map(|provider| &**provider);
            let own = &self.own_address;
            warnings.extend(warnings::own_addresses(&taken.text, &taken.file, providers, own));
        }
        (self.on_publish)(&snapshot);
        self.catalogue.publish(snapshot);
        self.seen.store(stored.generation, Ordering::Release);
        Ok(Published { generation, warnings })
    }

    fn parse(&self, text: &str) -> Result<(ConfigFile, Vec<Problem>), LoadError> {
        let invalid =
            |problems| LoadError::Invalid { path: self.path.display().to_string(), problems };
        config::refuse_empty(text).map_err(invalid)?;
        config::read_with(text, &*self.env).map_err(invalid)
    }

    fn policy(&self, file: &ConfigFile, doors: EgressPolicy) -> Policy {
        let mut timeouts = file.timeouts;
        if let Some(head) = self.head_timeout {
            timeouts.head = head;
        }
        Policy { timeouts, recording: file.recording, routing: file.routing.clone(), doors }
    }
}

fn file_secrets(file: &ConfigFile) -> Arc<HashMap<String, ProviderSecrets>> {
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
