//! A request of Gemini's API at every upstream dialect: what it is sent is sound there, and calls, tools
//! and words are all there and in order.

use llm_router::dialects::Dialect;
use llm_router::dialects::gemini::upstream;
use llm_router::dialects::request::ClientRequest;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::chats::{chats, media};
use super::messages::{OWN, UPSTREAMS, sent};
use super::{capabilities, unanswered};
use crate::support::received;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn contents_are_generated_in_every_dialect(request in chats(
        &["gemini-2.5-flash", "gemini-3.1-pro-preview"],
        &[media::png, media::pdf],
    )) {
        prop_assume!(unanswered(&request.messages).is_empty());
        let written = upstream::encode::encode(&request, &capabilities(&request.model));
        let Ok(written) = written else { return Ok(()) };
        let path = format!("/v1beta/models{}", upstream::path(&request.model, request.is_stream));
        let asked = serde_json::from_slice(&written.body).unwrap();
        let asked = received::gemini::read(&path, asked).map_err(TestCaseError::fail)?;
        for (kind, dialect, model) in UPSTREAMS {
            let model = match dialect {
                Dialect::GeminiGenerate => &request.model,
                _ if model == OWN => "claude-opus-4-8",
                _ => model,
            };
            let name = request.model.clone();
            let client = ClientRequest::generate(written.body.clone(), name, request.is_stream);
            sent(client, &asked, (kind, dialect, model))?;
        }
    }
}
