//! What each strategy promises, over many seeds and random catalogues.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use llm_router::catalog::{Model, Snapshot};
use llm_router::domain::clock::Clock;
use llm_router::domain::provider_kind::ProviderKind;
use llm_router::domain::strategy::Strategy as Order;
use llm_router::limits::LimitShare;
use llm_router::routing::Conversation;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::support::catalogue::{Ask, model, names, prices, provider, snapshot};

const SEEDS: u64 = 20_000;

/// Each case looks at all the seeds.
fn few() -> ProptestConfig {
    ProptestConfig::with_cases(6)
}

fn models(count: usize, change: impl Fn(usize, &mut Model)) -> Vec<Model> {
    let providers = ["east", "west"].map(|name| Arc::new(provider(name, ProviderKind::Openai)));
    (0..count)
        .map(|nth| {
            let mut model = model(&providers[nth % 2], &format!("m{nth}"), "");
            change(nth, &mut model);
            model
        })
        .collect()
}

fn place(name: &str) -> usize {
    name.trim_start_matches('m').parse().unwrap()
}

/// How often each model comes first.
fn firsts(snapshot: &Snapshot, ask: &Ask, count: usize) -> Vec<f64> {
    let mut firsts = vec![0.0; count];
    for seed in 0..SEEDS {
        firsts[place(&ask.clone().seed(seed).first(snapshot))] += 1.0;
    }
    firsts
}

/// Five deviations: chance goes beyond them once in two million.
fn is_near(found: f64, share: f64) -> bool {
    let expected = share * SEEDS as f64;
    (found - expected).abs() <= 5.0 * (expected * (1.0 - share)).sqrt() + 1.0
}

fn weights() -> impl Strategy<Value = Vec<f64>> {
    vec(select(vec![0.0, 0.1, 0.5, 1.0, 1.0, 2.0, 3.0, 10.0]), 2..7)
        .prop_filter("one of them counts", |weights| weights.iter().any(|weight| *weight > 0.0))
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn models_come_first_as_often_as_their_weights_say(weights in weights(), priority in -3i64..4) {
        let snapshot = snapshot(models(weights.len(), |nth, model| {
            model.config.weight = Some(weights[nth]);
            model.config.priority = priority;
        }));
        let sum: f64 = weights.iter().sum();
        for order in [Order::Weighted, Order::Priority, Order::LeastCost] {
            let firsts = firsts(&snapshot, &Ask::by(order), weights.len());
            for (first, weight) in firsts.iter().zip(&weights) {
                prop_assert!(is_near(*first, weight / sum), "{order:?} {weights:?} {firsts:?}");
                prop_assert_eq!(*first > 0.0, *weight > 0.0);
            }
        }
    }

    #[test]
    fn models_of_no_weight_share_what_is_left_to_them(count in 2usize..6) {
        let snapshot = snapshot(models(count, |_, model| model.config.weight = Some(0.0)));
        for order in [Order::Weighted, Order::Priority] {
            let firsts = firsts(&snapshot, &Ask::by(order), count);
            prop_assert!(firsts.iter().all(|first| is_near(*first, 1.0 / count as f64)), "{firsts:?}");
        }
    }

    #[test]
    fn of_the_highest_priority_one_comes_first(priorities in vec(-2i64..3, 1..8)) {
        let snapshot = snapshot(models(priorities.len(), |nth, model| {
            model.config.priority = priorities[nth];
        }));
        let highest = *priorities.iter().max().unwrap();
        let firsts = firsts(&snapshot, &Ask::by(Order::Priority), priorities.len());
        let equals = priorities.iter().filter(|priority| **priority == highest).count();
        for (first, priority) in firsts.iter().zip(&priorities) {
            let share = if *priority == highest { 1.0 / equals as f64 } else { 0.0 };
            prop_assert!(is_near(*first, share) && (share > 0.0 || *first == 0.0), "{firsts:?}");
        }
    }

    #[test]
    fn the_fastest_comes_first_but_for_one_choice_in_twenty(
        (fresh, stale, unknown) in (vec(1u64..900, 1..4), 0usize..3, 0usize..3),
    ) {
        let count = fresh.len() + stale + unknown;
        let ask = Ask::by(Order::LeastLatency);
        let snapshot = snapshot(models(count, |nth, model| match fresh.get(nth) {
            Some(ms) => model.health.ttft.record(ask.now, Duration::from_millis(*ms)),
            None if nth < fresh.len() + stale => {
                let old = ask.now - Duration::from_secs(61);
                model.health.ttft.record(old, Duration::from_secs(2));
            }
            None => {}
        }));
        let firsts = firsts(&snapshot, &ask, count);
        let least = *fresh.iter().min().unwrap();
        let looked_at = stale + unknown;
        for (nth, first) in firsts.iter().enumerate() {
            match fresh.get(nth) {
                Some(ms) if *ms > least => prop_assert_eq!(*first, 0.0),
                Some(_) => {}
                None => prop_assert!(is_near(*first, 0.05 / looked_at as f64), "{firsts:?}"),
            }
        }
        let fast: f64 = firsts.iter().take(fresh.len()).sum();
        let share = if looked_at > 0 { 0.95 } else { 1.0 };
        prop_assert!(is_near(fast, share), "{firsts:?}");
    }

    #[test]
    fn the_less_busy_of_two_different_ones_comes_first(count in 2usize..7) {
        let mut places: Vec<LimitShare> = Vec::new();
        let models = models(count, |_, _| {});
        for (nth, model) in models.iter().enumerate() {
            places.extend((0..nth * 3).map(|_| model.limits.enter(Clock::start(), 0).unwrap()));
        }
        let snapshot = snapshot(models);
        let firsts = firsts(&snapshot, &Ask::by(Order::LeastBusy), count);
        for (nth, first) in firsts.iter().enumerate() {
            // It is drawn together with one that is busier.
            let share = 2.0 * (count - 1 - nth) as f64 / (count * (count - 1)) as f64;
            prop_assert!(is_near(*first, share) && (share > 0.0 || *first == 0.0), "{firsts:?}");
        }
    }

    #[test]
    fn conversations_of_a_model_that_leaves_move_and_no_others(count in 2usize..8, leaves in any::<Index>()) {
        const CONVERSATIONS: u64 = 4_000;
        let leaves = leaves.index(count);
        let all = snapshot(models(count, |_, _| {}));
        let rest = snapshot(models(count, |nth, model| model.is_active = nth != leaves));
        let mut moved = 0;
        for id in 0..CONVERSATIONS {
            let first = |snapshot: &Snapshot| {
                let ask = Ask::by(Order::Sticky).seed(id * 7);
                let mut inquiry = ask.routing_query();
                inquiry.circumstances.conversation = Conversation::Known(id);
                let plan = llm_router::routing::plan(snapshot, inquiry).unwrap();
                place(&plan.candidates[0].model.name)
            };
            match first(&all) {
                before if before == leaves => moved += 1,
                before => prop_assert_eq!(first(&rest), before),
            }
        }
        let most = CONVERSATIONS as f64 / count as f64;
        prop_assert!(f64::from(moved) < most + 5.0 * most.sqrt(), "{moved} of {CONVERSATIONS}");
        prop_assert!(moved > 0);
    }
}

proptest! {
    #[test]
    fn each_has_its_turn(count in 1usize..9, start in any::<u64>()) {
        let snapshot = snapshot(models(count, |_, _| {}));
        let start = start / 2;
        let mut turns = BTreeMap::new();
        for nth in 0..count as u64 * 3 {
            let plan = Ask::by(Order::RoundRobin).seed(start + nth).plan(&snapshot).unwrap();
            *turns.entry(names(&plan)).or_insert(0) += 1;
        }
        // Each order begins with another one, and comes three times.
        prop_assert_eq!(turns.len(), count);
        prop_assert!(turns.values().all(|times| *times == 3));
        let firsts: std::collections::BTreeSet<_> = turns.keys().map(|order| &order[0]).collect();
        prop_assert_eq!(firsts.len(), count);
    }

    #[test]
    fn the_cheaper_comes_before_the_dearer_and_before_the_unknown(
        dollars in vec(proptest::option::of(0u32..5), 1..40),
        seed in any::<u64>(),
    ) {
        let snapshot = snapshot(models(dollars.len(), |nth, model| {
            let dollars = dollars[nth].map(f64::from);
            model.prices = dollars.map(|dollars| prices(dollars, dollars)).unwrap_or_default();
        }));
        let (plan, _) = Ask::by(Order::LeastCost).seed(seed).explain(&snapshot);
        let plan = plan.unwrap();
        let paid: Vec<_> = plan
            .candidates
            .iter()
            .map(|candidate| dollars[place(&candidate.model.name)].unwrap_or(u32::MAX))
            .collect();
        prop_assert!(paid.is_sorted(), "{paid:?}");
        prop_assert_eq!(paid.len(), dollars.len());
    }

    #[test]
    fn a_seed_gives_its_order_again_and_who_is_missing_changes_nothing_for_the_others(
        weights in vec(select(vec![0.0, 0.5, 1.0, 4.0]), 2..30),
        missing in any::<Index>(),
        seed in any::<u64>(),
    ) {
        let change = |nth: usize, model: &mut Model| {
            model.config.weight = Some(weights[nth]);
            model.config.priority = (nth % 3) as i64;
        };
        let missing = missing.index(weights.len());
        let all = snapshot(models(weights.len(), change));
        let rest = snapshot(models(weights.len(), |nth, model| {
            change(nth, model);
            model.is_active = nth != missing;
        }));
        let name = format!("{}/m{missing}", ["east", "west"][missing % 2]);
        for order in Order::ALL {
            let order_of = |snapshot: &Snapshot| {
                let (plan, _) = Ask::by(order).seed(seed).explain(snapshot);
                names(&plan.unwrap())
            };
            let before = order_of(&all);
            prop_assert_eq!(&before, &order_of(&all), "{:?}", order);
            let is_drawn_alone = matches!(order, Order::Priority | Order::Weighted | Order::LeastCost | Order::Sticky);
            if is_drawn_alone {
                let others: Vec<_> = before.into_iter().filter(|known| *known != name).collect();
                prop_assert_eq!(others, order_of(&rest), "{:?}", order);
            }
        }
    }
}

#[test]
fn an_unmeasured_model_stands_between_the_fast_and_the_slow() {
    let ask = Ask::by(Order::LeastLatency);
    let snapshot = snapshot(models(3, |nth, model| match nth {
        0 => model.health.ttft.record(ask.now, Duration::from_millis(3_000)),
        1 => model.health.ttft.record(ask.now, Duration::from_millis(300)),
        _ => {}
    }));
    let plans = (0..100).map(|seed| ask.clone().seed(seed).plan(&snapshot).unwrap());
    let told: Vec<String> = plans
        .filter(|plan| plan.candidates[0].model.name == "m1")
        .map(|plan| {
            let told = plan.candidates.iter();
            told.map(|told| format!("{} {}", told.model.name, told.reason)).collect::<Vec<_>>()
        })
        .map(|told| told.join(", "))
        .collect();
    assert!(told.len() > 85, "{}", told.len());
    assert_eq!(
        told[0],
        "m1 300 ms to its first token, m2 not measured yet, m0 3000 ms to its first token"
    );
    assert!(told.iter().all(|order| *order == told[0]));
}
