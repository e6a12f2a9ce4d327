//! Names of a router.toml that refer to nothing: in aliases, fallbacks, pairs and the rules of
//! keys. A change over REST may define them, so they are warnings.

use std::collections::BTreeSet;

use super::tags::TagFilter;
use crate::catalog::provider::Origin;
use crate::config::references::{Leads, Reference};
use crate::config::{ConfigFile, Problem, Problems, nearest};
use crate::keys::pattern::{Glob, ModelPattern};
use crate::store::catalogue::CatalogueRows;

/// `rows`: the entries of the database beside the file.
pub fn warnings(text: &str, file: &ConfigFile, rows: &CatalogueRows) -> Vec<Problem> {
    let problems = Problems::of(text);
    let known = Known::of(file, rows);
    for reference in &file.references {
        for dead in known.dead(reference) {
            problems.warning(reference.at, format!("[{}] {dead}", reference.path));
        }
    }
    problems.into_sorted()
}

/// All names that refer to something.
#[derive(Default)]
struct Known {
    providers: BTreeSet<String>,
    /// Provider and name.
    models: BTreeSet<(String, String)>,
    /// The names by which a model may be requested: in all their forms, and aliases.
    callable: BTreeSet<String>,
    aliases: BTreeSet<String>,
    pairs: BTreeSet<String>,
    tags: BTreeSet<String>,
}

impl Known {
    fn of(file: &ConfigFile, rows: &CatalogueRows) -> Self {
        let mut known = Self {
            providers: file.providers.iter().map(|entry| entry.name.clone()).collect(),
            aliases: file.routing.aliases.names().cloned().collect(),
            pairs: file.routing.pairs.iter().map(|pair| pair.name.clone()).collect(),
            ..Self::default()
        };
        for model in &file.models {
            known.add_model(&model.provider, &model.name, model.remote_identifier.as_deref());
            known.tags.extend(model.tags.iter().cloned());
        }
        // Entries removed from the file stay in the database, inactive.
        let is_of_api = |origin: &str| origin == Origin::Api.as_str();
        for row in rows.providers.iter().filter(|row| is_of_api(&row.fields.origin)) {
            known.providers.insert(row.fields.name.clone());
        }
        for row in rows.models.iter().filter(|row| is_of_api(&row.fields.origin)) {
            let provider = rows.providers.iter().find(|it| it.id == row.fields.provider_id);
            if let Some(provider) = provider {
                let remote = row.fields.remote_identifier.as_deref();
                known.add_model(&provider.fields.name, &row.fields.name, remote);
                let tags = rows.tags.iter().filter(|(id, _)| *id == row.id);
                known.tags.extend(tags.map(|(_, tag)| tag.clone()));
            }
        }
        known.callable.extend(known.aliases.iter().cloned());
        known
    }

    fn add_model(&mut self, provider: &str, name: &str, remote: Option<&str>) {
        self.models.insert((provider.to_owned(), name.to_owned()));
        for name in [Some(name), remote].into_iter().flatten() {
            self.callable.insert(name.to_owned());
            self.callable.insert(format!("{provider}/{name}"));
        }
    }

    /// The parts that refer to nothing, as text.
    fn dead(&self, reference: &Reference) -> Vec<String> {
        let name = reference.name.trim();
        match reference.leads {
            Leads::ToModel => self.dead_model(name),
            Leads::ToModels => {
                // Only a name without `*` can be an alias or an expression.
                let is_expression = ["tag:", "pair:"].iter().any(|it| name.starts_with(it));
                if is_expression || name == "auto" || self.aliases.contains(name) {
                    return self.dead_model(name);
                }
                let pattern = ModelPattern::new(name);
                let is_alive =
                    self.models.iter().any(|(provider, it)| pattern.matches(provider, it));
                dead_unless(is_alive, "matches no model", name, &self.callable)
            }
            Leads::ToProviders => {
                let glob = Glob::new(name);
                let is_alive = self.providers.iter().any(|provider| glob.matches(provider));
                dead_unless(is_alive, "matches no provider", name, &self.providers)
            }
            Leads::ToTag => self.dead_tag(name),
        }
    }

    fn dead_model(&self, name: &str) -> Vec<String> {
        if let Some(expression) = name.strip_prefix("tag:") {
            return match TagFilter::parse(expression) {
                Ok(TagFilter { all, any, .. }) => {
                    let tags = all.iter().chain(any.iter().flatten());
                    tags.flat_map(|tag| self.dead_tag(tag)).collect()
                }
                Err(bad) => vec![format!("`{name}` cannot be read: {bad}")],
            };
        }
        if let Some(pair) = name.strip_prefix("pair:") {
            return dead_unless(self.pairs.contains(pair), "is no pair", pair, &self.pairs);
        }
        let is_alive = name == "auto" || self.callable.contains(name);
        dead_unless(is_alive, "is no model and no alias", name, &self.callable)
    }

    fn dead_tag(&self, tag: &str) -> Vec<String> {
        dead_unless(self.tags.contains(tag), "is the tag of no model", tag, &self.tags)
    }
}

fn dead_unless(is_alive: bool, why: &str, name: &str, known: &BTreeSet<String>) -> Vec<String> {
    if is_alive {
        return Vec::new();
    }
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let hint = nearest(name, &known).map(|near| format!("; did you mean `{near}`?"));
    vec![format!("`{name}` {why}{}", hint.unwrap_or_default())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::read;

    const MODELS: &str = "[[providers]]\nname = \"openai\"\ntype = \"openai\"\n\
        [[models]]\nname = \"gpt-x\"\nprovider = \"openai\"\nremote_identifier = \"gpt-x-2026\"\ntags = [\"fast\"]\n\
        [[mine.models]]\nname = \"a/b\"\nprovider = \"openai\"\n";

    fn told(text: &str) -> String {
        let text = format!("{MODELS}{text}");
        let (file, _) = read(&text).unwrap();
        let found = warnings(&text, &file, &CatalogueRows::default());
        found.iter().map(|problem| format!("{problem}\n")).collect()
    }

    #[test]
    fn names_that_lead_nowhere_are_told_with_their_place_and_the_nearest_one() {
        let text = "[mine.models.config]\nfallbacks = [\"gpt-x\", \"gpt-xx\", \"tag:fast,slow|fsat,!gone\"]\n\
            [routing.aliases]\nquick = \"openai/gpt-y\"\n\
            best = { target = \"quikc\", content_fallbacks = [\"pair:q\", \"tag:\"] }\n\
            [[routing.pairs]]\nname = \"p\"\nstrong = \"gpt-x-2025\"\nweak = \"nobody\"\nanalyzer_model = \"other\"\n\
            [[api_keys]]\nkey = \"k\"\nallowed_models = [\"opena/*\", \"gpt-*\", \"gone*\", \"quic*\", \"tag:gone\"]\n\
            allowed_providers = [\"opanai\", \"open*\"]\nallowed_tags = [\"fats\"]\n";
        insta::assert_snapshot!(told(text), @r"
        13:23: warning: [mine.models.config.fallbacks] `gpt-xx` is no model and no alias; did you mean `gpt-x`?
        13:33: warning: [mine.models.config.fallbacks] `slow` is the tag of no model
        13:33: warning: [mine.models.config.fallbacks] `fsat` is the tag of no model; did you mean `fast`?
        15:9: warning: [routing.aliases.quick] `openai/gpt-y` is no model and no alias; did you mean `openai/gpt-x`?
        16:19: warning: [routing.aliases.best.target] `quikc` is no model and no alias; did you mean `quick`?
        16:49: warning: [routing.aliases.best.content_fallbacks] `q` is no pair
        16:59: warning: [routing.aliases.best.content_fallbacks] `tag:` cannot be read: no tag is named: write at least one, such as `coding,fast` (character 1 of the tag expression)
        19:10: warning: [routing.pairs.strong] `gpt-x-2025` is no model and no alias; did you mean `gpt-x-2026`?
        20:8: warning: [routing.pairs.weak] `nobody` is no model and no alias
        21:18: warning: [routing.pairs.analyzer_model] `other` is no model and no alias
        24:19: warning: [api_keys.allowed_models] `opena/*` matches no model; did you mean `openai/a/b`?
        24:39: warning: [api_keys.allowed_models] `gone*` matches no model
        24:48: warning: [api_keys.allowed_models] `quic*` matches no model; did you mean `quick`?
        24:57: warning: [api_keys.allowed_models] `gone` is the tag of no model
        25:22: warning: [api_keys.allowed_providers] `opanai` matches no provider; did you mean `openai`?
        26:17: warning: [api_keys.allowed_tags] `fats` is the tag of no model; did you mean `fast`?
        ");
    }

    #[test]
    fn names_that_lead_somewhere_are_not_told() {
        let text = "[mine.models.config]\n\
            fallbacks = [\"gpt-x\", \"openai/gpt-x\", \"gpt-x-2026\", \"openai/gpt-x-2026\", \"openai/a/b\"]\n\
            context_fallbacks = [\"tag:fast\", \"tag:fast,!gone\", \"auto\", \"quick\", \"pair:p\"]\n\
            [routing.aliases]\nquick = \"best\"\nbest = \"a/b\"\n\
            [[routing.pairs]]\nname = \"p\"\nstrong = \"quick\"\nweak = \"tag:fast\"\n\
            [[api_keys]]\nkey = \"k\"\nallowed_models = [\"*\", \"openai/a/b\", \"*/gpt-x\", \"quick\", \"tag:fast\", \"pair:p\"]\n\
            allowed_providers = [\"*\"]\nallowed_tags = [\"fast\"]\n\
            [[api_keys]]\nkey = \"l\"\nallowed_models = []\n";
        assert_eq!(told(text), "");
    }
}
