//! What an answer to a client of a vendor's API needs beside its content, and the envelopes in the
//! opaque strings of that API.

use std::sync::Arc;

use super::envelope::{Envelope, Holds, maker_name};
use super::own::Own;
use crate::domain::chat::{Maker, Seal};

pub use super::ollama::client::wire::Told;

/// What an answer needs beside its content.
#[derive(Clone, Debug, Default)]
pub struct AnswerOptions {
    /// `provider/model`, by the upstream's name of the model, for envelopes.
    pub served_by: String,
    /// The estimate of the prompt, where the upstream tells no usage.
    pub prompt_tokens: u64,
    /// What the client sent, for an answer that repeats some of it.
    pub own: Option<Arc<Own>>,
    /// Whether a client that has a switch for it wants to see thinking.
    pub shows_thinking: bool,
    /// For a client of Ollama's API.
    pub ollama: Told,
}

impl AnswerOptions {
    fn envelope(&self, holds: Holds) -> Envelope {
        let (maker, id, data, text) = (None, None, String::new(), None);
        Envelope { sealed_by: self.served_by.clone(), holds, maker, id, data, text }
    }

    /// What was sealed, in an envelope whoever sealed it.
    pub fn sealed(&self, holds: Holds, seal: &Seal, id: Option<&str>) -> String {
        self.envelope_of(holds, seal, id).write()
    }

    fn envelope_of(&self, holds: Holds, seal: &Seal, id: Option<&str>) -> Envelope {
        Envelope {
            maker: maker_name(seal.maker).map(str::to_owned),
            id: id.map(str::to_owned),
            data: seal.data.clone(),
            ..self.envelope(holds)
        }
    }

    /// Of thinking that nobody sealed.
    pub fn unsealed(&self) -> String {
        self.envelope(Holds::Nothing).write()
    }

    /// The signature of thinking. Without one clients drop the block. `own`: the maker of the
    /// client's API, whose signatures stay as they are.
    pub fn signature(&self, signature: Option<&Seal>, own: Maker) -> String {
        match signature {
            None => self.unsealed(),
            Some(seal) if seal.maker == own => seal.data.clone(),
            Some(seal) => self.sealed(Holds::Seal, seal, None),
        }
    }

    /// The data of encrypted thinking.
    pub fn opaque(&self, id: Option<&str>, sealed: &Seal, own: Maker) -> String {
        match sealed.maker == own {
            true => sealed.data.clone(),
            false => self.sealed(Holds::Seal, sealed, id),
        }
    }

    /// The signature of the call that follows, as that of an empty block of thinking.
    pub fn call_signature(&self, data: &str) -> String {
        let data = data.to_owned();
        Envelope { data, ..self.envelope(Holds::CallSignature) }.write()
    }

    /// Thinking as a whole, for a client that keeps one opaque string and not the thinking.
    pub fn thinking(&self, text: String, seal: Option<&Seal>) -> String {
        let envelope = match seal {
            Some(seal) => self.envelope_of(Holds::Seal, seal, None),
            None => self.envelope(Holds::Nothing),
        };
        Envelope { text: Some(text), ..envelope }.write()
    }

    /// Encrypted thinking for such a client.
    pub fn cipher(&self, id: Option<&str>, sealed: &Seal) -> String {
        self.sealed(Holds::Opaque, sealed, id)
    }
}
