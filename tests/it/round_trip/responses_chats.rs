//! A request of OpenAI's Responses at every upstream dialect: what it is sent is sound there, and
//! calls, tools and words are all there and in order.

use llm_router::dialects::Dialect;
use llm_router::dialects::request::ClientRequest;
use llm_router::dialects::responses::upstream::encode::encode;
use llm_router::domain::chat::{Maker, Message};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::chats::{chats, media};
use super::messages::{OWN, UPSTREAMS, sent};
use super::{capabilities, unanswered};
use crate::support::received;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_response_is_asked_for_in_every_dialect(request in chats(
        &["gpt-5.6-sol", "gpt-4.1"],
        &[media::png, media::pdf],
    )) {
        prop_assume!(unanswered(&request.messages).is_empty());
        prop_assume!(!matches!(request.messages.last(), Some(Message::Assistant(_))));
        let written = encode(&request, &capabilities(&request.model), Maker::OpenAi);
        let Ok(written) = written else { return Ok(()) };
        let asked = serde_json::from_slice(&written.body).unwrap();
        let asked = received::responses::read(asked).map_err(TestCaseError::fail)?;
        for (kind, dialect, model) in UPSTREAMS {
            let model = match dialect {
                Dialect::OpenAiResponses(_) => &request.model,
                _ if model == OWN => "claude-opus-4-8",
                _ => model,
            };
            let client = Dialect::OpenAiResponses(Maker::OpenAi);
            let client = ClientRequest::parse(client, written.body.clone(), None);
            sent(client, &asked, (kind, dialect, model))?;
        }
    }
}
