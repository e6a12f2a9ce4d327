//! What a call asks of a model: a chat, or what OpenAI's other endpoints give.

/// One of the endpoints that clients call. Each is served by models of some [`ModelKind`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Service {
    /// Through any of the APIs for conversations.
    #[default]
    Chat,
    /// The continuation of a text.
    Completions,
    Embeddings,
    Moderations,
    Rerank,
    Images,
    ImageEdits,
    ImageVariations,
    Speech,
    Transcriptions,
    /// Of recordings, into English.
    Translations,
}

impl Service {
    pub const ALL: [Self; 11] = [
        Self::Chat,
        Self::Completions,
        Self::Embeddings,
        Self::Moderations,
        Self::Rerank,
        Self::Images,
        Self::ImageEdits,
        Self::ImageVariations,
        Self::Speech,
        Self::Transcriptions,
        Self::Translations,
    ];

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.as_str() == word)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Completions => "completions",
            Self::Embeddings => "embeddings",
            Self::Moderations => "moderations",
            Self::Rerank => "rerank",
            Self::Images => "images",
            Self::ImageEdits => "image_edits",
            Self::ImageVariations => "image_variations",
            Self::Speech => "speech",
            Self::Transcriptions => "transcriptions",
            Self::Translations => "translations",
        }
    }

    /// Its route, as spans name it.
    pub fn route(self) -> &'static str {
        match self {
            Self::Chat => "POST /v1/chat/completions",
            Self::Completions => "POST /v1/completions",
            Self::Embeddings => "POST /v1/embeddings",
            Self::Moderations => "POST /v1/moderations",
            Self::Rerank => "POST /v1/rerank",
            Self::Images => "POST /v1/images/generations",
            Self::ImageEdits => "POST /v1/images/edits",
            Self::ImageVariations => "POST /v1/images/variations",
            Self::Speech => "POST /v1/audio/speech",
            Self::Transcriptions => "POST /v1/audio/transcriptions",
            Self::Translations => "POST /v1/audio/translations",
        }
    }

    /// As OpenTelemetry's conventions for GenAI name it, where they do.
    pub fn gen_ai_operation(self) -> &'static str {
        match self {
            Self::Completions => "text_completion",
            service => service.as_str(),
        }
    }

    /// Whether models of this kind serve it. A model for chats continues a text, too.
    pub fn is_of(self, kind: ModelKind) -> bool {
        match self {
            Self::Chat => kind == ModelKind::Chat,
            Self::Completions => matches!(kind, ModelKind::Chat | ModelKind::Completion),
            Self::Embeddings => kind == ModelKind::Embedding,
            Self::Moderations => kind == ModelKind::Moderation,
            Self::Rerank => kind == ModelKind::Rerank,
            Self::Images | Self::ImageEdits | Self::ImageVariations => kind == ModelKind::Image,
            Self::Speech => kind == ModelKind::Speech,
            Self::Transcriptions | Self::Translations => kind == ModelKind::Transcription,
        }
    }

    /// Whether its calls are counted in tokens, even where the upstream tells none.
    pub fn is_in_tokens(self) -> bool {
        matches!(self, Self::Chat | Self::Completions | Self::Embeddings)
    }

    /// Whether a model of which nothing is known counts as one that serves it.
    pub fn is_usual(self) -> bool {
        self.is_of(ModelKind::Chat)
    }
}

/// What a model is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelKind {
    Chat,
    /// Continues a text, and knows no messages.
    Completion,
    Embedding,
    Moderation,
    Rerank,
    Image,
    Speech,
    Transcription,
}

impl ModelKind {
    pub const ALL: [Self; 8] = [
        Self::Chat,
        Self::Completion,
        Self::Embedding,
        Self::Moderation,
        Self::Rerank,
        Self::Image,
        Self::Speech,
        Self::Transcription,
    ];

    /// What it is made for most of all: a failure there says something of the model.
    pub fn main_service(self) -> Service {
        match self {
            Self::Chat => Service::Chat,
            Self::Completion => Service::Completions,
            Self::Embedding => Service::Embeddings,
            Self::Moderation => Service::Moderations,
            Self::Rerank => Service::Rerank,
            Self::Image => Service::Images,
            Self::Speech => Service::Speech,
            Self::Transcription => Service::Transcriptions,
        }
    }

    /// As `capabilities.toml` and `[models.config]` have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Completion => "completion",
            Self::Embedding => "embedding",
            Self::Moderation => "moderation",
            Self::Rerank => "rerank",
            Self::Image => "image",
            Self::Speech => "speech",
            Self::Transcription => "transcription",
        }
    }
}

/// The services that a provider has an endpoint for. Chats are always among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServiceSet(u16);

impl ServiceSet {
    pub fn contains(self, service: Service) -> bool {
        service == Service::Chat || self.0 & Self::bit(service) != 0
    }

    fn bit(service: Service) -> u16 {
        1 << (service as u16)
    }
}

impl FromIterator<Service> for ServiceSet {
    fn from_iter<I: IntoIterator<Item = Service>>(services: I) -> Self {
        Self(services.into_iter().fold(0, |bits, service| bits | Self::bit(service)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in_and_chats() {
        let set: ServiceSet = [Service::Rerank, Service::Translations].into_iter().collect();
        let held: Vec<Service> =
            Service::ALL.into_iter().filter(|service| set.contains(*service)).collect();
        assert_eq!(held, [Service::Chat, Service::Rerank, Service::Translations]);
    }

    #[test]
    fn every_word_is_read_back() {
        for service in Service::ALL {
            assert_eq!(Service::parse(service.as_str()), Some(service));
        }
        assert_eq!(Service::parse("embedding"), None);
    }

    #[test]
    fn every_service_has_a_kind_of_models_and_every_kind_a_service() {
        for service in Service::ALL {
            assert!(ModelKind::ALL.into_iter().any(|kind| service.is_of(kind)), "{service:?}");
        }
        for kind in ModelKind::ALL {
            assert!(Service::ALL.into_iter().any(|service| service.is_of(kind)), "{kind:?}");
        }
    }
}
