//! Which models may serve a request, in which order, and why. Pure: a snapshot and an inquiry in,
//! candidates out.
//!
//! [`plan`] is the sentence to read first. [`matching`] finds the models that are meant,
//! [`needs`] and [`preferences`] leave out those that cannot serve, [`strategy`] puts the rest
//! in order, [`trace`] tells all of it. [`pairs`] and [`difficulty`] say which side of a pair serves.

pub mod difficulty;
mod matching;
pub mod needs;
pub mod pairs;
mod plan;
mod preferences;
mod selector;
mod strategy;
pub mod tags;
mod tokens;
pub mod trace;
mod unmet;
mod why;

pub use plan::{Inquiry, LeftOut, Plan, explain, named, plan};
pub use preferences::Preferences;
pub use selector::{Query, Selector, conversation};
pub use strategy::{Candidate, Circumstances};
pub use why::{Full, Why};
