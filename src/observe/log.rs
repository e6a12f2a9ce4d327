//! The log's format and level. `RUST_LOG` takes precedence over `LLM_ROUTER_LOG_LEVEL`.

use crate::config::settings::process_env;

/// actix logs its own starts and stops; the router's lines say more.
const DEFAULT_FILTER: &str = "info,actix_server=warn";

/// Starts logging to standard error, once for the process.
pub fn start() {
    let set = process_env("RUST_LOG").or_else(|| process_env("LLM_ROUTER_LOG_LEVEL"));
    let mut builder = env_logger::Builder::new();
    builder.parse_filters(set.as_deref().unwrap_or(DEFAULT_FILTER));
    // A second start, as in tests, keeps the first logger.
    let _ = builder.format_target(false).try_init();
}
