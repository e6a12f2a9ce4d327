//! Which models may serve a request, in which order, and why. Pure: a snapshot and a query in,
//! candidates out.
//!
//! [`plan`] is the sentence to read first. [`matching`] finds the models that are meant, [`meaning`] all that a name may stand for,
//! [`filter`] leaves out those that cannot serve by what the request needs ([`unmet`]) and prefers ([`preferences`]), [`strategy`] puts
//! the rest in order, [`no_candidate`] says why there is none, [`trace`] tells all of it. [`pairs`] and [`difficulty`] say which side of a pair serves.

mod cooldown;
pub mod dead_names;
pub mod difficulty;
mod exclusion;
mod filter;
mod matching;
mod meaning;
mod no_candidate;
pub mod pairs;
mod plan;
mod preferences;
mod query;
mod rank_reason;
mod selector;
mod strategy;
pub mod tags;
mod timings;
pub mod trace;
mod unmet;

pub use cooldown::{CoolingDown, all_cooling_down};
pub use exclusion::{Exclusion, LeftOut, Saturated};
pub use meaning::{Granted, Rights, models_named, models_requested};
pub use plan::{Plan, Unserved, explain, named, plan};
pub use query::{Conversation, RoutingContext, RoutingQuery};
pub use rank_reason::{RankReason, Reason};
pub use selector::{Query, Selector};
pub use strategy::Candidate;
