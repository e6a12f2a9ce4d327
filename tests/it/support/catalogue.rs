//! Catalogues without a file and a database, and questions to them: for the tests and the bench
//! of `routing`, which is pure.
#![allow(dead_code, reason = "tests and bench use a part of it each")]

use std::sync::Arc;
use std::time::Duration;

use llm_router::catalog::capabilities::ModelFacts;
use llm_router::catalog::provider::Origin;
use llm_router::catalog::snapshot::Policy;
use llm_router::catalog::{Access, Model, Provider, Snapshot};
use llm_router::config::egress::EgressPolicy;
use llm_router::config::entries::{ModelConfig, ProviderSettings};
use llm_router::dialects::Dialect;
use llm_router::dialects::request::ClientRequest;
use llm_router::domain::facts::RequestFacts;
use llm_router::domain::failure::Failure;
use llm_router::domain::ids::{ModelId, ProviderId};
use llm_router::domain::price::{Prices, TokenPrice};
use llm_router::domain::provider_kind::ProviderKind;
use llm_router::domain::strategy::Strategy;
use llm_router::routing::tags::TagFilter;
use llm_router::routing::{
    Conversation, LeftOut, Plan, Query, RoutingContext, RoutingQuery, Selector, explain, plan,
};
use serde_json::{Map, Value, json};

pub fn provider(name: &str, kind: ProviderKind) -> Provider {
    Provider {
        id: ProviderId(0),
        name: name.to_owned(),
        kind,
        base_url: None,
        apis: Vec::new(),
        services: Vec::new(),
        models_url: None,
        api_key_env: None,
        keys: Vec::new(),
        is_active: true,
        settings: ProviderSettings::default(),
        origin: Origin::File,
        access: Access::Ready,
        egress: EgressPolicy::default(),
        headers: Vec::new(),
        proxy: None,
        revision: 0,
        health: Arc::default(),
        limits: Provider::limits_of(&ProviderSettings::default()),
    }
}

/// Tags in one word, as `coding fast`.
pub fn model(provider: &Arc<Provider>, name: &str, tags: &str) -> Model {
    let mut tags: Vec<String> = tags.split_whitespace().map(str::to_owned).collect();
    tags.sort();
    Model {
        id: ModelId(0),
        name: name.to_owned(),
        provider: provider.clone(),
        display_name: None,
        description: None,
        remote_identifier: None,
        is_active: true,
        tags,
        default_params: Map::new(),
        config: ModelConfig::default(),
        rate_limit: None,
        local_path: None,
        download_uri: None,
        origin: Origin::File,
        prices: Prices::default(),
        price: None,
        facts: ModelFacts::default(),
        health: Arc::default(),
        limits: Model::limits_of(&ModelConfig::default(), None),
    }
}

/// In dollars for a million tokens.
pub fn prices(prompt: f64, completion: f64) -> Prices {
    let price = |dollars: f64| TokenPrice::per_1k_dollars(dollars / 1000.0);
    Prices { prompt: price(prompt), completion: price(completion), ..Prices::default() }
}

/// The models get their ids by their order.
pub fn snapshot(models: Vec<Model>) -> Snapshot {
    snapshot_under(Policy::default(), models)
}

pub fn snapshot_under(policy: Policy, models: Vec<Model>) -> Snapshot {
    let mut providers: Vec<Arc<Provider>> = Vec::new();
    let mut numbered = Vec::with_capacity(models.len());
    for (id, model) in (0..).zip(models) {
        if !providers.iter().any(|known| known.name == model.provider.name) {
            providers.push(model.provider.clone());
        }
        numbered.push(Arc::new(Model { id: ModelId(id), ..model }));
    }
    Snapshot::new(1, policy, providers, numbered)
}

/// A request, as far as routing looks at it.
#[derive(Clone, Debug)]
pub struct Ask {
    pub selector: Selector,
    pub tags: TagFilter,
    pub facts: RequestFacts,
    pub conversation: u64,
    pub seed: u64,
    pub now: Duration,
}

impl Ask {
    pub fn named(name: &str) -> Self {
        Self::of(Selector::Named(name.to_owned()))
    }

    /// A query as JSON.
    pub fn query(query: Value) -> Self {
        Self::of(Selector::Query(serde_json::from_value(query).unwrap()))
    }

    pub fn by(strategy: Strategy) -> Self {
        let strategy = Some(strategy.as_str().to_owned());
        Self::of(Selector::Query(Query { strategy, ..Query::default() }))
    }

    fn of(selector: Selector) -> Self {
        let request = request(json!({"messages": [{"role": "user", "content": "hi"}]}));
        Self {
            selector,
            tags: TagFilter::default(),
            conversation: request.conversation_seed(None, None),
            facts: request.facts,
            seed: 0,
            now: Duration::from_secs(1_000),
        }
    }

    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    pub fn header(self, tags: &str) -> Self {
        Self { tags: TagFilter::parse(tags).unwrap(), ..self }
    }

    /// Members beside a message, such as `tools` and `provider`.
    pub fn with(self, members: Value) -> Self {
        let mut all = json!({"messages": [{"role": "user", "content": "hi"}]});
        let members = members.as_object().unwrap().clone();
        all.as_object_mut().unwrap().extend(members);
        let request = request(all);
        request.check_preferences().unwrap();
        let conversation = request.conversation_seed(None, None);
        Self { conversation, facts: request.facts, ..self }
    }

    pub fn routing_query(&self) -> RoutingQuery<'_> {
        RoutingQuery {
            selector: &self.selector,
            tags: &self.tags,
            preferences: &self.facts.preferences,
            fallback_models: &self.facts.fallback_models,
            decision: None,
            rights: None,
            saturated: &|_| None,
            circumstances: RoutingContext {
                needs: &self.facts.needs,
                conversation: Conversation::Known(self.conversation),
                seed: self.seed,
                now: self.now,
            },
        }
    }

    pub fn plan(&self, snapshot: &Snapshot) -> Result<Plan, Failure> {
        plan(snapshot, self.routing_query()).map_err(|unserved| unserved.failure)
    }

    pub fn explain(&self, snapshot: &Snapshot) -> (Result<Plan, Failure>, Vec<LeftOut>) {
        explain(snapshot, self.routing_query())
    }

    /// The name of the first candidate.
    pub fn first(&self, snapshot: &Snapshot) -> String {
        self.plan(snapshot).unwrap().candidates[0].model.name.clone()
    }
}

fn request(body: Value) -> ClientRequest {
    ClientRequest::parse(Dialect::OpenAiChat, body.to_string().into(), None).unwrap()
}

/// The names of the candidates of a plan, first to last.
pub fn names(plan: &Plan) -> Vec<String> {
    plan.candidates.iter().map(|candidate| candidate.model.full_name()).collect()
}
