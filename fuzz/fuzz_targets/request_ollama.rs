#![no_main]

use libfuzzer_sys::fuzz_target;
use llm_router::dialects::Dialect;

fuzz_target!(|bytes: &[u8]| llm_router_fuzz::request::check(Dialect::OllamaChat, bytes));
