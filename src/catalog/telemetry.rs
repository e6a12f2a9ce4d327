//! Where traces are exported to, with the way there.

use super::proxy;
use crate::config::egress::EgressPolicy;
use crate::config::telemetry::TelemetrySection;
use crate::domain::proxy::Proxy;

#[derive(Clone, Debug, PartialEq)]
pub struct Telemetry {
    pub section: TelemetrySection,
    /// That of the environment; else what is wrong with it.
    pub proxy: Result<Option<Proxy>, String>,
    pub egress: EgressPolicy,
}

impl Telemetry {
    pub fn of(
        section: TelemetrySection,
        egress: EgressPolicy,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Self {
        let chosen = proxy::choose(None, &section.endpoint, env);
        let proxy = chosen.and_then(|proxy| {
            let refusal = proxy.as_ref().and_then(|proxy| egress.refuse_host(&proxy.host));
            refusal.map_or(Ok(proxy), |refusal| Err(format!("its proxy: {refusal}")))
        });
        Self { section, proxy, egress }
    }
}
