//! Tool names that OpenAI accepts and another vendor does not. They are replaced throughout the
//! request by a spelling that the vendor accepts, and restored in the answer.
//!
//! A spelling depends on the name alone, in every process and release, so that the vendor's prompt
//! cache still hits. It differs only where the request already uses that spelling as another name.

use std::collections::HashSet;

use crate::dialects::Dialect;
use crate::domain::chat::{AssistantMessage, ChatRequest, Message, ToolChoice};
use crate::domain::hash::StableHash;

/// The tool names that a vendor accepts.
#[derive(Clone, Copy)]
struct Rule {
    longest: usize,
    may_begin: fn(u8) -> bool,
    may_hold: fn(u8) -> bool,
}

/// Sources: Anthropic API reference, "Messages", `tools.name`; Gemini API reference,
/// `FunctionDeclaration.name`; OpenAI API reference, "Responses", `tools.name`. Ollama accepts any.
fn rule(dialect: Dialect) -> Option<Rule> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    match dialect {
        Dialect::AnthropicMessages => {
            Some(Rule { longest: 128, may_begin: is_word, may_hold: is_word })
        }
        Dialect::OpenAiResponses(_) => {
            Some(Rule { longest: 64, may_begin: is_word, may_hold: is_word })
        }
        Dialect::GeminiGenerate => Some(Rule {
            longest: 64,
            may_begin: |byte| byte.is_ascii_alphabetic() || byte == b'_',
            may_hold: |byte| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte),
        }),
        Dialect::OpenAiChat
        | Dialect::OllamaChat
        | Dialect::RemoteHttp
        | Dialect::Invoke
        | Dialect::Embeddings(_)
        | Dialect::Forwarded(_) => None,
    }
}

/// The names of a request that were sent in another spelling.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Respelled {
    /// From the sent spelling to the client's.
    names: Vec<(String, String)>,
}

impl Respelled {
    /// Respells names that the dialect does not accept, in definitions, choice and history.
    pub fn within(request: &mut ChatRequest, dialect: Dialect) -> Self {
        let mut respelled = Self::default();
        let Some(rule) = rule(dialect) else { return respelled };
        let all: HashSet<String> = names(request).map(|name| name.clone()).collect();
        let mut refused: Vec<&String> = all.iter().filter(|name| !rule.takes(name)).collect();
        // The outcome of a collision must not depend on their order.
        refused.sort_unstable();
        for own in refused {
            let is_free = |sent: &String| {
                !all.contains(sent) && respelled.names.iter().all(|(known, _)| known != sent)
            };
            let mut spellings = (0_u64..).map(|turn| rule.spelling(own, turn));
            if let Some(sent) = spellings.find(is_free) {
                respelled.names.push((sent, own.clone()));
            }
        }
        if !respelled.names.is_empty() {
            for name in names(request) {
                if let Some((sent, _)) = respelled.names.iter().find(|(_, own)| own == name) {
                    name.clone_from(sent);
                }
            }
        }
        respelled
    }

    /// Restores the client's spelling of a name in the upstream's answer.
    pub fn give_back(&self, name: &mut String) {
        if let Some((_, own)) = self.names.iter().find(|(sent, _)| sent == name) {
            name.clone_from(own);
        }
    }
}

impl Rule {
    fn takes(self, name: &str) -> bool {
        let begins = name.bytes().next().is_some_and(self.may_begin);
        begins && name.len() <= self.longest && name.bytes().all(self.may_hold)
    }

    /// The accepted characters of the name and a digest of the whole, so that two names that differ
    /// only in dropped characters stay distinct.
    fn spelling(self, name: &str, turn: u64) -> String {
        let mut digest = StableHash::default().with(name.as_bytes());
        if turn > 0 {
            digest.add(&turn.to_le_bytes());
        }
        let digest = format!("_{:08x}", digest.finish() >> 32);
        let begins = name.bytes().next().is_some_and(self.may_begin);
        let mut spelling = String::from(if begins { "" } else { "_" });
        let room = self.longest.saturating_sub(digest.len() + spelling.len());
        spelling.extend(name.chars().take(room).map(|letter| match u8::try_from(letter) {
            Ok(byte) if (self.may_hold)(byte) => letter,
            Ok(_) | Err(_) => '_',
        }));
        spelling + &digest
    }
}

/// Every tool name in a request.
fn names(request: &mut ChatRequest) -> impl Iterator<Item = &mut String> {
    let offered = request.tools.iter_mut().map(|tool| &mut tool.name);
    let chosen = request.tool_choice.iter_mut().filter_map(|choice| match choice {
        ToolChoice::Named(name) => Some(name),
        ToolChoice::Auto | ToolChoice::None | ToolChoice::Required => None,
    });
    let turns = request.messages.iter_mut().filter_map(|message| match message {
        Message::Assistant(message) => Some(message),
        Message::System { .. } | Message::User { .. } | Message::Tool { .. } => None,
    });
    let called = turns.flat_map(AssistantMessage::tool_calls_mut);
    offered.chain(chosen).chain(called.map(|call| &mut call.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::chat::{Block, Maker, Tool, ToolCall};
    use proptest::prelude::*;

    fn offering(names: &[&str]) -> ChatRequest {
        let tool = |name: &&str| Tool {
            name: (*name).to_owned(),
            description: None,
            parameters: None,
            strict: None,
            cache_control: None,
        };
        ChatRequest { tools: names.iter().map(tool).collect(), ..ChatRequest::default() }
    }

    /// The tool names as sent to the dialect.
    fn sent(names: &[&str], dialect: Dialect) -> Vec<String> {
        let mut request = offering(names);
        Respelled::within(&mut request, dialect);
        request.tools.into_iter().map(|tool| tool.name).collect()
    }

    #[test]
    fn a_spelling_is_the_same_in_every_release() {
        let long = "a".repeat(70);
        let all = ["1c_reload", "-lead", ".x", "a.b", "ns:tool", "ok_-9", "日本", &long];
        let lines = |dialect| sent(&all, dialect).join("\n");
        insta::assert_snapshot!(lines(Dialect::GeminiGenerate), @"
        _1c_reload_0f310f64
        _-lead_6e013b8a
        _.x_da31637e
        a.b
        ns:tool
        ok_-9
        ____fa837052
        aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_1f54466d
        ");
        insta::assert_snapshot!(lines(Dialect::AnthropicMessages), @"
        1c_reload
        -lead
        __x_da31637e
        a_b_89f3de87
        ns_tool_a2e9d1ed
        ok_-9
        ____fa837052
        aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
        ");
        assert_eq!(
            sent(&[&long], Dialect::OpenAiResponses(Maker::OpenAi)),
            sent(&[&long], Dialect::GeminiGenerate)
        );
        assert_eq!(sent(&all, Dialect::OllamaChat), all);
    }

    #[test]
    fn every_place_gets_the_same_spelling_and_gives_it_back() {
        let mut request = offering(&["a.b", "c"]);
        request.tool_choice = Some(ToolChoice::Named("a.b".into()));
        let call = |name: &str| {
            let (id, arguments) = ("1".into(), "{}".into());
            Block::ToolCall(ToolCall { id, name: name.into(), arguments, signature: None })
        };
        let blocks = vec![call("a.b"), call("gone.since"), call("c")];
        request.messages = vec![Message::Assistant(AssistantMessage { blocks })];
        let respelled = Respelled::within(&mut request, Dialect::AnthropicMessages);
        let found: Vec<String> = names(&mut request).map(|name| name.clone()).collect();
        assert_eq!((&found[0], &found[1]), (&found[2], &String::from("c")));
        assert_eq!(found[0], found[3]);
        let back: Vec<String> = found
            .into_iter()
            .map(|mut name| {
                respelled.give_back(&mut name);
                name
            })
            .collect();
        assert_eq!(back, ["a.b", "c", "a.b", "a.b", "gone.since", "c"]);
    }

    #[test]
    fn a_name_that_looks_respelled_keeps_its_own() {
        let alone = sent(&["a.b"], Dialect::AnthropicMessages).remove(0);
        for names in [["a.b", &*alone], [&*alone, "a.b"]] {
            let mut both = sent(&names, Dialect::AnthropicMessages);
            assert_ne!(both[0], both[1]);
            both.retain(|name| *name != alone);
            assert_eq!(both.len(), 1, "the tool of that name has it");
        }
    }

    proptest! {
        #[test]
        fn whatever_the_names_they_are_taken_and_told_apart(
            names in proptest::collection::hash_set("[a-c.:\u{e9}-]{1,4}|[a-b._]{60,140}", 1..12),
        ) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            for dialect in [Dialect::AnthropicMessages, Dialect::GeminiGenerate, Dialect::OpenAiResponses(Maker::Xai)] {
                let mut request = offering(&names);
                let respelled = Respelled::within(&mut request, dialect);
                let mut seen = HashSet::new();
                for (tool, own) in request.tools.iter_mut().zip(&names) {
                    prop_assert!(rule(dialect).unwrap().takes(&tool.name), "{}", tool.name);
                    prop_assert!(seen.insert(tool.name.clone()));
                    respelled.give_back(&mut tool.name);
                    prop_assert_eq!(&tool.name, own);
                }
            }
        }
    }
}
