//! `llm-router providers test NAME`: a real, small call to a provider of the router.toml.

use std::process::ExitCode;

use super::{complain, say};
use crate::catalog::build::provider_of_entry;
use crate::catalog::watcher::read_text;
use crate::config::own_address::OwnAddress;
use crate::config::settings::{Flags, Settings, config_path, process_env};
use crate::config::{self, ConfigFile};
use crate::domain::clock::Clock;
use crate::domain::hops::RouterId;
use crate::providers::{Pools, ProviderStates, trust_roots};
use crate::relay::{Probe, probe};

pub fn test(flags: &Flags, name: &str) -> ExitCode {
    let path = config_path(flags, process_env);
    let file = match read_text(&path).map(|text| config::read_with(&text, &process_env)) {
        Ok(Ok((file, _))) => file,
        Ok(Err(problems)) => {
            for problem in problems {
                complain(&format!("{}:{problem}", path.display()));
            }
            return ExitCode::FAILURE;
        }
        Err(error) => {
            complain(&format!("error: {error}"));
            return ExitCode::FAILURE;
        }
    };
    if is_router_itself(flags, &file, name) {
        complain(&format!("warning: `{name}` has this router's own address as its `base_url`"));
    }
    let Some(Probe { ok, latency_ms, detail, .. }) = call(&file, name) else {
        complain(&format!("error: `{}` has no provider `{name}`", path.display()));
        return ExitCode::FAILURE;
    };
    say(&format!(
        "{name}: {} after {latency_ms:.0} ms: {detail}",
        if ok { "ok" } else { "failed" }
    ));
    if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn is_router_itself(flags: &Flags, file: &ConfigFile, name: &str) -> bool {
    let Ok(settings) = Settings::resolve(flags, process_env, &file.server) else { return false };
    let mut named = file.providers.iter().filter(|entry| entry.name == name);
    named.any(|entry| {
        let provider = provider_of_entry(entry, file.egress(), &process_env);
        provider.url().is_some_and(|url| OwnAddress::of(&settings).is_at(url))
    })
}

fn call(file: &ConfigFile, name: &str) -> Option<Probe> {
    let entry = file.providers.iter().find(|entry| entry.name == name)?;
    let provider = provider_of_entry(entry, file.egress(), &process_env);
    let model = file.models.iter().find(|model| model.provider == name);
    let model = model.map(|model| model.remote_identifier.as_ref().unwrap_or(&model.name));
    Some(actix::System::new().block_on(async {
        let pools = Pools::new(trust_roots(), RouterId::random());
        let states = ProviderStates::by(Clock::start());
        probe(&pools, &states, &provider, &file.timeouts, model.map(String::as_str)).await
    }))
}
