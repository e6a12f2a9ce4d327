//! `llm-router serve`.

use std::process::ExitCode;
use std::sync::Arc;

use log::{debug, error, warn};
use rustix::thread::disable_transparent_huge_pages;

use crate::app;
use crate::config::settings::{Env, Flags, process_env};

/// `from_dotenv`: the variables that the `.env` set.
pub fn serve(flags: Flags, from_dotenv: Vec<String>) -> ExitCode {
    // Each call needs two sockets; the usual soft limit of 1024 is soon reached.
    if let Err(failure) = rlimit::increase_nofile_limit(u64::MAX) {
        warn!("the limit of open files cannot be raised: {failure}");
    }
    // The allocator asks for pages of 2 MiB: each worker's first request of a size would hold one.
    if let Err(failure) = disable_transparent_huge_pages(true) {
        debug!("memory comes in huge pages: {failure}");
    }
    let env: Env = Arc::new(process_env);
    match actix::System::new().block_on(app::serve((flags, env), from_dotenv)) {
        Ok(stopped) if stopped.is_none_or(|stopped| stopped.is_clean()) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(failure) => {
            error!("not started: {failure}");
            ExitCode::FAILURE
        }
    }
}
