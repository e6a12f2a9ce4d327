//! The names of a request's tools. A chat knows functions only, each by one name of few letters; the
//! client's tools have types and stand in namespaces, and a call goes back to it as it named them.

use std::collections::HashMap;

use crate::domain::hash::StableHash;

/// A namespace that clients call with and without its name.
const PLAIN_NAMESPACE: &str = "functions";

/// The longest name that every API takes.
const LONGEST: usize = 64;

/// How a call of a tool is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CallKind {
    #[default]
    Function,
    /// Its input is a text, not JSON.
    Custom,
    LocalShell,
    Shell,
    ApplyPatch,
    ToolSearch,
}

/// A tool as the client calls it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Called {
    pub kind: CallKind,
    pub namespace: Option<String>,
    pub name: String,
}

/// The tools of one request by their names in the chat body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolNames {
    by_chat: HashMap<String, Called>,
    by_own: HashMap<(Option<String>, String), String>,
}

impl ToolNames {
    /// The name for the chat body; `None` for a tool that is defined already.
    pub(super) fn add(&mut self, called: Called) -> Option<String> {
        let own = (called.namespace.clone(), called.name.clone());
        if self.by_own.contains_key(&own) {
            return None;
        }
        let mut name = chat_name(called.namespace.as_deref(), &called.name);
        if self.by_chat.contains_key(&name) {
            name = hashed(&name, called.namespace.as_deref(), &called.name);
        }
        if self.by_chat.contains_key(&name) {
            return None;
        }
        self.by_own.insert(own, name.clone());
        self.by_chat.insert(name.clone(), called);
        Some(name)
    }

    /// In the chat body, also of a tool that the request does not define.
    pub(super) fn chat(&self, namespace: Option<&str>, name: &str) -> String {
        let own = (namespace.map(str::to_owned), name.to_owned());
        if let Some(known) = self.by_own.get(&own) {
            return known.clone();
        }
        // Such a call goes with the namespace or without it.
        let plain = if namespace.is_none() { Some(PLAIN_NAMESPACE.to_owned()) } else { None };
        let other = namespace.is_none_or(|namespace| namespace == PLAIN_NAMESPACE);
        match self.by_own.get(&(plain, own.1)).filter(|_| other) {
            Some(known) => known.clone(),
            None => chat_name(namespace, name),
        }
    }

    /// As the client calls it; a tool that it does not define is a function by that name.
    pub(super) fn own(&self, chat: &str) -> Called {
        let unknown = || Called { name: chat.to_owned(), ..Called::default() };
        self.by_chat.get(chat).cloned().unwrap_or_else(unknown)
    }

    /// The names of a tool in the chat body.
    pub(super) fn is_chat_name(&self, name: &str) -> bool {
        self.by_chat.contains_key(name)
    }
}

fn chat_name(namespace: Option<&str>, name: &str) -> String {
    let whole = match namespace.filter(|namespace| *namespace != PLAIN_NAMESPACE) {
        Some(namespace) => format!("{namespace}__{name}"),
        None => name.to_owned(),
    };
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    let plain: String =
        whole.chars().map(|letter| if is_plain(letter) { letter } else { '_' }).collect();
    match plain.len() > LONGEST {
        true => hashed(&plain, namespace, name),
        false => plain,
    }
}

/// `chat`: of ASCII letters.
fn hashed(chat: &str, namespace: Option<&str>, name: &str) -> String {
    let namespace = namespace.unwrap_or_default();
    let hash = StableHash::default().with(namespace.as_bytes()).with(name.as_bytes()).finish();
    let hash = format!("{:08x}", hash & 0xffff_ffff);
    let kept: String = chat.chars().take(LONGEST - hash.len() - 1).collect();
    format!("{kept}_{hash}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(namespace: Option<&str>, name: &str) -> Called {
        Called { namespace: namespace.map(str::to_owned), name: name.into(), ..Called::default() }
    }

    #[test]
    fn a_tool_has_one_name_in_the_chat_and_comes_back_by_its_own() {
        let mut names = ToolNames::default();
        let long = "x".repeat(80);
        for (namespace, name, expected) in [
            (None, "look", Some("look")),
            (None, "look", None),
            (Some("functions"), "exec", Some("exec")),
            (Some("clock"), "now", Some("clock__now")),
            (Some("mcp"), "a.b", Some("mcp__a_b")),
        ] {
            let found = names.add(called(namespace, name));
            assert_eq!(found.as_deref(), expected);
            if let Some(chat) = found {
                assert_eq!(names.own(&chat), called(namespace, name));
                assert_eq!(names.chat(namespace, name), chat);
            }
        }
        let first = names.add(called(None, &long)).unwrap();
        let second = names.add(called(Some("functions"), "look")).unwrap();
        assert_eq!((first.len(), names.own(&first)), (64, called(None, &long)));
        assert!(second.starts_with("look_") && second.len() == 13, "{second}");
        assert_eq!(names.own(&second), called(Some("functions"), "look"));
        assert_eq!(names.chat(None, "exec"), "exec");
        assert_eq!(names.chat(Some("gone"), "tool"), "gone__tool");
        assert_eq!(names.own("unknown"), called(None, "unknown"));
    }
}
