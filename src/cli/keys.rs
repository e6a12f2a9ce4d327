//! `llm-router keys`: keys in the database, also of a running router, which applies changes within
//! a second.

use std::path::Path;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::{complain, say};
use crate::config::key_rules::{BudgetRules, KeyRules, Per, Role};
use crate::config::settings::{Flags, config_path, database, process_env};
use crate::config::timestamp::parse_end_or_span;
use crate::domain::ids::KeyId;
use crate::keys::digest::{KeyDigest, new_key};
use crate::keys::rows::{KeyFields, MAX_NAME_BYTES, key_of};
use crate::keys::service::{ChangeError, create, revoke};
use crate::keys::{ApiKey, KeyOrigin};
use crate::store::{Connection, Database, StoreError, api_keys};

#[derive(Subcommand)]
pub enum KeysVerb {
    /// Create a key, and show it this once
    Create(Box<Create>),
    /// List the keys; the secrets themselves are not stored
    List,
    /// Revoke a key for good
    Revoke {
        /// Its id, or the beginning of the key as `list` shows it
        key: String,
    },
}

#[derive(Args)]
pub struct Create {
    /// Its name in the call log
    #[arg(long)]
    name: String,
    /// `user` may call models, `admin` may manage the router too
    #[arg(long, default_value = "user")]
    role: String,
    /// A model it may call: `provider/model` or `model`, with `*`; repeat for more (default: all)
    #[arg(long = "model", value_name = "PATTERN")]
    models: Option<Vec<String>>,
    /// A provider it may call, with `*`; repeat for more (default: all)
    #[arg(long = "provider", value_name = "NAME")]
    providers: Option<Vec<String>>,
    /// A tag of which models must have one; repeat for more
    #[arg(long = "tag", value_name = "TAG")]
    tags: Option<Vec<String>>,
    /// A network it may be used from; repeat for more (default: all)
    #[arg(long = "ip", value_name = "CIDR")]
    ips: Option<Vec<String>>,
    /// When it ends: `2027-01-31`, `2027-01-31T12:00:00Z`, or from now: `30d`, `12h`
    #[arg(long, value_name = "TIME")]
    expires: Option<String>,
    #[arg(long, value_name = "N")]
    requests_per_minute: Option<u64>,
    #[arg(long, value_name = "N")]
    tokens_per_minute: Option<u64>,
    /// Dollars it may spend
    #[arg(long, value_name = "DOLLARS")]
    budget_usd: Option<f64>,
    /// Tokens it may use
    #[arg(long, value_name = "N")]
    budget_tokens: Option<u64>,
    /// When its budget starts anew: `day`, `month`, `total` (never, the default)
    #[arg(long)]
    per: Option<String>,
    /// Whose midnight that is, like `Europe/Berlin` (default: UTC)
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// Allow models without a known price although it has a budget in dollars
    #[arg(long)]
    allow_unpriced: bool,
    /// Record neither the bodies of its calls nor how prompt and answer begin
    #[arg(long)]
    no_bodies: bool,
}

pub fn run(flags: &Flags, verb: KeysVerb) -> ExitCode {
    let is_revoke = matches!(verb, KeysVerb::Revoke { .. });
    match execute(flags, verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // After a failed revocation the user must know that the key is still valid.
            let is_database_error = error.is::<StoreError>() || error.is::<ChangeError>();
            let outcome = match is_revoke && is_database_error {
                true => "; the key is not revoked and may still be used",
                false => "",
            };
            complain(&format!("error: {error}{outcome}"));
            ExitCode::FAILURE
        }
    }
}

fn execute(flags: &Flags, verb: KeysVerb) -> anyhow::Result<()> {
    let database = Database::at(&database(process_env));
    // A key may be created before the first start of the router; listing or revoking without a
    // database means that another database was meant.
    if !matches!(verb, KeysVerb::Create(_)) && !Path::new(&database.path()).exists() {
        anyhow::bail!("there is no database {}: set LLM_ROUTER_DATABASE_URL", database.path());
    }
    // A new database without a router.toml beside it is one that no router reads.
    let config = config_path(flags, process_env);
    if !Path::new(&database.path()).exists() && !config.exists() {
        anyhow::bail!(
            "there is neither a database {} nor a `{}`: run this in the router's folder, or set \
             LLM_ROUTER_DATABASE_URL, or name the router.toml with --config",
            database.path(),
            config.display()
        );
    }
    database.prepare()?;
    let mut connection = database.connect()?;
    match verb {
        KeysVerb::Create(wanted) => {
            let fields = wanted.fields()?;
            let (key, now) = (new_key()?, Timestamp::now());
            let id = create(&mut connection, &key, &fields, KeyOrigin::Cli, now)?;
            say(&format!(
                "key {} `{}` ({}), shown only now:",
                id.0,
                fields.name,
                fields.role.as_str()
            ));
            say(key.expose());
        }
        KeysVerb::List => list(&mut connection)?,
        KeysVerb::Revoke { key } => {
            let matching_key = matching_key(&mut connection, &key)?;
            revoke(&mut connection, matching_key.id, Timestamp::now())?;
            say(&format!("key {} `{}` is revoked", matching_key.id.0, matching_key.name));
        }
    }
    Ok(())
}

impl Create {
    fn fields(self) -> anyhow::Result<KeyFields> {
        let unknown = |what: &str, word: &str, known: &str| {
            anyhow::anyhow!("--{what} `{word}` is unknown; known: {known}")
        };
        if self.name.trim().is_empty() || self.name.len() > MAX_NAME_BYTES {
            anyhow::bail!("--name must be a text of 1 to {MAX_NAME_BYTES} bytes");
        }
        let role = Role::parse(&self.role);
        let role = role.ok_or_else(|| unknown("role", &self.role, "user, admin"))?;
        let per = match &self.per {
            None => Per::default(),
            Some(word) => {
                Per::parse(word).ok_or_else(|| unknown("per", word, "day, month, total"))?
            }
        };
        let is_limited = self.budget_usd.is_some() || self.budget_tokens.is_some();
        if !is_limited && (self.per.is_some() || self.time_zone.is_some()) {
            anyhow::bail!("--per and --time-zone need --budget-usd or --budget-tokens");
        }
        let expires_at = match &self.expires {
            None => None,
            Some(text) => Some(parse_end_or_span(text, Timestamp::now()).ok_or_else(|| {
                anyhow::anyhow!("--expires `{text}` is no time like 2027-01-31 or 30d")
            })?),
        };
        if expires_at.is_some_and(|end| end <= Timestamp::now()) {
            anyhow::bail!("--expires is over already");
        }
        let budget = BudgetRules {
            usd: self.budget_usd,
            tokens: self.budget_tokens,
            per,
            time_zone: self.time_zone,
        };
        let rules = KeyRules {
            allowed_models: self.models,
            allowed_providers: self.providers,
            allowed_tags: self.tags,
            allowed_ips: self.ips,
            requests_per_minute: self.requests_per_minute,
            tokens_per_minute: self.tokens_per_minute,
            budget: is_limited.then_some(budget),
            allow_unpriced: self.allow_unpriced,
            record_bodies: self.no_bodies.then_some(false),
            ..KeyRules::default()
        };
        if let Some((field, message)) = rules.problems().into_iter().next() {
            anyhow::bail!("`{field}` {message}");
        }
        Ok(KeyFields { name: self.name, role, is_active: true, expires_at, rules })
    }
}

fn list(connection: &mut Connection) -> anyhow::Result<()> {
    let now = Timestamp::now();
    say(&format!(
        "{:>4}  {:12}  {:5}  {:6}  {:8}  {:20}  name",
        "id", "key", "role", "origin", "state", "expires"
    ));
    for row in api_keys::load(connection)? {
        // A key of a later version authenticates no call, and must not hide the others.
        let key = match key_of(&row, std::sync::Arc::default()) {
            Ok(key) => key,
            Err(error) => {
                say(&format!("{:>4}  cannot be read: {error}", row.id));
                continue;
            }
        };
        say(&format!(
            "{:>4}  {:12}  {:5}  {:6}  {:8}  {:20}  {}",
            key.id.0,
            format!("{}…", key.prefix),
            key.role.as_str(),
            key.origin.as_str(),
            key.state(now),
            key.expires_at.map_or_else(|| String::from("never"), |end| end.to_string()),
            key.name
        ));
    }
    Ok(())
}

/// The key with that id or prefix.
fn matching_key(connection: &mut Connection, wanted: &str) -> anyhow::Result<ApiKey> {
    let bare = wanted.trim_end_matches('…');
    let by_id = wanted.parse::<i32>().ok().map(KeyId);
    let mut matches = Vec::new();
    for row in api_keys::load(connection)? {
        let key = key_of(&row, std::sync::Arc::default())?;
        let is_match = match by_id {
            Some(id) => key.id == id,
            // Someone may paste the whole key.
            None => {
                let is_beginning = !bare.is_empty() && key.prefix.starts_with(bare);
                is_beginning || row.fields.digest == KeyDigest::of(bare).to_hex()
            }
        };
        if is_match && key.revoked_at.is_none() {
            matches.push(key);
        }
    }
    match matches.len() {
        0 => {
            anyhow::bail!("no key `{wanted}` that is not revoked; `llm-router keys list` shows all")
        }
        1 => Ok(matches.remove(0)),
        several => anyhow::bail!("`{wanted}` means {several} keys: use the id"),
    }
}
