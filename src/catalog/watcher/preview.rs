//! What loading the file as it is now would change. It is loaded for that in a transaction that is
//! rolled back.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;
use toml::Table;

use super::super::build::provider_of_entry;
use super::super::edit::Change;
use super::super::provider::Provider;
use super::super::row_difference::{Before, key_changes, row_changes};
use super::super::sync::{self, Diff};
use super::super::warnings;
use super::reload::{LoadError, Loader, file_secrets, read_text};
use crate::config::sections::ServerSection;
use crate::config::{self, ConfigFile, Problem};
use crate::domain::difference::changed;
use crate::domain::event::EventKind;
use crate::store::catalogue::CatalogueRows;
use crate::store::{Connection, StoreError, api_keys, catalogue, policy, rehearse};

#[derive(Clone, Debug, Default)]
pub struct Preview {
    pub diff: Diff,
    /// Of each entry that would be changed, what it would be.
    pub changes: Vec<Change>,
    pub warnings: Vec<Problem>,
    /// Keys of `[server]` that would take effect at the next start.
    pub restart_needed: Vec<&'static str>,
}

struct Found {
    diff: Diff,
    changes: Vec<Change>,
    rows: CatalogueRows,
}

impl Loader {
    /// # Errors
    /// The reason for which the file would be refused.
    ///
    /// # Cancel safety
    /// Dropping it has no effect.
    pub async fn preview(&self) -> Result<(Preview, ServerSection), LoadError> {
        let text = read_text(&self.path)?;
        let (file, mut warnings) = self.parse(&text)?;
        let file = Arc::new(file);
        let now_us = jiff::Timestamp::now().as_microsecond();
        let policy_text = config::policy_text(&text);
        let other_secrets = self.other_secrets(&file);
        let (on_take, taken) = (self.on_take.clone(), file.clone());
        let load = move |connection: &mut Connection| {
            let (before, keys) = (catalogue::load(connection)?, api_keys::load(connection)?);
            let policy_before = policy::load(connection)?.unwrap_or_default();
            let mut diff = sync::apply(connection, &taken, now_us)?;
            diff.append(on_take(connection, &taken)?);
            let rows = catalogue::load(connection)?;
            let before = Before { rows: &before, other_secrets: &other_secrets };
            let mut changes = row_changes(&before, &rows)?;
            changes.extend(key_changes(&keys, &api_keys::load(connection)?));
            changes.extend(policy_change(&policy_before, &policy_text));
            Ok::<_, StoreError>(Found { diff, changes, rows })
        };
        let found = self.writer.write(move |connection| rehearse(connection, load)).await?;
        let dead_names = (self.on_names)(&text, &file, &found.rows);
        warnings.extend(warnings::warnings(&text, &file, &*self.env, dead_names));
        let provider = |entry| provider_of_entry(entry, file.egress(), &*self.env);
        let providers: Vec<Provider> = file.providers.iter().map(provider).collect();
        warnings.extend(warnings::own_addresses(&text, &file, &providers, &self.own_address));
        let Found { diff, changes, .. } = found;
        let preview = Preview { diff, changes, warnings, restart_needed: Vec::new() };
        Ok((preview, file.server.clone()))
    }

    /// The providers whose secrets in the file are others than those that are in use.
    fn other_secrets(&self, file: &ConfigFile) -> HashSet<String> {
        let running = self.file_state.load_full();
        let now = file_secrets(file);
        let is_other = |(name, secrets): &(&String, &crate::config::secrets::ProviderSecrets)| {
            let known = running.secrets().get(*name).map(|known| known.digest());
            known.is_some_and(|known| known != secrets.digest())
        };
        now.iter().filter(is_other).map(|(name, _)| name.clone()).collect()
    }
}

/// Of `[routing]`, `[timeouts]`, `[recording]` and `[pricing]`.
fn policy_change(before: &str, after: &str) -> Option<Change> {
    let read = |text: &str| {
        let table = text.parse::<Table>().unwrap_or_default();
        serde_json::to_value(table).unwrap_or_default()
    };
    let (before, after): (Value, Value) = (read(before), read(after));
    let what = changed(&before, &after);
    (!what.is_empty()).then(|| Change {
        kind: EventKind::ConfigReloaded,
        subject: String::from("router.toml"),
        summary: format!("router.toml was changed: {}", what.join(", ")),
        before: Some(before),
        after: Some(after),
        has_other_secrets: false,
    })
}
