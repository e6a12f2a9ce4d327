//! A turn of the model while it is put together of items.

use crate::dialects::turn_writer::TurnWriter;

#[derive(Default)]
pub(super) struct Turn {
    /// The first of its items.
    pub item: usize,
    written: TurnWriter,
    called: Vec<String>,
    /// For the call that follows.
    pub signature: Option<String>,
}

impl Turn {
    pub(super) fn new(item: usize) -> Self {
        Self { item, ..Self::default() }
    }

    pub(super) fn say(&mut self, text: &str) {
        self.written.say(text);
    }

    /// What a server's tool did, apart from the text around it.
    pub(super) fn say_aside(&mut self, text: &str) {
        self.written.say_aside(text);
    }

    /// `members`: of an element of `thinking_blocks`.
    pub(super) fn think(&mut self, members: &str) {
        self.written.think(members);
    }

    pub(super) fn call(&mut self, id: &str, name: &str, arguments: &str) {
        self.written.call(id, name, arguments, self.signature.take().as_deref());
        self.called.push(id.to_owned());
    }

    pub(super) fn called(&self) -> Vec<String> {
        self.called.clone()
    }

    /// The message of the chat; `None` where it would say nothing: an answer that was cut off may be
    /// reasoning alone, which APIs refuse.
    pub(super) fn finish(self) -> Option<String> {
        let says_nothing = self.written.text().is_empty() && self.called.is_empty();
        (!says_nothing).then(|| self.written.finish())
    }
}
