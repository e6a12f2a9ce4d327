//! A caller's key, what it may do and what it has used.
//!
//! Reading order: [`key`] (a key as it runs), [`restrictions`] (what it may call, and from where),
//! [`budget`], [`ledger`] and [`account`] (what it may spend and has spent), [`reservation`] (what a
//! call takes of it), [`keyring`] (how a
//! request's credential finds its key), [`session`] (a login that stands for a key),
//! [`rows`], [`sync`] and [`service`] (how keys get into the database and out of it).

pub mod account;
pub mod budget;
pub mod digest;
pub mod key;
pub mod keyring;
pub mod ledger;
pub mod pattern;
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
