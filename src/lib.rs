//! LLM Router: one REST interface in front of every language model provider.
//!
//! Reading order: [`relay`] (a request's way, in one sentence), then the modules it calls:
//! [`routing`], [`limits`], [`providers`], [`dialects`], [`recorder`]. [`http`] is the interface,
//! [`catalog`] and [`config`] hold the providers and models, [`store`] is the database, [`app`]
//! starts and stops everything. [`domain`] holds the types that all of them share.

pub mod app;
pub mod auth;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod dialects;
pub mod domain;
pub mod door;
pub mod health;
pub mod http;
pub mod keys;
pub mod limits;
pub mod observe;
pub mod providers;
pub mod recorder;
pub mod relay;
pub mod report;
pub mod routing;
pub mod store;
pub mod telemetry;
