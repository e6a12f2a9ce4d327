//! Candidates in the order of a strategy. Chance comes from a seed alone, so the same seed over
//! the same vitals gives the same order again.

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;

use super::needs::Needs;
use crate::catalog::Model;
use crate::domain::strategy::Strategy;
use crate::domain::usage::Usage;

/// One choice in this many looks at another model than the fastest.
const EXPLORED: u32 = 20;

/// A measure older than this is worth another look.
const STALE: Duration = Duration::from_secs(60);

/// What an answer is thought to take where the client names no limit.
const USUAL_ANSWER_TOKENS: u64 = 500;

/// A model that may serve, with what it was judged by.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub model: Arc<Model>,
    /// By which the strategy put it here, in the strategy's own unit; higher is better.
    pub score: f64,
    pub reason: String,
}

/// What the strategies look at beside the models.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    pub needs: &'a Needs,
    /// What a conversation is known by.
    pub conversation: u64,
    pub seed: u64,
    /// Since the process's start.
    pub now: Duration,
}

pub fn order(
    models: Vec<Arc<Model>>,
    strategy: Strategy,
    circumstances: Circumstances<'_>,
) -> Vec<Candidate> {
    let mut rng = Rng::with_seed(circumstances.seed);
    let mut candidates: Vec<Candidate> = models
        .into_iter()
        .map(|model| {
            let (score, reason) = judge(&model, strategy, circumstances, &mut rng);
            Candidate { model, score, reason }
        })
        .collect();
    match strategy {
        Strategy::RoundRobin => turn(&mut candidates, circumstances.seed),
        Strategy::LeastBusy => draw_pairs(&mut candidates, &mut rng),
        Strategy::Priority
        | Strategy::Weighted
        | Strategy::LeastLatency
        | Strategy::LeastCost
        | Strategy::Sticky => candidates.sort_by(best_first),
    }
    if strategy == Strategy::LeastLatency {
        explore(&mut candidates, circumstances, &mut rng);
    }
    candidates
}

/// By priority where the strategy has one, then by score; the name settles the rest.
fn best_first(one: &Candidate, other: &Candidate) -> Ordering {
    other.score.total_cmp(&one.score).then_with(|| {
        let names = |candidate: &Candidate| {
            (candidate.model.provider.name.clone(), candidate.model.name.clone())
        };
        names(one).cmp(&names(other))
    })
}

fn judge(
    model: &Model,
    strategy: Strategy,
    circumstances: Circumstances<'_>,
    rng: &mut Rng,
) -> (f64, String) {
    match strategy {
        Strategy::Priority => {
            // A draw lies between 0 and 1, so it decides among equal priorities only.
            #[expect(clippy::cast_precision_loss, reason = "priorities are small numbers")]
            let score = model.config.priority as f64 + draw(model, rng);
            (score, format!("priority {}", model.config.priority))
        }
        Strategy::Weighted => (draw(model, rng), format!("weight {}", weight(model))),
        Strategy::RoundRobin => (0.0, String::from("its turn")),
        Strategy::LeastLatency => match model.vitals.ttft.read(circumstances.now) {
            #[expect(clippy::cast_precision_loss, reason = "a mean ends at 71 minutes")]
            Some(reading) => {
                let ms = reading.mean_us as f64 / 1000.0;
                (-ms, format!("{ms:.0} ms to its first token"))
            }
            // Nobody knows it: it is tried before the slowest, after the fastest.
            None => (-1000.0, String::from("not measured yet")),
        },
        Strategy::LeastCost => match likely_cost(model, circumstances.needs) {
            Some(dollars) => (-dollars, format!("about ${dollars:.6}")),
            None => (f64::NEG_INFINITY, String::from("its price is unknown")),
        },
        Strategy::LeastBusy => {
            let count = model.vitals.in_flight.count();
            #[expect(clippy::cast_precision_loss, reason = "calls in flight are thousands")]
            let score = -(count as f64);
            (score, format!("{count} calls in flight"))
        }
        Strategy::Sticky => {
            let rank = rendezvous(model, circumstances.conversation);
            (rank, String::from("the conversation's place"))
        }
    }
}

fn weight(model: &Model) -> f64 {
    model.config.weight.unwrap_or(1.0)
}

/// Efraimidis and Spirakis: sorted by these, models come first as often as their weights say.
/// A weight of 0 comes last.
fn draw(model: &Model, rng: &mut Rng) -> f64 {
    let chance = rng.f64();
    match weight(model) {
        weight if weight > 0.0 => chance.powf(1.0 / weight) * 0.999,
        _ => 0.0,
    }
}

/// Highest random weight: a model that leaves takes its own conversations along, no others.
fn rendezvous(model: &Model, conversation: u64) -> f64 {
    let mut hasher = DefaultHasher::new();
    (conversation, &model.provider.name, &model.name).hash(&mut hasher);
    #[expect(clippy::cast_precision_loss, reason = "53 bits are enough to tell models apart")]
    let chance = (hasher.finish() >> 11) as f64 / (1u64 << 53) as f64;
    match weight(model) {
        weight if weight > 0.0 => chance.powf(1.0 / weight),
        _ => 0.0,
    }
}

fn likely_cost(model: &Model, needs: &Needs) -> Option<f64> {
    let completion = needs.max_tokens.unwrap_or(USUAL_ANSWER_TOKENS).min(USUAL_ANSWER_TOKENS);
    let usage = Usage { prompt: needs.prompt_tokens, completion, ..Usage::default() };
    model.prices.cost(&usage).map(|cost| cost.as_dollars())
}

/// The seed counts the requests of this strategy.
fn turn(candidates: &mut [Candidate], seed: u64) {
    candidates.sort_by(best_first);
    let count = u64::try_from(candidates.len()).unwrap_or(u64::MAX).max(1);
    candidates.rotate_left(usize::try_from(seed % count).unwrap_or_default());
}

/// Power of two choices, again and again until all have a place.
fn draw_pairs(candidates: &mut [Candidate], rng: &mut Rng) {
    candidates.sort_by(|one, other| {
        let names = |candidate: &Candidate| candidate.model.full_name();
        names(one).cmp(&names(other))
    });
    for place in 0..candidates.len() {
        let (one, other) = (rng.usize(place..candidates.len()), rng.usize(place..candidates.len()));
        let score = |at: usize| candidates.get(at).map_or(f64::NEG_INFINITY, |found| found.score);
        let chosen = if score(other) > score(one) { other } else { one };
        candidates.swap(place, chosen);
    }
}

/// Now and then a model whose measure is old or missing goes first.
fn explore(candidates: &mut [Candidate], circumstances: Circumstances<'_>, rng: &mut Rng) {
    if rng.u32(..EXPLORED) != 0 {
        return;
    }
    let is_stale = |candidate: &Candidate| {
        let reading = candidate.model.vitals.ttft.read(circumstances.now);
        reading.is_none_or(|reading| reading.age > STALE)
    };
    let stale: Vec<usize> =
        (1..candidates.len()).filter(|at| candidates.get(*at).is_some_and(is_stale)).collect();
    if let Some(at) = rng.choice(stale)
        && let Some(head) = candidates.get_mut(..=at)
    {
        head.rotate_right(1);
        if let Some(first) = head.first_mut() {
            first.reason.push_str(", looked at again");
        }
    }
}
