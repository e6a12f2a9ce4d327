//! How long it takes to choose among 1,000 models with 10 tags each: the plan of a request, and
//! the trace that is kept with it. `make bench-routing` runs it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench that cannot go on should say so and stop"
)]

#[path = "../tests/it/support/catalogue.rs"]
mod catalogue;

use std::sync::Arc;
use std::sync::LazyLock;
use std::time::Duration;

use catalogue::{Ask, model, prices, provider, snapshot};
use divan::{Bencher, black_box};
use llm_router::catalog::Snapshot;
use llm_router::domain::provider_kind::ProviderKind;
use llm_router::domain::strategy::Strategy;
use llm_router::routing::trace::Trace;
use serde_json::json;

const MODELS: usize = 1_000;
const PROVIDERS: usize = 20;
const TAGS: usize = 40;
const TAGS_OF_EACH: usize = 10;

static CATALOGUE: LazyLock<Snapshot> = LazyLock::new(|| {
    let mut rng = fastrand::Rng::with_seed(7);
    let kinds = [ProviderKind::Openai, ProviderKind::Claude, ProviderKind::Vllm];
    let providers: Vec<_> = (0..PROVIDERS)
        .map(|nth| Arc::new(provider(&format!("provider-{nth}"), kinds[nth % kinds.len()])))
        .collect();
    let all_tags: Vec<String> = (0..TAGS).map(|nth| format!("tag-{nth}")).collect();
    let models = (0..MODELS).map(|nth| {
        let tags = rng.choose_multiple(all_tags.iter(), TAGS_OF_EACH);
        let tags: Vec<&str> = tags.into_iter().map(String::as_str).collect();
        let mut model =
            model(&providers[nth % PROVIDERS], &format!("model-{nth}"), &tags.join(" "));
        model.config.weight = (nth % 2 == 0).then(|| f64::from(rng.u32(1..10)));
        model.config.priority = rng.i64(0..3);
        model.config.context_window = Some(1_000 * rng.u64(8..1_000));
        model.prices = prices(rng.f64() * 10.0, rng.f64() * 50.0);
        if nth % 10 != 0 {
            model
                .health
                .ttft
                .record(Duration::from_secs(990), Duration::from_millis(rng.u64(50..3_000)));
        }
        model
    });
    snapshot(models.collect())
});

fn main() {
    LazyLock::force(&CATALOGUE);
    divan::main();
}

/// The seed is another one for each plan.
fn measure(bencher: Bencher<'_, '_>, ask: &Ask) {
    let mut seed = 0;
    bencher.bench_local(|| {
        let inquiry = {
            seed += 1;
            let mut inquiry = ask.routing_query();
            inquiry.circumstances.seed = seed;
            inquiry
        };
        let plan = llm_router::routing::plan(black_box(&CATALOGUE), black_box(inquiry)).unwrap();
        let trace = Trace::of(&plan, None, seed);
        (plan, trace)
    });
}

#[divan::bench(args = [
    "model-500", "provider-0/model-500", "auto", "tag:tag-1,tag-2", "tag:tag-1+tag-2,!tag-3",
    "tag:tag-1|tag-2|tag-3|tag-4", "tag:!tag-1",
])]
fn by_name(bencher: Bencher<'_, '_>, name: &str) {
    measure(bencher, &Ask::named(name));
}

/// All 1,000 models are candidates.
#[divan::bench(args = Strategy::ALL.map(Strategy::as_str))]
fn among_all_by(bencher: Bencher<'_, '_>, strategy: &str) {
    measure(bencher, &Ask::query(json!({"strategy": strategy})));
}

#[divan::bench]
fn query_of_everything(bencher: Bencher<'_, '_>) {
    let query = json!({
        "tags": ["tag-1"], "any_tags": ["tag-2", "tag-3"], "exclude_tags": ["tag-4"],
        "provider_types": ["openai", "claude"], "min_context": 100_000,
    });
    measure(bencher, &Ask::query(query).header("!tag-5"));
}

/// Nearly all of them are left out, for a reason that no index knows.
#[divan::bench]
fn one_provider_wanted(bencher: Bencher<'_, '_>) {
    let wanted = json!({"provider": {"only": ["provider-1"], "max_price": {"prompt": 9}}});
    measure(bencher, &Ask::named("auto").with(wanted));
}

/// At the end of a call.
#[divan::bench]
fn trace_written(bencher: Bencher<'_, '_>) {
    let plan = Ask::named("auto").plan(&CATALOGUE).unwrap();
    let trace = Trace::of(&plan, None, 1);
    bencher.bench_local(|| black_box(&trace).to_json());
}
