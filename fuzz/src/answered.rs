//! An answer of an upstream to a client of another API: it is one whatever was asked.

use bytes::Bytes;
use llm_router::config::payload_mapping::PayloadMapping;
use llm_router::dialects::Dialect;
use llm_router::dialects::answer_options::{AnswerOptions, Told};
use llm_router::dialects::client_encoder::ClientFormat;
use llm_router::dialects::gemini::client::stream::Framing;
use llm_router::dialects::request::ClientRequest;
use llm_router::dialects::summary::Served;
use llm_router::dialects::translate::answer::{AnswerDefaults, AnswerSource, whole};
use llm_router::dialects::translate::request::UpstreamRequest;
use llm_router::dialects::translate::stream::StreamTranslator;

use crate::{is_json, otherwise};

macro_rules! fixtures {
    ($whole:literal, $stream:literal) => {
        (
            include_str!(concat!("../../tests/fixtures/", $whole)),
            include_str!(concat!("../../tests/fixtures/", $stream)),
        )
    };
}

pub struct Asked<'a> {
    pub request: &'a ClientRequest,
    pub sent: &'a UpstreamRequest,
    /// The upstream's.
    pub dialect: Dialect,
    pub format: ClientFormat,
}

/// # Panics
/// When the answer cannot be written for the client.
pub fn check(asked: Asked<'_>) {
    let (answer, stream) = match asked.dialect {
        Dialect::AnthropicMessages => {
            fixtures!("anthropic/answer_tools.json", "anthropic/stream_tools.sse")
        }
        Dialect::GeminiGenerate => fixtures!("gemini/answer_tools.json", "gemini/stream_tools.sse"),
        Dialect::OllamaChat => fixtures!("ollama/answer.json", "ollama/stream.ndjson"),
        Dialect::OpenAiResponses(_) => {
            fixtures!("responses/answer_tools.json", "responses/stream_tools.sse")
        }
        _ => fixtures!("hub/answer.json", "hub/chunks.sse"),
    };
    let mapping = PayloadMapping::default();
    let source = || AnswerSource {
        dialect: asked.dialect,
        client: asked.request.dialect,
        mapping: &mapping,
        respelled: asked.sent.respelled.clone(),
        is_own: asked.sent.is_own,
    };
    let (body, _) = whole(&source(), Bytes::from(answer), || defaults(&asked))
        .unwrap_or_else(|why| panic!("no answer for {:?}: {why:?}", asked.format));
    assert!(is_json(&body) && body.starts_with(b"{"), "no answer: {}", body.escape_ascii());
    check_stream(source(), &asked, stream);
}

fn check_stream(source: AnswerSource<'_>, asked: &Asked<'_>, stream: &'static str) {
    let mut translator = StreamTranslator::new(source, asked.format, true, defaults(asked));
    let mut out = Vec::new();
    // The first half, a word that keeps the stream alive, and the rest.
    let (first, rest) = stream.split_at(stream.find("\n").map_or(0, |end| end + 1));
    translator.push(Bytes::from(first), &mut out).expect("the first event");
    out.extend(translator.keepalive());
    translator.push(Bytes::from(rest), &mut out).expect("the other events");
    translator.finish(&mut out).expect("the end");
    let served = Served {
        model: "m",
        provider: "up",
        request_id: "r",
        cost: None,
        elapsed: std::time::Duration::ZERO,
    };
    out.extend(translator.close(&served));
    check_events(asked, &out.concat());
}

fn check_events(asked: &Asked<'_>, bytes: &[u8]) {
    let text = str::from_utf8(bytes).expect("a stream is UTF-8");
    match asked.format {
        ClientFormat::Ollama(_) => {
            for line in text.lines() {
                assert!(is_json(line.as_bytes()), "no JSON: {line}");
            }
        }
        ClientFormat::Gemini(Framing::List) => {
            assert!(is_json(text.as_bytes()), "no JSON: {text}");
        }
        // What comes of an upstream of the client's API is the upstream's own.
        _ if asked.sent.is_own => {}
        _ => {
            for data in text.lines().filter_map(|line| line.strip_prefix("data: ")) {
                assert!(is_json(data.as_bytes()) || data == "[DONE]", "no JSON: {data}");
            }
        }
    }
}

fn defaults(asked: &Asked<'_>) -> AnswerDefaults {
    let shape = match asked.format {
        ClientFormat::Ollama(shape) => shape,
        _ => Default::default(),
    };
    let request = asked.request;
    let vendor = AnswerOptions {
        served_by: String::from("up/m"),
        prompt_tokens: request.facts.needs.prompt_tokens,
        own: request.own().cloned(),
        shows_thinking: request.own().is_some_and(|own| own.shows_thinking()),
        ollama: Told { shape, now_unix: 1_790_000_000, ..Told::default() },
    };
    AnswerDefaults { vendor, ..otherwise() }
}

