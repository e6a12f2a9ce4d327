//! Writes a turn of the model as a chat message. A chat keeps text, thinking and calls apart; where
//! they stood in another order than these, they say after how much of the text and after which calls.

use super::json::write::{Object, list, quoted};

#[derive(Default)]
pub struct TurnWriter {
    text: String,
    chars: usize,
    thinking: Vec<String>,
    calls: Vec<Call>,
}

struct Call {
    members: String,
    /// The length of the text before it, where more text follows.
    after: Option<usize>,
}

impl TurnWriter {
    /// What was said so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn say(&mut self, text: &str) {
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
    pub fn say_aside(&mut self, text: &str) {
        let gap = if self.text.is_empty() || self.text.ends_with('\n') { "" } else { "\n" };
        self.say(&format!("{gap}{text}\n"));
    }

    /// `members`: of an element of `thinking_blocks`, without its braces.
    pub fn think(&mut self, members: &str) {
        let (chars, calls) = (self.chars, self.calls.len());
        let mut block = members.to_owned();
        if chars > 0 || calls > 0 {
            block.push_str(&format!(r#","after":{{"content":{chars},"tool_calls":{calls}}}"#));
        }
        self.thinking.push(format!("{{{block}}}"));
    }

    /// `arguments`: as JSON. `extra`: the call's `extra_content`.
    pub fn call(&mut self, id: &str, name: &str, arguments: &str, extra: Option<&str>) {
        let function = Object::default().text("name", name).text("arguments", arguments).finish();
        let mut call = Object::default();
        call.text("id", id).text("type", "function").raw("function", &function);
        if let Some(extra) = extra {
            call.raw("extra_content", extra);
        }
        self.calls.push(Call { members: call.finish(), after: None });
    }

    /// The message.
    pub fn finish(self) -> String {
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
        message.finish()
    }
}

impl Call {
    fn finish(self) -> String {
        let Some(chars) = self.after else { return self.members };
        let open = self.members.strip_suffix('}').unwrap_or_default();
        format!(r#"{open},"after":{{"content":{chars}}}}}"#)
    }
}
