//! What holds for any catalogue and any request: each model is a candidate or left out with a
//! reason, a plan is the beginning of its explanation, and a query means what its words say.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use llm_router::catalog::snapshot::Policy;
use llm_router::catalog::{Access, Model, Snapshot};
use llm_router::config::alias::Alias;
use llm_router::domain::provider_kind::ProviderKind;
use llm_router::domain::strategy::Strategy as Order;
use llm_router::health::circuit::{Admission, Cause, CircuitPolicy, Outcome};
use llm_router::routing::{Exclusion, LeftOut, Plan, Selector};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use crate::support::catalogue::{Ask, model, names, prices, provider, snapshot_under};

const TAGS: [&str; 6] = ["coding", "fast", "free", "Fast", "demo", "zh"];
const PROVIDERS: [(&str, ProviderKind); 7] = [
    ("a", ProviderKind::Openai),
    ("b", ProviderKind::Openai),
    ("claude", ProviderKind::Claude),
    ("open", ProviderKind::Openrouter),
    ("mock", ProviderKind::Mock),
    ("off", ProviderKind::Openai),
    ("keyless", ProviderKind::Gemini),
];
const NAMES: [&str; 5] = ["m", "n", "z-ai/o", "remote", "p"];

/// A model as it was made up.
#[derive(Clone, Debug)]
struct Made {
    provider: usize,
    name: &'static str,
    /// Makes names differ; most models share theirs with others of other providers.
    number: Option<usize>,
    has_remote: bool,
    tags: Vec<&'static str>,
    is_active: bool,
    rests: bool,
    takes: (bool, bool, bool),
    window: Option<u64>,
    dollars: Option<u32>,
    weight: Option<f64>,
    priority: i64,
    latency_ms: Option<u64>,
}

fn made() -> impl Strategy<Value = Made> {
    let who = (0..PROVIDERS.len(), select(&NAMES[..]), of(0usize..40), any::<bool>());
    let what = (subsequence(&TAGS[..], 0..=TAGS.len()), prop::bool::weighted(0.9));
    let can =
        (prop::bool::weighted(0.1), any::<(bool, bool, bool)>(), of(select(vec![500, 8_000])));
    let order = (of(0u32..4), of(select(vec![0.0, 1.0, 3.5])), -1i64..2, of(1u64..3_000));
    (who, what, can, order).prop_map(|(who, what, can, order)| Made {
        provider: who.0,
        name: who.1,
        number: who.2,
        has_remote: who.3,
        tags: what.0,
        is_active: what.1,
        rests: can.0,
        takes: can.1,
        window: can.2,
        dollars: order.0,
        weight: order.1,
        priority: order.2,
        latency_ms: order.3,
    })
}

fn catalogue(made: &[Made], max_attempts: u32) -> Snapshot {
    let providers = PROVIDERS.map(|(name, kind)| {
        let mut provider = provider(name, kind);
        provider.is_active = name != "off";
        if name == "keyless" {
            provider.access = Access::NoKey { variable: None };
        }
        Arc::new(provider)
    });
    let mut known = BTreeSet::new();
    let mut models = Vec::new();
    for made in made {
        let provider = &providers[made.provider];
        let number = made.number.map(|number| number.to_string()).unwrap_or_default();
        let name = format!("{}{number}", made.name);
        if !known.insert((made.provider, name.clone())) {
            continue;
        }
        let mut model = model(provider, &name, &made.tags.join(" "));
        model.remote_identifier = made.has_remote.then(|| String::from("remote"));
        model.is_active = made.is_active;
        let takes = &mut model.facts.capabilities;
        (takes.takes_images, takes.takes_tools, takes.takes_json_schema) = made.takes;
        model.config.context_window = made.window;
        model.config.weight = made.weight;
        model.config.priority = made.priority;
        if let Some(dollars) = made.dollars {
            model.prices = prices(f64::from(dollars), f64::from(dollars));
        }
        if let Some(ms) = made.latency_ms {
            model.health.ttft.record(Duration::from_secs(990), Duration::from_millis(ms));
        }
        if made.rests {
            rest(&model);
        }
        models.push(model);
    }
    let mut policy = Policy::default();
    policy.routing.max_attempts = max_attempts;
    for (alias, target) in [("swift", "tag:fast,!demo"), ("other", "swift"), ("circle", "circle")] {
        let alias_of = Alias { target: target.to_owned(), ..Alias::default() };
        policy.routing.aliases.insert(alias.to_owned(), Arc::new(alias_of));
    }
    snapshot_under(policy, models)
}

fn rest(model: &Model) {
    let now = Duration::from_secs(990);
    let Admission::Closed(pass) = model.health.circuit.admit(now) else { panic!("it is new") };
    let hopeless = Outcome::Refused(Cause::Key, Some(Duration::from_secs(100)));
    model.health.circuit.record(now, pass, hopeless, &CircuitPolicy::default());
}

/// One JSON object, with some of the members.
fn object(members: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let members: Vec<_> = members
        .into_iter()
        .map(|(name, value)| of(value).prop_map(move |value| Some((name.to_owned(), value?))))
        .collect();
    let object = |members: Vec<Option<(String, Value)>>| {
        Value::Object(members.into_iter().flatten().collect::<Map<_, _>>())
    };
    members.prop_map(object).boxed()
}

fn some_of<const N: usize>(words: [&'static str; N]) -> BoxedStrategy<Value> {
    subsequence(words.to_vec(), 0..=2.min(N)).prop_map(|words| json!(words)).boxed()
}

fn query() -> BoxedStrategy<Value> {
    object(vec![
        ("tags", some_of(["coding", "fast", "free", "Fast", "demo", "no-such-tag"])),
        ("any_tags", some_of(["coding", "fast", "zh", "demo", "no-such-tag"])),
        ("exclude_tags", some_of(["free", "zh", "no-such-tag"])),
        ("name", select(vec![json!("m"), json!("a/m"), json!("remote"), json!("none")]).boxed()),
        ("providers", some_of(["a", "claude", "mock", "off", "nobody"])),
        ("provider_types", some_of(["openai", "claude", "mock", "openrouter", "gemini"])),
        ("min_context", select(vec![json!(0), json!(501), json!(9_000)]).boxed()),
        ("strategy", select(Order::ALL.map(|order| json!(order.as_str())).to_vec()).boxed()),
    ])
}

fn selector() -> BoxedStrategy<Ask> {
    let named = select(vec![
        "auto",
        "m",
        "a/m",
        "z-ai/o",
        "open/z-ai/o",
        "remote",
        "mock/m",
        "nobody",
        "swift",
        "other",
        "circle",
        "tag:coding",
        "tag:fast|zh,!free",
        "tag:demo",
        "tag:no-such-tag",
        "tag:!fast",
        "tag:",
        "tag:Fast",
    ]);
    prop_oneof![named.prop_map(Ask::named), query().prop_map(Ask::query)].boxed()
}

fn ask() -> impl Strategy<Value = Ask> {
    let preferences = object(vec![
        ("only", some_of(["a", "openai", "claude", "nobody"])),
        ("ignore", some_of(["b", "OpenAI", "open"])),
        ("order", some_of(["b", "claude", "nobody"])),
        ("allow_fallbacks", any::<bool>().prop_map(|is| json!(is)).boxed()),
        ("require_parameters", any::<bool>().prop_map(|is| json!(is)).boxed()),
        ("max_price", select(vec![json!({"prompt": 0}), json!({"completion": 2.5})]).boxed()),
        ("sort", select(vec![json!("price"), json!("latency")]).boxed()),
    ]);
    let image =
        json!([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]);
    let long = json!([{"role": "user", "content": "word ".repeat(1_000)}]);
    let schema = json!({"type": "json_schema", "json_schema": {"name": "s", "schema": {}}});
    let members = object(vec![
        ("messages", select(vec![image, long]).boxed()),
        ("tools", Just(json!([{"type": "function", "function": {"name": "f"}}])).boxed()),
        ("response_format", Just(schema).boxed()),
        ("provider", prop_oneof![Just(Value::Null), preferences].boxed()),
    ]);
    let header = of(select(vec!["coding", "!free", "fast|zh", "no-such-tag"]));
    let further = subsequence(vec!["tag:fast", "m", "nobody", "swift", "b/n"], 0..=2);
    let further = prop_oneof![Just(Vec::new()), further];
    (selector(), members, header, further, any::<u64>()).prop_map(|drawn| {
        let (ask, members, header, further, seed) = drawn;
        let further = further.into_iter().map(str::to_owned).collect();
        let mut ask = ask.with(members).seed(seed);
        ask.facts.fallback_models = further;
        header.map_or(ask.clone(), |header| ask.header(header))
    })
}

/// The names with the reasons.
fn exclusions(left_out: &[LeftOut]) -> Vec<(String, String)> {
    left_out.iter().map(|left| (left.model.full_name(), left.why.to_string())).collect()
}

fn order_of(plan: &Plan) -> Vec<(String, u64, String)> {
    let candidates = plan.candidates.iter();
    candidates
        .map(|one| (one.model.full_name(), one.score.to_bits(), one.reason.to_string()))
        .collect()
}

/// The models that a query means, looked at one by one.
fn meant(snapshot: &Snapshot, selector: &Selector) -> Option<BTreeSet<String>> {
    let Selector::Query(query) = selector else { return None };
    let has = |model: &Model, tag: &String| model.tags.contains(tag);
    let fits = |model: &&Arc<Model>| {
        let provider = &model.provider;
        let is_named = query.name.as_ref().is_none_or(|name| {
            *name == model.name
                || *name == format!("{}/{}", provider.name, model.name)
                || Some(name) == model.remote_identifier.as_ref()
        });
        let is_kind = |word: &String| ProviderKind::parse(word) == Some(provider.kind);
        let is_asked = query.tags.iter().chain(&query.any_tags).any(|tag| tag == "demo")
            || query.provider_types.iter().any(is_kind)
            || query.providers.contains(&provider.name)
            || query.name.is_some();
        let is_long = query
            .min_context
            .is_none_or(|min| model.config.context_window.is_some_and(|window| window >= min));
        is_named
            && is_long
            && (provider.kind != ProviderKind::Mock || is_asked)
            && query.tags.iter().all(|tag| has(model, tag))
            && (query.any_tags.is_empty() || query.any_tags.iter().any(|tag| has(model, tag)))
            && !query.exclude_tags.iter().any(|tag| has(model, tag))
            && (query.provider_types.is_empty() || query.provider_types.iter().any(is_kind))
            && (query.providers.is_empty() || query.providers.contains(&provider.name))
    };
    Some(snapshot.models().iter().filter(fits).map(|model| model.full_name()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_model_is_a_candidate_or_left_out_with_a_reason(
        made in vec(made(), 0..80), ask in ask(),
    ) {
        let snapshot = catalogue(&made, 3);
        let (plan, left_out) = ask.explain(&snapshot);
        let mut all = plan.as_ref().map(names).unwrap_or_default();
        all.extend(left_out.iter().map(|left| left.model.full_name()));
        all.sort();
        let mut known: Vec<_> = snapshot.models().iter().map(|model| model.full_name()).collect();
        known.sort();
        prop_assert_eq!(all, known);
        prop_assert!(exclusions(&left_out).iter().all(|(_, reason)| !reason.is_empty()));
        if let Ok(plan) = &plan {
            prop_assert!(plan.candidates.iter().all(|found| found.model.is_callable()));
            let rests = |model: &Model| model.health.circuit.wait(ask.now).is_some();
            prop_assert!(!plan.candidates.iter().any(|found| rests(&found.model)));
            prop_assert!(plan.candidates.iter().all(|found| ask.tags.matches(|tag| found.model.has_tag(tag))));
        }
    }

    #[test]
    fn a_plan_is_the_beginning_of_its_explanation(
        made in vec(made(), 0..120), ask in ask(), max_attempts in 1u32..20,
    ) {
        let snapshot = catalogue(&made, max_attempts);
        let (whole, left_out) = ask.explain(&snapshot);
        match (ask.plan(&snapshot), whole) {
            (Err(failure), Err(explained)) => prop_assert_eq!(failure, explained),
            (Ok(plan), Ok(whole)) => {
                let (some, all) = (order_of(&plan), order_of(&whole));
                prop_assert!(all.starts_with(&some), "{some:?} {all:?}");
                prop_assert_eq!(some.len() + plan.more_candidates, all.len());
                prop_assert!(some.len() >= all.len().min(20.max(max_attempts as usize)));
                prop_assert_eq!((plan.strategy, plan.conversation), (whole.strategy, whole.conversation));
                let all_left_out = exclusions(&left_out);
                prop_assert!(exclusions(&plan.left_out).iter().all(|left| all_left_out.contains(left)));
                // The explanation contains models that the request did not select, too.
                let not_meant = snapshot.models().len() - all.len() - plan.left_out.len();
                prop_assert!(plan.left_out.len() <= 20 && plan.more_left_out <= not_meant);
            }
            (plan, whole) => prop_assert!(false, "{plan:?} {whole:?}"),
        }
    }

    #[test]
    fn a_query_means_the_models_that_fit_each_of_its_words(
        made in vec(made(), 0..80), query in query(),
    ) {
        let snapshot = catalogue(&made, 3);
        let ask = Ask::query(query);
        let meant = meant(&snapshot, &ask.selector).unwrap();
        let (plan, left_out) = ask.explain(&snapshot);
        let by_query = |left: &&LeftOut| matches!(left.why, Exclusion::Query(_));
        let others: BTreeSet<_> =
            left_out.iter().filter(by_query).map(|left| left.model.full_name()).collect();
        for model in snapshot.models() {
            let name = model.full_name();
            prop_assert!(meant.contains(&name) != others.contains(&name), "{name}");
        }
        let usable = |name: &String| snapshot.model(name).is_some_and(|model| {
            model.is_callable() && model.health.circuit.wait(ask.now).is_none()
        });
        prop_assert_eq!(plan.is_ok(), meant.iter().any(usable));
    }
}
