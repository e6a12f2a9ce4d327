//! What happened to the router itself: a reload, a circuit's turn, a change by somebody. Kept so
//! that one can ask later who did what, and when.

use serde_json::Value;

/// One entry of the journal. It holds no secret: whoever makes it leaves them out.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Microseconds since 1970, UTC.
    pub at_us: i64,
    pub kind: EventKind,
    /// The name of what it happened to: a provider, `provider/model`, a key, a file.
    pub subject: String,
    /// Who did it: `local`, a key's name, `file`, or `router` for the router itself.
    pub actor: String,
    /// A sentence for people.
    pub summary: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

impl Event {
    pub const BY_FILE: &str = "file";
    pub const BY_ROUTER: &str = "router";
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    ConfigReloaded,
    ConfigRefused,
    CircuitOpened,
    CircuitHalfOpen,
    CircuitClosed,
    ProviderCreated,
    ProviderChanged,
    ProviderDeleted,
    ModelCreated,
    ModelChanged,
    ModelDeleted,
    KeyCreated,
    KeyChanged,
    KeyRotated,
    KeyRevoked,
    KeyDeleted,
    SessionCreated,
    SessionChanged,
    SessionEnded,
}

impl EventKind {
    pub const ALL: [Self; 19] = [
        Self::ConfigReloaded,
        Self::ConfigRefused,
        Self::CircuitOpened,
        Self::CircuitHalfOpen,
        Self::CircuitClosed,
        Self::ProviderCreated,
        Self::ProviderChanged,
        Self::ProviderDeleted,
        Self::ModelCreated,
        Self::ModelChanged,
        Self::ModelDeleted,
        Self::KeyCreated,
        Self::KeyChanged,
        Self::KeyRotated,
        Self::KeyRevoked,
        Self::KeyDeleted,
        Self::SessionCreated,
        Self::SessionChanged,
        Self::SessionEnded,
    ];

    /// What happened to what, as `noun.what`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConfigReloaded => "config.reloaded",
            Self::ConfigRefused => "config.refused",
            Self::CircuitOpened => "circuit.opened",
            Self::CircuitHalfOpen => "circuit.half_open",
            Self::CircuitClosed => "circuit.closed",
            Self::ProviderCreated => "provider.created",
            Self::ProviderChanged => "provider.changed",
            Self::ProviderDeleted => "provider.deleted",
            Self::ModelCreated => "model.created",
            Self::ModelChanged => "model.changed",
            Self::ModelDeleted => "model.deleted",
            Self::KeyCreated => "key.created",
            Self::KeyChanged => "key.changed",
            Self::KeyRotated => "key.rotated",
            Self::KeyRevoked => "key.revoked",
            Self::KeyDeleted => "key.deleted",
            Self::SessionCreated => "session.created",
            Self::SessionChanged => "session.changed",
            Self::SessionEnded => "session.ended",
        }
    }
}
