//! Callers' keys: rights, limits, usage, sessions.
//!
//! Reading order: [`key`] (a running key), [`restrictions`] (what it may call, and from where),
//! [`budget`], [`ledger`] and [`account`] (budgets, spending), [`reservation`] (a call's share of
//! them), [`keyring`] (the lookup of a credential's key), [`session`] (logins), [`rows`], [`sync`]
//! and [`service`] (keys in the database).

pub mod account;
pub mod budget;
pub mod digest;
pub mod key;
pub mod keyring;
pub mod ledger;
pub mod pattern;
mod rehearsal;
pub mod reservation;
pub mod restrictions;
pub mod rows;
pub mod service;
pub mod session;
pub mod sync;

pub use key::{ApiKey, KeyOrigin, Unusable};
pub use keyring::Keyring;
pub use reservation::{BudgetReservation, Clocks, Refused};
pub use service::{ChangeError, KeyService};
pub use session::{Session, Sessions};
