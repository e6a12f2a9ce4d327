//! The models that a key may call, and the addresses that it may be used from.

use std::net::IpAddr;

use ipnet::IpNet;

use super::pattern::{Glob, ModelPattern};
use crate::catalog::Model;
use crate::config::key_rules::KeyRules;

/// Compiled from a key's rules. An absent list allows everything, an empty one nothing.
#[derive(Clone, Debug, Default)]
pub struct Restrictions {
    models: Option<Vec<ModelPattern>>,
    /// The entries of `allowed_models` without `*`, which may be aliases, pairs or tag expressions.
    plain_names: Vec<String>,
    providers: Option<Vec<Glob>>,
    tags: Option<Vec<String>>,
    networks: Option<Vec<IpNet>>,
    /// The key has a budget in dollars, and may call only models with a known price.
    needs_price: bool,
}

impl Restrictions {
    pub fn of(rules: &KeyRules) -> Self {
        let models = rules.allowed_models.as_ref();
        let providers = rules.allowed_providers.as_ref();
        let has_money = rules.budget.as_ref().is_some_and(|budget| budget.usd.is_some());
        Self {
            plain_names: models.into_iter().flatten().filter_map(|text| plain_name(text)).collect(),
            models: models.map(|list| list.iter().map(|text| ModelPattern::new(text)).collect()),
            providers: providers.map(|list| list.iter().map(|text| Glob::new(text)).collect()),
            tags: rules.allowed_tags.clone(),
            networks: rules.networks(),
            needs_price: has_money && !rules.allow_unpriced,
        }
    }

    /// Entries of `allowed_models` that may be aliases, pairs or tag expressions.
    pub fn plain_names(&self) -> impl Iterator<Item = &str> {
        self.plain_names.iter().map(String::as_str)
    }

    /// Why the key may not call the model. `is_granted`: one of [`Self::plain_names`] resolves to
    /// it.
    pub fn forbids(&self, model: &Model, is_granted: bool) -> Option<String> {
        let provider = &model.provider.name;
        let is_meant = |pattern: &ModelPattern| pattern.matches(provider, &model.name);
        if !is_granted && self.models.as_ref().is_some_and(|list| !list.iter().any(is_meant)) {
            return Some(String::from("is not among the models that the key may call"));
        }
        let is_meant = |glob: &Glob| glob.matches(provider);
        if self.providers.as_ref().is_some_and(|list| !list.iter().any(is_meant)) {
            return Some(format!("is at `{provider}`, which the key may not call"));
        }
        if let Some(tags) = self.tags.as_ref().filter(|tags| !tags.iter().any(|t| model.has_tag(t)))
        {
            return Some(match tags.as_slice() {
                [] => String::from("has no tag that the key may call"),
                tags => format!("has none of the key's tags (`{}`)", tags.join("`, `")),
            });
        }
        let is_priced = model.prices.prompt.is_some() && model.prices.completion.is_some();
        (self.needs_price && !is_priced).then(|| {
            String::from(
                "has no known price, which a key with a budget in money needs (unless it has \
                 `allow_unpriced`)",
            )
        })
    }

    /// Whether the key may be used from there. An unknown address is in no network.
    pub fn takes_address(&self, address: Option<IpAddr>) -> bool {
        let Some(networks) = &self.networks else { return true };
        address.is_some_and(|address| {
            let address = address.to_canonical();
            networks.iter().any(|network| network.contains(&address))
        })
    }
}

/// Names of tags and aliases contain no `*`.
fn plain_name(text: &str) -> Option<String> {
    let name = text.trim();
    (!name.is_empty() && !name.contains('*')).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(allowed: &[&str], address: &str) -> bool {
        let allowed_ips = Some(allowed.iter().map(|text| (*text).to_owned()).collect());
        let rules = KeyRules { allowed_ips, ..KeyRules::default() };
        Restrictions::of(&rules).takes_address(address.parse().ok())
    }

    #[test]
    fn only_addresses_of_the_networks_are_allowed() {
        assert!(takes(&["10.0.0.0/8", "::1"], "10.2.3.4"));
        assert!(takes(&["10.0.0.0/8"], "::ffff:10.2.3.4"), "as a dual-stack socket reports it");
        assert!(takes(&["::1"], "::1"));
        assert!(!takes(&["10.0.0.0/8"], "11.0.0.1"));
        assert!(!takes(&[], "10.2.3.4"), "an empty list allows nothing");
        assert!(!takes(&["0.0.0.0/0"], "unknown"));
        assert!(Restrictions::default().takes_address(None));
    }
}
