//! What is asked, and what is answered: sizes, dialects, whole or streamed.

use std::sync::Arc;
use std::time::Duration;

use crate::options::RouteName;
use crate::prose::prose;

/// Of a large body.
pub const LARGE: usize = 100_000;
/// A caller's, in the router's configuration.
pub const CLIENT_KEY: &str = "sk-bench-client-0123456789abcdef";
/// Chunks of one stream.
pub const CHUNKS: u32 = 50;
/// Between two chunks of streams that all begin at once: they ask for more than one core can do.
pub const BURST_GAP: Duration = Duration::from_millis(20);

/// One kind of request. The router chooses its upstream by the model's name, the other routes by the path: both lead to
/// the same answer.
#[derive(Clone, Copy)]
pub struct Exchange {
    /// Of the router's model.
    provider: &'static str,
    /// Before the path of the API.
    path: &'static str,
    api: Api,
    is_large_request: bool,
    is_stream: bool,
    has_key: bool,
}

/// What the caller speaks.
#[derive(Clone, Copy)]
enum Api {
    Chat,
    Messages,
}

/// 0.6 kB asked, 0.7 kB answered, the caller's key sent.
pub const SMALL: Exchange = Exchange {
    provider: "bench",
    path: "",
    api: Api::Chat,
    is_large_request: false,
    is_stream: false,
    has_key: true,
};
/// From this machine, where no key is needed.
pub const KEYLESS: Exchange = Exchange { has_key: false, ..SMALL };
pub const LARGE_ANSWER: Exchange = Exchange { provider: "large", path: "/large", ..SMALL };
pub const LARGE_REQUEST: Exchange = Exchange { is_large_request: true, ..SMALL };
/// The router's upstream speaks Anthropic's Messages; nginx, which cannot translate, passes on what [`SMALL`] does.
pub const TRANSLATED: Exchange = Exchange { provider: "translated", ..SMALL };
pub const TRANSLATED_LARGE_ANSWER: Exchange =
    Exchange { provider: "translated-large", ..LARGE_ANSWER };
pub const TRANSLATED_LARGE_REQUEST: Exchange = Exchange { provider: "translated", ..LARGE_REQUEST };
/// The caller and the router's upstream speak Anthropic's Messages.
pub const MESSAGES: Exchange = Exchange { api: Api::Messages, ..TRANSLATED };
/// The caller speaks Messages, the router's upstream chat completions.
pub const MESSAGES_TRANSLATED: Exchange = Exchange { api: Api::Messages, ..SMALL };
pub const MESSAGES_STREAM: Exchange = Exchange { is_stream: true, ..MESSAGES };
pub const MESSAGES_TRANSLATED_STREAM: Exchange =
    Exchange { is_stream: true, ..MESSAGES_TRANSLATED };
pub const STREAM: Exchange = Exchange { is_stream: true, ..SMALL };
/// Chunks of 2 kB.
pub const LARGE_STREAM: Exchange = Exchange { is_stream: true, ..LARGE_ANSWER };
pub const TRANSLATED_STREAM: Exchange = Exchange { is_stream: true, ..TRANSLATED };
pub const TRANSLATED_LARGE_STREAM: Exchange =
    Exchange { is_stream: true, ..TRANSLATED_LARGE_ANSWER };
pub const BURST: Exchange = Exchange { provider: "burst", path: "/burst", ..STREAM };

/// Name, type and base URL below the upstream's of each provider in the router's configuration.
pub const PROVIDERS: [(&str, &str, &str); 5] = [
    ("bench", "openai_compatible", "/v1"),
    ("large", "openai_compatible", "/large/v1"),
    ("burst", "openai_compatible", "/burst/v1"),
    ("translated", "claude", ""),
    ("translated-large", "claude", "/large"),
];

const QUESTION: &str = "A gateway stands between many programs and many providers of language models. It keeps the keys, counts \
    the tokens, holds back a caller who asks too much and notes what every answer cost. Explain in two \
    sentences why it should add as little time as possible to each request.";

impl Exchange {
    /// The bytes of the request on the route `route`. `Host: localhost` makes a caller without a key a local one.
    pub fn request(&self, route: RouteName) -> Arc<[u8]> {
        let (path, provider) = match route {
            RouteName::Direct | RouteName::Nginx => (self.path, ""),
            RouteName::Router | RouteName::NoBodies => ("", self.provider),
        };
        let model = if provider.is_empty() {
            "bench-model".to_owned()
        } else {
            format!("{provider}/bench-model")
        };
        let question = if self.is_large_request { prose(LARGE) } else { QUESTION.to_owned() };
        let system = "You are a careful assistant who answers briefly.";
        let question = serde_json::json!({"role": "user", "content": question});
        let is_stream = self.is_stream;
        let (api, body) = match self.api {
            Api::Chat => {
                let messages = serde_json::json!([{"role": "system", "content": system}, question]);
                (
                    "chat/completions",
                    serde_json::json!({
                        "model": model, "messages": messages, "temperature": 0.7, "max_tokens": 256,
                        "stream": is_stream,
                    }),
                )
            }
            Api::Messages => (
                "messages",
                serde_json::json!({
                    "model": model, "system": system, "messages": [question], "temperature": 0.7,
                    "max_tokens": 256, "stream": is_stream,
                }),
            ),
        };
        let body = body.to_string();
        let authorization = if self.has_key {
            format!("Authorization: Bearer {CLIENT_KEY}\r\n")
        } else {
            String::new()
        };
        format!(
            "POST {path}/v1/{api} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Accept: */*\r\n{authorization}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
        .into()
    }
}
