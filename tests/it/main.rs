//! The integration tests: the real application on a port of its own, scripted upstreams that
//! misbehave byte by byte, and clients that see every byte.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should say so and stop"
)]

mod support;

mod access;
mod access_matrix;
mod agreement;
mod aliases_of_keys;
mod api_doc;
mod architecture;
mod bad_input;
mod bad_messages;
mod batch;
mod budgets;
mod chat;
mod client_gone;
mod command_line;
mod config_reload;
mod config_schema;
mod console;
mod console_figures;
mod database_faults;
mod db_verbs;
mod dead_names;
mod descriptors;
mod dialects;
mod difficulty;
mod dotenv;
mod dry_runs;
mod error_table;
mod events;
mod explained;
mod exports;
mod fallbacks;
mod family_streams;
mod fault_matrix;
mod functions;
mod gave_up;
mod half_characters;
mod half_written;
mod import_circles;
mod in_flight;
mod init;
mod invocation_lists;
mod invoke;
mod keepalives;
mod key_limits;
mod keys;
mod live;
mod live_backlog;
mod loops;
mod manage_models;
mod manage_providers;
mod media;
mod metrics;
mod mock_provider;
mod models;
mod openapi;
mod outbound;
mod outbound_doors;
mod packed_bodies;
mod pairs;
mod patrol;
mod plain_service;
mod pricing;
mod provider_keys;
mod provider_secrets;
mod provider_state;
mod provider_test;
mod providers_table;
mod quirks;
mod rate_limit;
mod recording;
mod remote;
mod reported_models;
mod request_line;
mod responses;
mod resting;
mod retention;
mod roles;
mod room;
mod round_trip;
mod routing;
mod routing_properties;
mod routing_strategies;
mod routing_table;
mod secrets;
mod sent_back;
mod sessions;
mod shipped_config;
mod shutdown;
mod statistics;
mod stream_faults;
mod streamed_calls;
mod streams;
mod timings;
mod tls;
mod tls_clients;
mod tls_http2;
mod tls_http2_hostile;
mod told_failures;
mod told_of_answers;
mod traces;
mod two_routers;
mod upstream_connections;
mod upstream_faults;
mod usage_estimates;
mod variables;
mod vendor_bounds;
mod verbs;
