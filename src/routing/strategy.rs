//! Orders candidates by a strategy. Randomness comes from a seed alone, and each model has its own
//! share of it: the same seed with the same measurements gives the same order again, and leaving
//! out a model changes nothing for the others.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;

use super::query::{RoutingContext, RoutingQuery};
use super::rank_reason::{RankReason, Reason};
use crate::catalog::Model;
use crate::catalog::index::Index;
use crate::domain::facts::{Needs, Preferences};
use crate::domain::hash::{mixed, share};
use crate::domain::strategy::Strategy;
use crate::domain::usage::Usage;

/// One choice in this many explores another model than the fastest.
const EXPLORED: u32 = 20;

/// A measurement older than this is worth a new one.
const STALE: Duration = Duration::from_secs(60);

/// Unknown: tried before the slow models, after the fast ones.
const NOT_MEASURED_MS: f64 = 1000.0;

/// An eligible model, with the measure that ranks it.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub model: Arc<Model>,
    /// The rank's key, in the strategy's own unit; higher is better.
    pub score: f64,
    pub reason: Reason,
}

/// The inputs of an order.
#[derive(Clone, Copy)]
pub(super) struct Rule<'a> {
    pub strategy: Strategy,
    pub preferences: &'a Preferences,
    pub circumstances: RoutingContext<'a>,
    /// The conversation's hash, if the strategy needs it.
    pub conversation: u64,
}

impl<'a> Rule<'a> {
    pub fn of(strategy: Strategy, query: RoutingQuery<'a>) -> Self {
        let RoutingQuery { preferences, circumstances, .. } = query;
        let is_asked = strategy == Strategy::Sticky;
        let conversation = if is_asked { circumstances.conversation.id() } else { 0 };
        Self { strategy, preferences, circumstances, conversation }
    }
}

/// The first `most` of the eligible models, each given by its index. The result is a prefix of the
/// complete order.
pub(super) fn order(index: &Index, able: &[usize], rule: Rule<'_>, most: usize) -> Vec<Candidate> {
    if most == 0 {
        return Vec::new();
    }
    let rated = match rule.strategy {
        Strategy::LeastBusy => drawn_in_pairs(index, able, rule, most),
        Strategy::Priority
        | Strategy::Weighted
        | Strategy::RoundRobin
        | Strategy::LeastLatency
        | Strategy::LeastCost
        | Strategy::Sticky => best(rate(index, able, rule), most),
    };
    let candidate = |rated: Rated<'_>| Candidate {
        model: rated.model.clone(),
        score: rated.score(rule.strategy),
        reason: Reason { measure: rated.measure, is_fallback: false },
    };
    rated.into_iter().map(candidate).collect()
}

/// A model with everything that decides about its rank.
struct Rated<'a> {
    model: &'a Arc<Model>,
    place: usize,
    /// The rank of its provider in the client's `order`.
    rank: usize,
    key: f64,
    /// Breaks ties among equal keys, by weight.
    draw: f64,
    measure: RankReason,
}

impl Rated<'_> {
    /// Never equal for two models, so that a partial order is a prefix of the whole.
    fn compare(&self, other: &Self) -> Ordering {
        (self.rank.cmp(&other.rank))
            .then_with(|| other.key.total_cmp(&self.key))
            .then_with(|| other.draw.total_cmp(&self.draw))
            .then_with(|| self.place.cmp(&other.place))
    }

    fn score(&self, strategy: Strategy) -> f64 {
        match strategy {
            // The draw is between 0 and 1, and shows which models it decided among.
            Strategy::Priority => self.key + self.draw.exp() * 0.999,
            Strategy::Weighted | Strategy::Sticky => self.key.exp(),
            Strategy::RoundRobin
            | Strategy::LeastLatency
            | Strategy::LeastCost
            | Strategy::LeastBusy => self.key,
        }
    }
}

fn rate<'a>(index: &'a Index, able: &[usize], rule: Rule<'_>) -> Vec<Rated<'a>> {
    let seed = mixed(rule.circumstances.seed);
    let mut turns = turns(able.len(), rule.circumstances.seed);
    let mut rated: Vec<Rated<'a>> = Vec::with_capacity(able.len());
    for place in able {
        let Some(model) = index.model(*place) else { continue };
        let draw = draw(model, seed ^ index.hash(*place));
        let (key, measure) = match rule.strategy {
            Strategy::Priority => {
                #[expect(clippy::cast_precision_loss, reason = "priorities are small numbers")]
                let priority = model.config.priority as f64;
                (priority, RankReason::Priority(model.config.priority))
            }
            Strategy::Weighted => (draw, RankReason::Weight(weight(model))),
            Strategy::RoundRobin => (turns.next().unwrap_or_default(), RankReason::Turn),
            Strategy::LeastLatency => latency(model, rule.circumstances.now),
            Strategy::LeastCost => cost(model, rule.circumstances.needs),
            Strategy::LeastBusy => busyness(model),
            // Highest random weight (rendezvous hashing): removing a model moves only its own
            // conversations.
            Strategy::Sticky => {
                let chance = mixed(rule.conversation) ^ index.hash(*place);
                (self::draw(model, chance), RankReason::Conversation)
            }
        };
        let rank = rule.preferences.rank(model);
        rated.push(Rated { model, place: *place, rank, key, draw, measure });
    }
    if rule.strategy == Strategy::LeastLatency {
        explore(&mut rated, rule.circumstances);
    }
    rated
}

fn weight(model: &Model) -> f64 {
    model.config.weight.unwrap_or(1.0)
}

/// Efraimidis and Spirakis: sorted by these, models come first as often as their weights say. A
/// logarithm of their number, which keeps the order and takes less time. A weight of 0 comes
/// after all others; several of them share what is left to them.
fn draw(model: &Model, chance: u64) -> f64 {
    const LAST: f64 = -1e300;
    let log = share(mixed(chance)).ln();
    match weight(model) {
        1.0 => log,
        weight if weight > 0.0 => (log / weight).max(LAST),
        _ => LAST * (1.0 - log),
    }
}

/// The distance of each model from its turn, as keys. The seed counts the requests.
fn turns(count: usize, seed: u64) -> impl Iterator<Item = f64> {
    let turn = u64::try_from(count).ok().and_then(|count| seed.checked_rem(count));
    let turn = turn.and_then(|turn| usize::try_from(turn).ok()).unwrap_or_default();
    (0..count).map(move |nth| key(-as_float((nth + count - turn) % count.max(1))))
}

fn latency(model: &Model, now: Duration) -> (f64, RankReason) {
    let ms = model.health.ttft.read(now).map(|reading| {
        #[expect(clippy::cast_precision_loss, reason = "a mean ends at 71 minutes")]
        let us = reading.mean_us as f64;
        us / 1000.0
    });
    (key(-ms.unwrap_or(NOT_MEASURED_MS)), RankReason::Latency { ms, is_explored: false })
}

fn cost(model: &Model, needs: &Needs) -> (f64, RankReason) {
    let completion = needs.answer_tokens();
    let usage = Usage { prompt: needs.prompt_tokens, completion, ..Usage::default() };
    let dollars = model.prices.cost(&usage).map(|cost| cost.as_dollars());
    (dollars.map_or(f64::NEG_INFINITY, |dollars| key(-dollars)), RankReason::Cost(dollars))
}

fn busyness(model: &Model) -> (f64, RankReason) {
    let count = model.limits.in_flight();
    (key(-as_float(count)), RankReason::InFlight(count))
}

#[expect(clippy::cast_precision_loss, reason = "models and calls are thousands")]
fn as_float(count: usize) -> f64 {
    count as f64
}

/// Normalises -0 to 0, so that two keys of 0 are equal.
fn key(key: f64) -> f64 {
    key + 0.0
}

/// Randomness that concerns no single model.
fn rng(seed: u64) -> Rng {
    const OTHER_THAN_DRAWS: u64 = 0x6f74_6865_7273;
    Rng::with_seed(mixed(seed ^ OTHER_THAN_DRAWS))
}

/// Now and then a model with an old or missing measurement goes first.
fn explore(rated: &mut [Rated<'_>], circumstances: RoutingContext<'_>) {
    let mut rng = rng(circumstances.seed);
    if rng.u32(..EXPLORED) != 0 {
        return;
    }
    let first = rated.iter().min_by(|one, other| one.compare(other)).map(|first| first.place);
    let is_stale = |rated: &&mut Rated<'_>| {
        let reading = rated.model.health.ttft.read(circumstances.now);
        Some(rated.place) != first && reading.is_none_or(|reading| reading.age > STALE)
    };
    if let Some(chosen) = rng.choice(rated.iter_mut().filter(is_stale).collect::<Vec<_>>()) {
        chosen.key = f64::INFINITY;
        if let RankReason::Latency { is_explored, .. } = &mut chosen.measure {
            *is_explored = true;
        }
    }
}

/// The first ones, in order, without sorting all.
fn best(mut rated: Vec<Rated<'_>>, most: usize) -> Vec<Rated<'_>> {
    if let Some(last) = most.checked_sub(1)
        && last < rated.len()
    {
        rated.select_nth_unstable_by(last, Rated::compare);
        rated.truncate(most);
    }
    rated.sort_unstable_by(Rated::compare);
    rated
}

/// Power of two choices, repeated until `most` are chosen.
fn drawn_in_pairs<'a>(
    index: &'a Index,
    able: &[usize],
    rule: Rule<'_>,
    most: usize,
) -> Vec<Rated<'a>> {
    let mut rated = rate(index, able, rule);
    let mut rng = rng(rule.circumstances.seed);
    let count = rated.len();
    // If the client prefers some providers, the whole order is needed.
    let drawn = if rule.preferences.order.is_empty() { most.min(count) } else { count };
    for place in 0..drawn {
        let one = rng.usize(place..count);
        // Two different ones, while there are two.
        let step = if count - place > 1 { rng.usize(1..count - place) } else { 0 };
        let other = place + (one - place + step) % (count - place);
        let key = |at: usize| rated.get(at).map_or(f64::NEG_INFINITY, |rated| rated.key);
        let chosen = if key(other) > key(one) { other } else { one };
        rated.swap(place, chosen);
    }
    rated.truncate(drawn);
    rated.sort_by_key(|rated| rated.rank);
    rated.truncate(most);
    rated
}
