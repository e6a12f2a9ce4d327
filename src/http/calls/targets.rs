//! `GET /route/targets`: all that a call can name as its model, which models that leads to, and
//! what is tried after these.

use std::collections::BTreeMap;

use actix_web::web::{Data, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::catalog::{Model, Snapshot};
use crate::config::alias::Fallbacks;
use crate::http::app_state::AppState;
use crate::http::middleware::caller::Authenticated;
use crate::routing::models_named;

#[derive(Serialize, ToSchema)]
pub struct RouteTargets {
    /// Of `[routing]`, where a target has none of its own.
    strategy: &'static str,
    /// Aliases, pairs, tags and `auto`, where any model serves them.
    targets: Vec<Target>,
    /// The models that the caller may call, best first within a provider.
    models: Vec<TargetModel>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RouteTarget)]
struct Target {
    /// What a call sends as `model`: `fast`, `pair:mix`, `tag:coding`, `auto`; `claude-*` for any name
    /// with that beginning.
    name: String,
    /// `alias`, `pair`, `tag` or `auto`.
    kind: &'static str,
    /// Of an alias: what it stands for.
    target: Option<String>,
    /// Of a pair; `null` where the caller may call nothing of that side.
    strong: Option<String>,
    weak: Option<String>,
    /// Of a pair: prompts with this score or more go to the strong side.
    threshold: Option<f64>,
    strategy: Option<&'static str>,
    /// `provider/model`, without those of fallbacks.
    models: Vec<String>,
    fallbacks: FallbacksShown,
}

#[derive(Serialize, ToSchema)]
struct TargetModel {
    /// `provider/model`.
    name: String,
    tags: Vec<String>,
    priority: i64,
    /// `null` counts as 1.
    weight: Option<f64>,
    is_callable: bool,
    /// `closed`, `open` or `half-open`: the worse one of model and provider.
    circuit: &'static str,
    /// Seconds until a call is let in.
    retry_after: Option<f64>,
    fallbacks: FallbacksShown,
}

/// What is tried in place of a model that fails.
#[derive(Serialize, ToSchema)]
#[schema(as = RouteFallbacks)]
struct FallbacksShown {
    /// After a failure that another model may not share.
    usual: Vec<Fallback>,
    /// When the prompt is too long.
    context: Vec<Fallback>,
    /// When the content policy forbids the request.
    content: Vec<Fallback>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RouteFallback)]
struct Fallback {
    /// As it is written: a model, `tag:…` or an alias.
    name: String,
    models: Vec<String>,
}

pub async fn list(auth: Authenticated, state: Data<AppState>) -> Json<RouteTargets> {
    let snapshot = state.catalogue.snapshot();
    let may_call = auth.may_call(&snapshot);
    let seen = Seen { snapshot: &snapshot, may_call: &may_call };
    let targets = seen.aliases().chain(seen.pairs()).chain(seen.tags()).chain([seen.auto()]);
    let models = snapshot.models().iter().filter(|model| may_call(model));
    Json(RouteTargets {
        strategy: snapshot.policy.routing.strategy.as_str(),
        targets: targets.filter(|target| !target.models.is_empty()).collect(),
        models: models.map(|model| seen.model(model, &state)).collect(),
    })
}

/// What a caller may see.
struct Seen<'a> {
    snapshot: &'a Snapshot,
    may_call: &'a dyn Fn(&Model) -> bool,
}

impl Seen<'_> {
    fn named(&self, name: &str) -> Vec<String> {
        let models = models_named(self.snapshot, name);
        models
            .iter()
            .filter(|model| (self.may_call)(model))
            .map(|model| model.full_name())
            .collect()
    }

    /// The name, if the caller may call any model that it leads to.
    fn seen(&self, name: &str) -> Option<String> {
        (!self.named(name).is_empty()).then(|| name.to_owned())
    }

    fn aliases(&self) -> impl Iterator<Item = Target> {
        let aliases = self.snapshot.policy.routing.aliases.iter();
        aliases.map(|(name, alias)| Target {
            target: Some(alias.target.clone()),
            strategy: alias.strategy.map(|strategy| strategy.as_str()),
            fallbacks: self.fallbacks(&alias.fallbacks),
            ..target(name, "alias", self.named(&alias.target))
        })
    }

    fn pairs(&self) -> impl Iterator<Item = Target> {
        let pairs = self.snapshot.policy.routing.pairs.iter();
        pairs.map(|pair| {
            let name = format!("pair:{}", pair.name);
            Target {
                strong: self.seen(&pair.strong),
                weak: self.seen(&pair.weak),
                threshold: Some(pair.threshold),
                ..target(name.clone(), "pair", self.named(&name))
            }
        })
    }

    fn tags(&self) -> impl Iterator<Item = Target> {
        let mut by_tag: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let models = self.snapshot.models().iter();
        for model in models.filter(|model| model.is_active && (self.may_call)(model)) {
            for tag in &model.tags {
                by_tag.entry(tag).or_default().push(model.full_name());
            }
        }
        let tags: Vec<Target> = by_tag
            .into_iter()
            .map(|(tag, models)| target(format!("tag:{tag}"), "tag", models))
            .collect();
        tags.into_iter()
    }

    fn auto(&self) -> Target {
        let models = self.snapshot.models().iter().filter(|model| model.is_active);
        let models = models.filter(|model| (self.may_call)(model));
        target(String::from("auto"), "auto", models.map(|model| model.full_name()).collect())
    }

    fn model(&self, model: &Model, state: &AppState) -> TargetModel {
        let now = state.now();
        let healths = [&model.provider.health, &model.health];
        let worst =
            healths.into_iter().max_by_key(|health| match health.circuit.state(now).as_str() {
                "closed" => 0,
                "half-open" => 1,
                _ => 2,
            });
        let circuit = worst.map_or("closed", |health| health.circuit.state(now).as_str());
        let waits = healths.into_iter().filter_map(|health| health.circuit.wait(now));
        let config = &model.config;
        TargetModel {
            name: model.full_name(),
            tags: model.tags.clone(),
            priority: config.priority,
            weight: config.weight,
            is_callable: model.is_callable(),
            circuit,
            retry_after: waits.max().map(|wait| wait.as_secs_f64()),
            fallbacks: FallbacksShown {
                usual: self.each(&config.fallbacks),
                context: self.each(&config.context_fallbacks),
                content: self.each(&config.content_fallbacks),
            },
        }
    }

    fn fallbacks(&self, fallbacks: &Fallbacks) -> FallbacksShown {
        let Fallbacks { usual, context, content } = fallbacks;
        FallbacksShown {
            usual: self.each(usual),
            context: self.each(context),
            content: self.each(content),
        }
    }

    /// Those that lead to a model which the caller may call.
    fn each(&self, names: &[String]) -> Vec<Fallback> {
        let each =
            names.iter().map(|name| Fallback { name: name.clone(), models: self.named(name) });
        each.filter(|fallback| !fallback.models.is_empty()).collect()
    }
}

fn target(name: String, kind: &'static str, models: Vec<String>) -> Target {
    Target {
        name,
        kind,
        target: None,
        strong: None,
        weak: None,
        threshold: None,
        strategy: None,
        models,
        fallbacks: FallbacksShown { usual: Vec::new(), context: Vec::new(), content: Vec::new() },
    }
}
