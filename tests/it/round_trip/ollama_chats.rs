//! A request of Ollama's API at every upstream dialect: what it is sent is sound there, and calls and
//! words are all there and in order.

use llm_router::dialects::Dialect;
use llm_router::dialects::ollama::upstream::encode::encode;
use llm_router::dialects::request::ClientRequest;
use llm_router::domain::chat::Message;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::chats::{chats, media};
use super::messages::{OWN, UPSTREAMS, sent};
use super::{capabilities, unanswered};
use crate::support::received;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_chat_of_ollamas_survives_every_dialect(request in chats(
        &["qwen3-vl:8b", "gpt-oss:20b"],
        &[media::png],
    )) {
        prop_assume!(unanswered(&request.messages).is_empty());
        // Ollama goes on with the turn of the model, which not every API does.
        prop_assume!(!matches!(request.messages.last(), Some(Message::Assistant(_))));
        let Ok(written) = encode(&request, &capabilities(&request.model)) else { return Ok(()) };
        let asked = serde_json::from_slice(&written.body).unwrap();
        let asked = received::ollama::read(asked).map_err(TestCaseError::fail)?;
        for (kind, dialect, model) in UPSTREAMS {
            let model = if model == OWN { "claude-opus-4-8" } else { model };
            let client = ClientRequest::parse(Dialect::OllamaChat, written.body.clone(), None);
            sent(client, &asked, (kind, dialect, model))?;
        }
    }
}
