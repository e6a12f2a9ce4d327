//! Changes over REST, in the database. An entry of the file that is edited stays the file's, with
//! its digest, so that the edit stands until the file says something else of that same entry.
//!
//! Everything is checked before anything is written.

mod differ;
mod model;
mod provider;
mod secrets;

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::vault::{Vault, VaultError};
use crate::config::Problem;
use crate::config::egress::EgressPolicy;
use crate::config::secrets::ProviderSecrets;
use crate::domain::event::EventKind;
use crate::store::catalogue::load;
use crate::store::{Connection, StoreError};

type Body = Map<String, Value>;

/// What somebody wants changed. Bodies may hold secrets, so there is no `Debug`.
pub enum Edit {
    /// Creates, or replaces as a whole.
    PutProvider(Body),
    /// Changes what is present; null clears.
    PatchProvider {
        name: String,
        patch: Body,
    },
    DeleteProvider {
        name: String,
        /// Its models go too; else they keep it.
        with_models: bool,
    },
    PutModel(Body),
    PatchModel {
        provider: String,
        name: String,
        patch: Body,
    },
    DeleteModel {
        provider: String,
        name: String,
    },
}

/// What an edit is judged by.
#[derive(Clone)]
pub struct EditContext {
    pub vault: Vault,
    /// The secrets that the file holds, by provider.
    pub in_file: Arc<HashMap<String, ProviderSecrets>>,
    pub doors: EgressPolicy,
    pub now_us: i64,
}

/// An edit that was made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Edited {
    /// Of the entry; of a model `provider/name`.
    pub name: String,
    pub is_new: bool,
    /// What happened beside what was asked for.
    pub notices: Vec<String>,
    /// Nothing, where all was so already.
    pub changes: Vec<Change>,
}

/// For the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub kind: EventKind,
    pub subject: String,
    pub summary: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

#[derive(Debug, thiserror::Error)]
pub enum EditError {
    #[error("{}", listed(.0))]
    Invalid(Vec<Problem>),

    #[error("provider `{0}` is unknown; GET /providers lists all")]
    NoProvider(String),

    #[error("model `{0}` is unknown; GET /models?include_inactive=true lists all")]
    NoModel(String),

    #[error(
        "provider `{provider}` has models: {}; delete them first, or all at once with ?force=true",
        .models.join(", ")
    )]
    InUse { provider: String, models: Vec<String> },

    /// A secret cannot be kept.
    #[error("`{field}` is a secret: {reason}")]
    NotSealed { field: String, reason: VaultError },

    #[error(transparent)]
    Store(#[from] StoreError),

    #[error("the config watcher has stopped; restart the router")]
    Stopped,
}

fn listed(problems: &[Problem]) -> String {
    let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    messages.join("; ")
}

/// Makes an edit. To be called in a transaction.
///
/// # Errors
/// Why not; then nothing was written, unless it is the database that failed.
pub fn apply(
    connection: &mut Connection,
    edit: &Edit,
    ground: &EditContext,
) -> Result<Edited, EditError> {
    let rows = load(connection)?;
    match edit {
        Edit::PutProvider(body) => provider::put(connection, &rows, ground, body),
        Edit::PatchProvider { name, patch } => {
            provider::patch(connection, &rows, ground, name, patch)
        }
        Edit::DeleteProvider { name, with_models } => {
            provider::delete(connection, &rows, name, *with_models)
        }
        Edit::PutModel(body) => model::put(connection, &rows, ground, body),
        Edit::PatchModel { provider, name, patch } => {
            model::patch(connection, &rows, ground, (provider, name), patch)
        }
        Edit::DeleteModel { provider, name } => model::delete(connection, &rows, (provider, name)),
    }
}
