//! What goes wrong.

use crate::support::client::RawClient;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing listens.
    Refused,
    /// The handshake of TCP is never completed.
    Unanswered,
    /// The port speaks HTTP where the URL says https.
    NoTls,
    UntrustedCertificate,
    Reset,
    Closed,
    Garbage,
    Stall,
    /// Each piece comes later than the timer allows.
    SlowDrip,
    /// A byte each 20 ms, for ever: no wait is long, and nothing ever comes.
    EndlessDrip,
    /// An error status, with an error as OpenAI writes it.
    Status(u16),
    /// The same, and when to come again.
    StatusWithRetryAfter(u16),
    /// A proxy's page.
    HtmlWith(u16),
    ErrorBody,
    EmptyBody,
    NoJson,
    /// The body is as long as it says, but its JSON breaks off.
    CutJson,
    Oversized,
    /// Half of an event, then the end as HTTP wants it.
    HalfEvent,
    /// All content, but neither finish reason nor `[DONE]`.
    NoEnd,
    /// A finish reason, but no `[DONE]`: some providers do so.
    NoDone,
    ErrorEvent,
    /// An event that is called `error`; its data is text.
    NamedErrorEvent,
    /// `finish_reason` is `error`, and the choice says why.
    ErrorInChoice,
    /// `{"object":"error",…}`, as vLLM writes it.
    ErrorObject,
    /// `{"code":…,"message":…}` and nothing else.
    BareError,
    /// An answer without a choice; of a stream, each chunk.
    NoChoices,
    /// The model ends without content, for a reason that nobody knows.
    GaveUp,
    /// `[DONE]`, and no finish reason before it.
    DoneAlone,
    /// A stream to a call that asked for a whole answer, or the other way round.
    OtherKind,
    Leaves(Goodbye),
}

/// How a client leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goodbye {
    Fin,
    Rst,
}

impl Goodbye {
    /// The client that has said FIN keeps its socket, to read what may still come.
    pub async fn say(self, mut client: RawClient) -> Option<RawClient> {
        match self {
            Self::Fin => {
                client.hang_up_fin().await;
                Some(client)
            }
            Self::Rst => {
                client.hang_up_rst();
                None
            }
        }
    }
}

impl Fault {
    pub fn shown(self) -> String {
        let words = match self {
            Self::Refused => "the connection is refused",
            Self::Unanswered => "the connection is not answered",
            Self::NoTls => "no TLS where it should be",
            Self::UntrustedCertificate => "a certificate that is not trusted",
            Self::Reset => "reset (RST)",
            Self::Closed => "closed (FIN)",
            Self::Garbage => "garbage instead of HTTP",
            Self::Stall => "silence",
            Self::SlowDrip => "a drip slower than the timer",
            Self::EndlessDrip => "a drip without end",
            Self::Status(status) => return format!("{status}"),
            Self::StatusWithRetryAfter(status) => return format!("{status}, `Retry-After: 7`"),
            Self::HtmlWith(status) => return format!("{status}, an HTML page"),
            Self::ErrorBody => "200, an error as the body",
            Self::EmptyBody => "200, an empty body",
            Self::NoJson => "200, no JSON",
            Self::CutJson => "200, JSON that breaks off",
            Self::Oversized => "200, more than is taken",
            Self::HalfEvent => "half an event, then the end",
            Self::NoEnd => "neither finish reason nor `[DONE]`",
            Self::NoDone => "a finish reason, no `[DONE]`",
            Self::ErrorEvent => "an error event",
            Self::NamedErrorEvent => "`event: error` with a text",
            Self::ErrorInChoice => "200, `finish_reason: \"error\"`",
            Self::ErrorObject => "200, `{\"object\": \"error\"}`",
            Self::BareError => "200, a bare `{\"code\", \"message\"}`",
            Self::NoChoices => "200, `choices: []` to the end",
            Self::GaveUp => "200, no content and an unknown finish reason",
            Self::DoneAlone => "`[DONE]` without a finish reason",
            Self::OtherKind => "a stream for a whole, or a whole for a stream",
            Self::Leaves(Goodbye::Fin) => "the client leaves (FIN)",
            Self::Leaves(Goodbye::Rst) => "the client leaves (RST)",
        };
        words.to_owned()
    }
}
