//! For tests: the facts of what a client of a vendor's API sent are those of the chat body that is
//! made of it.

use super::openai::{body, facts};
use super::request::ClientRequest;
use crate::domain::facts::RequestFacts;

/// Without places and numbers of tokens, which differ: a chat has other messages.
fn what(facts: &RequestFacts) -> (Vec<bool>, RequestFacts) {
    let needs = &facts.needs;
    let media = [needs.image, needs.audio, needs.video, needs.file, needs.text_file];
    let mut rest = facts.clone();
    let needs = &mut rest.needs;
    (needs.image, needs.audio, needs.video, needs.file, needs.text_file) = Default::default();
    (needs.prompt_tokens, needs.least_prompt_tokens) = (0, 0);
    (media.map(|place| place.is_some()).to_vec(), rest)
}

/// # Panics
/// When they differ.
pub fn assert_same(request: &ClientRequest) {
    let body = request.chat().unwrap();
    let parsed = body::parse(body.bytes().clone()).unwrap();
    assert_eq!(*body, parsed, "it is known where the members stand");
    let (chat, bad) = facts::read(body);
    assert_eq!(bad, None);
    let sent = String::from_utf8_lossy(request.sent());
    assert_eq!(what(&request.facts), what(&chat), "{sent}");
}

/// # Panics
/// When the estimates of the prompt are far apart.
pub fn assert_close(request: &ClientRequest) {
    let chat = facts::read(request.chat().unwrap()).0.needs;
    let own = &request.facts.needs;
    for (own, chat) in [
        (own.prompt_tokens, chat.prompt_tokens),
        (own.least_prompt_tokens, chat.least_prompt_tokens),
    ] {
        assert!(own.abs_diff(chat) * 20 <= chat.max(1_000), "{own} {chat}");
    }
}
