//! Events of the router itself: reloads, circuit transitions, changes over REST and the command
//! line. The journal keeps them as an audit trail.

use serde_json::Value;

/// One entry of the journal. It must not hold a secret; the code that creates it leaves them out.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Microseconds since 1970, UTC.
    pub at_us: i64,
    pub kind: EventKind,
    /// The name of the thing that changed: a provider, `provider/model`, a key, a file.
    pub subject: String,
    /// The origin of the change: `local`, a key's name, `file`, or `router` for the router itself.
    pub actor: String,
    /// A sentence for a human reader.
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
    /// That of `[server.tls]`.
    CertificateReloaded,
    CertificateRefused,
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
    /// Calls were counted anew.
    PricesRecomputed,
    /// A call under way was cancelled.
    CallCancelled,
}

impl EventKind {
    pub const ALL: [Self; 23] = [
        Self::ConfigReloaded,
        Self::ConfigRefused,
        Self::CertificateReloaded,
        Self::CertificateRefused,
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
        Self::PricesRecomputed,
        Self::CallCancelled,
    ];

    /// The event's name, as `subject.event`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConfigReloaded => "config.reloaded",
            Self::ConfigRefused => "config.refused",
            Self::CertificateReloaded => "certificate.reloaded",
            Self::CertificateRefused => "certificate.refused",
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
            Self::PricesRecomputed => "prices.recomputed",
            Self::CallCancelled => "call.cancelled",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_in_the_order_of_the_kinds() {
        let places = EventKind::ALL.map(|kind| kind as usize);
        assert!(places.into_iter().eq(0..EventKind::ALL.len()));
    }
}
