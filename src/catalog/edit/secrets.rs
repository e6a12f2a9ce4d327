//! A provider's secrets in an edit over REST: new ones are sealed, old ones are kept, and those
//! that would now be sent to another destination are cleared.

use serde_json::Value;

use super::super::build::entry_of;
use super::super::destination::destination;
use super::super::vault::{Sealed, Vault};
use super::{EditContext, EditError};
use crate::config::entries::{ProviderEntry, ProviderSettings};
use crate::config::rest::problem;
use crate::config::secrets::{HIDDEN, ProviderSecrets};
use crate::store::catalogue::NewProvider;

/// The secrets of a provider after an edit.
#[derive(Debug, Default)]
pub struct Outcome {
    pub sealed: Option<Vec<u8>>,
    pub is_changed: bool,
    pub notices: Vec<String>,
}

/// `api_key`: the request's value; null clears. Headers whose values are cleared are removed from
/// the entry.
pub fn seal(
    entry: &mut ProviderEntry,
    known: Option<&NewProvider>,
    api_key: Option<&Value>,
    ground: &EditContext,
) -> Result<Outcome, EditError> {
    let before = known.map(entry_of).transpose()?;
    refuse_hidden(entry, before.as_ref().map(|before| &before.settings))?;
    let in_file = ground.in_file.get(&entry.name).map(ProviderSecrets::digest);
    let in_file = in_file.unwrap_or_else(|| ProviderSecrets::default().digest());
    let place =
        |entry: &ProviderEntry| destination(entry.kind, entry.base_url.as_deref(), &entry.settings);
    let is_moved = before.as_ref().is_some_and(|before| place(before) != place(entry));
    let blob = known.and_then(|row| row.sealed.as_deref());
    let clears_key = api_key.is_some_and(Value::is_null);
    if !is_moved && !clears_key && entry.secrets.is_empty() && is_still_needed(entry, &before) {
        return Ok(Outcome { sealed: blob.map(<[u8]>::to_vec), ..Outcome::default() });
    }

    let mut outcome = Outcome::default();
    let mut kept = opened(&entry.name, blob, &in_file, &ground.vault, &mut outcome);
    if is_moved {
        let is_same_proxy =
            before.as_ref().is_some_and(|before| before.settings.proxy == entry.settings.proxy);
        clear_for_other_destination(entry, &mut kept, is_same_proxy, &mut outcome);
    }
    if clears_key {
        kept.api_key.clear();
    }
    let mut secrets = std::mem::take(&mut entry.secrets).over(&kept);
    let settings = &entry.settings;
    secrets.headers.retain(|(name, _)| is_hidden(settings, name));
    secrets.proxy = secrets.proxy.filter(|_| settings.has_hidden_proxy());
    outcome.is_changed = blob.is_some() || !secrets.is_empty();
    if !secrets.is_empty() {
        let field = field_of(&secrets);
        let sealed = Sealed { secrets, instead_of: in_file };
        let bytes = ground.vault.seal(&entry.name, &sealed);
        outcome.sealed = Some(bytes.map_err(|reason| EditError::NotSealed { field, reason })?);
    }
    Ok(outcome)
}

/// A value that is shown as hidden means the stored one. Without a stored one it would become the
/// value itself, so it is refused.
fn refuse_hidden(
    entry: &ProviderEntry,
    before: Option<&ProviderSettings>,
) -> Result<(), EditError> {
    let mut problems = Vec::new();
    for (name, value) in &entry.settings.headers {
        let is_given = value != HIDDEN || entry.secrets.header(name).is_some();
        if !is_given && !before.is_some_and(|before| is_hidden(before, name)) {
            let message = format!("`settings.headers.{name}` is `{HIDDEN}`: send the value itself");
            problems.push(problem(message, &format!("settings.headers.{name}")));
        }
    }
    let is_given = !entry.settings.has_hidden_proxy() || entry.secrets.proxy.is_some();
    if !is_given && before.is_none_or(|before| before.proxy != entry.settings.proxy) {
        let message = format!("`settings.proxy` holds `{HIDDEN}`: send the whole URL");
        problems.push(problem(message, "settings.proxy"));
    }
    if problems.is_empty() { Ok(()) } else { Err(EditError::Invalid(problems)) }
}

fn is_hidden(settings: &ProviderSettings, header: &str) -> bool {
    settings
        .headers
        .iter()
        .any(|(name, value)| name.eq_ignore_ascii_case(header) && value == HIDDEN)
}

/// Whether everything that was hidden before is still there.
fn is_still_needed(entry: &ProviderEntry, before: &Option<ProviderEntry>) -> bool {
    let Some(before) = before else { return true };
    let mut hidden = before.settings.headers.iter().filter(|(_, value)| value == HIDDEN);
    hidden.all(|(name, _)| is_hidden(&entry.settings, name))
        && before.settings.proxy == entry.settings.proxy
}

/// The secrets that were set over REST before and still apply.
fn opened(
    name: &str,
    blob: Option<&[u8]>,
    in_file: &str,
    vault: &Vault,
    outcome: &mut Outcome,
) -> ProviderSecrets {
    match blob.map(|blob| vault.open(name, blob)) {
        Some(Ok(sealed)) if sealed.instead_of == in_file => sealed.secrets,
        Some(Err(error)) => {
            outcome.notices.push(format!("the secrets that were sealed before are lost: {error}"));
            ProviderSecrets::default()
        }
        Some(Ok(_)) | None => ProviderSecrets::default(),
    }
}

/// Clears the secrets that were set for another destination.
fn clear_for_other_destination(
    entry: &mut ProviderEntry,
    kept: &mut ProviderSecrets,
    is_same_proxy: bool,
    outcome: &mut Outcome,
) {
    let mut cleared = Vec::new();
    if !kept.api_key.is_empty() && entry.secrets.api_key.is_empty() {
        cleared.push(String::from("api_key"));
    }
    for (name, _) in &kept.headers {
        if entry.secrets.header(name).is_none() && is_hidden(&entry.settings, name) {
            cleared.push(format!("settings.headers.{name}"));
            entry.settings.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        }
    }
    let proxy = kept.proxy.take().filter(|_| is_same_proxy);
    *kept = ProviderSecrets { proxy, ..ProviderSecrets::default() };
    if !cleared.is_empty() {
        outcome.notices.push(format!(
            "cleared, because it was set for another address: {}; send it again for this one",
            cleared.join(", ")
        ));
    }
}

fn field_of(secrets: &ProviderSecrets) -> String {
    match (secrets.api_key.is_empty(), secrets.headers.first()) {
        (false, _) => String::from("api_key"),
        (true, Some((name, _))) => format!("settings.headers.{name}"),
        (true, None) => String::from("settings.proxy"),
    }
}
