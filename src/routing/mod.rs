//! Which models may serve a request, in which order, and why. Pure: a snapshot and an inquiry in,
//! candidates out.
//!
//! [`plan`] is the sentence to read first. [`matching`] finds the models that are meant, [`meaning`] all that a name may stand for,
//! [`sieve`] leaves out those that cannot serve by [`needs`] and [`preferences`], [`strategy`] puts
//! the rest in order, [`nobody`] says why there is none, [`trace`] tells all of it. [`pairs`] and [`difficulty`] say which side of a pair serves.

mod conversation;
pub mod dead_names;
pub mod difficulty;
mod matching;
mod meaning;
pub mod needs;
mod nobody;
pub mod pairs;
mod plan;
mod preferences;
mod reason;
mod resting;
mod selector;
mod sieve;
mod strategy;
pub mod tags;
mod tokens;
pub mod trace;
mod unmet;
mod why;

pub use conversation::Conversation;
pub use meaning::{Granted, Rights, meant_by};
pub use plan::{Inquiry, LeftOut, Plan, Unserved, explain, named, plan};
pub use preferences::Preferences;
pub use reason::{Ground, Reason};
pub use resting::{Resting, all_resting};
pub use selector::{Query, Selector};
pub use strategy::{Candidate, Circumstances};
pub use why::{Full, Why};
