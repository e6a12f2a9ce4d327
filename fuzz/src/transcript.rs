//! All that comes of decoding one stream.

use bytes::Bytes;
use llm_router::config::payload_mapping::PayloadMapping;
use llm_router::dialects::Dialect;
use llm_router::dialects::client_encoder::ClientFormat;
use llm_router::dialects::errors::StreamFault;
use llm_router::dialects::openai::client::names::Respelled;
use llm_router::dialects::summary::Summary;
use llm_router::dialects::translate::answer::AnswerSource;
use llm_router::dialects::translate::stream::StreamTranslator;

use crate::otherwise;

pub struct Transcript {
    pub out: Vec<u8>,
    pub outcome: Result<(), StreamFault>,
    pub summary: Summary,
}

impl Transcript {
    /// As the relay decodes: nothing is pushed after a fault, and nothing is finished.
    pub fn of(dialect: Dialect, wants_usage: bool, pieces: &[&[u8]]) -> Self {
        let (mapping, respelled) = (PayloadMapping::default(), Respelled::default());
        let source = AnswerSource { dialect, client: Dialect::OpenAiChat, mapping: &mapping, respelled, is_own: false };
        let format = ClientFormat::Chat;
        let mut translator = StreamTranslator::new(source, format, wants_usage, otherwise());
        let mut out = Vec::new();
        let outcome = pieces
            .iter()
            .try_for_each(|piece| translator.push(Bytes::copy_from_slice(piece), &mut out))
            .and_then(|()| translator.finish(&mut out));
        Self { out: out.concat(), outcome, summary: translator.summary().clone() }
    }

    pub fn assert_same(&self, other: &Self, what: &str) {
        assert_eq!(self.outcome, other.outcome, "{what}: the outcome differs");
        assert_eq!(self.summary, other.summary, "{what}: the summary differs");
        if self.out != other.out {
            let (this, that) = (self.out.escape_ascii(), other.out.escape_ascii());
            panic!("{what}: the output differs\n{this}\n{that}");
        }
    }
}
