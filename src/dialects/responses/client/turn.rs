//! A turn of the model while it is put together of items. A chat keeps text, thinking and calls
//! apart; where they stood in another order than these, they say after how much of the text and
//! after which calls.

use crate::dialects::json::write::{Object, list, quoted};

#[derive(Default)]
pub(super) struct Turn {
    /// The first of its items.
    pub item: usize,
    text: String,
    chars: usize,
    thinking: Vec<String>,
    calls: Vec<Call>,
    /// For the call that follows.
    pub signature: Option<String>,
}

struct Call {
    id: String,
    members: String,
    /// The length of the text before it, where more text follows.
    after: Option<usize>,
}

impl Turn {
    pub(super) fn new(item: usize) -> Self {
        Self { item, ..Self::default() }
    }

    pub(super) fn say(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(last) = self.calls.last_mut() {
            last.after.get_or_insert(self.chars);
        }
        self.text.push_str(text);
        self.chars += text.chars().count();
    }

    /// What a server's tool did, apart from the text around it.
    pub(super) fn say_aside(&mut self, text: &str) {
        let gap = if self.text.is_empty() || self.text.ends_with('\n') { "" } else { "\n" };
        self.say(&format!("{gap}{text}\n"));
    }

    /// `members`: of an element of `thinking_blocks`.
    pub(super) fn think(&mut self, members: &str) {
        let (chars, calls) = (self.chars, self.calls.len());
        let mut block = members.to_owned();
        if chars > 0 || calls > 0 {
            block.push_str(&format!(r#","after":{{"content":{chars},"tool_calls":{calls}}}"#));
        }
        self.thinking.push(format!("{{{block}}}"));
    }

    pub(super) fn call(&mut self, id: &str, name: &str, arguments: &str) {
        let function = Object::default().text("name", name).text("arguments", arguments).finish();
        let mut call = Object::default();
        call.text("id", id).text("type", "function").raw("function", &function);
        if let Some(signature) = self.signature.take() {
            call.raw("extra_content", &signature);
        }
        self.calls.push(Call { id: id.to_owned(), members: call.finish(), after: None });
    }

    pub(super) fn called(&self) -> Vec<String> {
        self.calls.iter().map(|call| call.id.clone()).collect()
    }

    /// The message of the chat; `None` where it would say nothing: an answer that was cut off may be
    /// reasoning alone, which APIs refuse.
    pub(super) fn finish(self) -> Option<String> {
        if self.text.is_empty() && self.calls.is_empty() {
            return None;
        }
        let mut message = Object::default();
        message.text("role", "assistant");
        if self.text.is_empty() && !self.calls.is_empty() {
            message.raw("content", "null");
        } else {
            message.raw("content", &quoted(&self.text));
        }
        if !self.thinking.is_empty() {
            message.raw("thinking_blocks", &list(&self.thinking));
        }
        if !self.calls.is_empty() {
            let calls: Vec<String> = self.calls.into_iter().map(Call::finish).collect();
            message.raw("tool_calls", &list(&calls));
        }
        Some(message.finish())
    }
}

impl Call {
    fn finish(self) -> String {
        let Some(chars) = self.after else { return self.members };
        let open = self.members.strip_suffix('}').unwrap_or_default();
        format!(r#"{open},"after":{{"content":{chars}}}}}"#)
    }
}
