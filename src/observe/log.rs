//! The log's format and level. `RUST_LOG` wins over `LLM_ROUTER_LOG_LEVEL`.

use env_logger::Env;

/// actix announces its own starts and stops; ours say more.
const DEFAULT_FILTER: &str = "info,actix_server=warn";

/// Starts logging to standard error, once for the process.
pub fn start() {
    let env = Env::default().filter_or("LLM_ROUTER_LOG_LEVEL", DEFAULT_FILTER);
    let filter = std::env::var("RUST_LOG").ok().filter(|filter| !filter.is_empty());
    let mut builder = env_logger::Builder::from_env(env);
    if let Some(filter) = filter {
        builder.parse_filters(&filter);
    }
    // A second start, as in tests, keeps the first logger.
    let _ = builder.format_target(false).try_init();
}
