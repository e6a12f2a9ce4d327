//! The provider type `mock`: synthetic answers for trials and load tests, in OpenAI's chat format,
//! with configurable failures.

mod embeddings;

use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::{Instant, sleep, sleep_until};

use super::stream::BodyStream;
use super::wire::{
    Body, ContentType, Operation, ReplyBody, ReplyTimes, UpstreamReply, WireRequest,
};
use crate::config::entries::MockSettings;
use crate::domain::dialect::Dialect;

/// The members of a request that the mock reads.
#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    model: String,
    #[serde(default)]
    messages: Vec<Message>,
    #[serde(alias = "max_completion_tokens", default)]
    max_tokens: Option<u64>,
    #[serde(default)]
    stream_options: Option<StreamOptions>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    role: String,
    #[serde(default)]
    content: Value,
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

/// The answer, word by word; a word counts as a token.
struct SyntheticAnswer {
    model: String,
    words: Vec<String>,
    finish_reason: &'static str,
    usage: Value,
    wants_usage: bool,
}

pub async fn answer(request: WireRequest, permit: OwnedSemaphorePermit) -> UpstreamReply {
    let settings = request.mock.unwrap_or_default();
    if request.operation == Operation::ListModels {
        return list(settings.models.unwrap_or_default());
    }
    let first_token = Duration::from_millis(settings.first_token_ms.unwrap_or(0));
    let interval = Duration::from_millis(settings.token_interval_ms.unwrap_or(0));
    if fastrand::f64() < settings.error_rate.unwrap_or(0.0) {
        sleep(first_token).await;
        let status = settings.error_status.unwrap_or(500);
        let message = format!("the mock is configured to fail with {status}");
        return failure(status, &message, settings.retry_after);
    }
    let unreadable = |error: serde_json::Error| {
        failure(400, &format!("the mock cannot read the request: {error}"), None)
    };
    let Body::Bytes(body) = &request.body else {
        return failure(400, "the mock does not take forms", None);
    };
    if let Operation::Generate(Dialect::Embeddings(_)) = request.operation {
        sleep(first_token).await;
        return match serde_json::from_slice(body) {
            Ok(asked) => whole(200, Bytes::from(embeddings::answer(&asked).to_string())),
            Err(error) => unreadable(error),
        };
    }
    let parsed = match serde_json::from_slice(body) {
        Ok(parsed) => parsed,
        Err(error) => return unreadable(error),
    };
    let answer = SyntheticAnswer::new(parsed, &settings);
    let body = if request.is_stream {
        ReplyBody::Stream(BodyStream::queued(stream(answer, first_token, interval, permit)))
    } else {
        let words = u32::try_from(answer.words.len()).unwrap_or(u32::MAX);
        let rest = interval.saturating_mul(words.saturating_sub(1));
        if !first_token.is_zero() || !rest.is_zero() {
            sleep(first_token + rest).await;
        }
        ReplyBody::Whole(Bytes::from(answer.whole().to_string()))
    };
    UpstreamReply {
        status: 200,
        content_type: if request.is_stream { ContentType::Events } else { ContentType::Json },
        retry_after: None,
        reset_after: None,
        times: ReplyTimes::default(),
        body,
    }
}

fn list(models: Vec<String>) -> UpstreamReply {
    let models = models.iter().map(|model| json!({"id": model, "object": "model"}));
    let body = json!({"object": "list", "data": models.collect::<Vec<_>>()});
    whole(200, Bytes::from(body.to_string()))
}

fn whole(status: u16, body: Bytes) -> UpstreamReply {
    UpstreamReply {
        status,
        content_type: ContentType::Json,
        retry_after: None,
        reset_after: None,
        times: ReplyTimes::default(),
        body: ReplyBody::Whole(body),
    }
}

fn failure(status: u16, message: &str, retry_after: Option<u64>) -> UpstreamReply {
    let body = json!({"error": {"message": message, "type": "mock_error", "code": null}});
    let retry_after = retry_after.map(Duration::from_secs);
    UpstreamReply { retry_after, ..whole(status, Bytes::from(body.to_string())) }
}

fn stream(
    answer: SyntheticAnswer,
    first_token: Duration,
    interval: Duration,
    permit: OwnedSemaphorePermit,
) -> mpsc::Receiver<Bytes> {
    let (sender, receiver) = mpsc::channel(16);
    actix::spawn(async move {
        let _permit = permit;
        let mut due = Instant::now() + first_token;
        for chunk in answer.chunks() {
            if !interval.is_zero() || !first_token.is_zero() {
                tokio::select! {
                    () = sleep_until(due) => {}
                    () = sender.closed() => return,
                }
            }
            due += interval;
            if sender.send(chunk).await.is_err() {
                return;
            }
        }
    });
    receiver
}

impl SyntheticAnswer {
    fn new(request: Request, settings: &MockSettings) -> Self {
        let prompt: u64 =
            request.messages.iter().map(|message| count(&text_of(&message.content))).sum();
        let last_user = request.messages.iter().rev().find(|message| message.role == "user");
        let text = match &settings.text {
            Some(text) => text.clone(),
            None => last_user.map(|message| text_of(&message.content)).unwrap_or_default(),
        };
        let all: Vec<&str> = text.split_inclusive(char::is_whitespace).collect();
        let wanted = settings.tokens.unwrap_or(all.len() as u64);
        let length = request.max_tokens.map_or(wanted, |max| wanted.min(max));
        let mut words: Vec<String> = Vec::new();
        for (index, word) in
            all.iter().cycle().take(usize::try_from(length).unwrap_or(0)).enumerate()
        {
            let is_joint =
                index > 0 && index % all.len() == 0 && !text.ends_with(char::is_whitespace);
            words.push(if is_joint { format!(" {word}") } else { (*word).to_owned() });
        }
        let completion = words.len();
        Self {
            model: request.model,
            words,
            finish_reason: if length < wanted { "length" } else { "stop" },
            usage: json!({
                "prompt_tokens": prompt,
                "completion_tokens": completion,
                "total_tokens": prompt + completion as u64,
            }),
            wants_usage: request.stream_options.is_some_and(|options| options.include_usage),
        }
    }

    fn whole(&self) -> Value {
        json!({
            "id": format!("chatcmpl-mock-{:016x}", fastrand::u64(..)),
            "object": "chat.completion",
            "created": jiff::Timestamp::now().as_second(),
            "model": self.model,
            "choices": [{
                "index": 0,
                "message": {"role": "assistant", "content": self.words.concat(), "refusal": null},
                "finish_reason": self.finish_reason,
                "logprobs": null,
            }],
            "usage": self.usage,
        })
    }

    /// The role comes with the first word, so that the first chunk is the first token.
    fn chunks(self) -> impl Iterator<Item = Bytes> {
        let id = format!("chatcmpl-mock-{:016x}", fastrand::u64(..));
        let created = jiff::Timestamp::now().as_second();
        let Self { model, words, finish_reason, usage, wants_usage } = self;
        let chunk = move |choices: Value, usage: Option<&Value>| {
            let mut chunk = json!({
                "id": id, "object": "chat.completion.chunk", "created": created,
                "model": model, "choices": choices,
            });
            if let (Some(usage), Some(members)) = (usage, chunk.as_object_mut()) {
                members.insert(String::from("usage"), usage.clone());
            }
            Bytes::from(format!("data: {chunk}\n\n"))
        };
        let choice = |delta: Value, finish_reason: Option<&str>| json!([{"index": 0, "delta": delta, "finish_reason": finish_reason}]);
        let mut chunks = Vec::with_capacity(words.len() + 3);
        for (index, word) in words.iter().enumerate() {
            let delta = match index {
                0 => json!({"role": "assistant", "content": word}),
                _ => json!({"content": word}),
            };
            chunks.push(chunk(choice(delta, None), None));
        }
        let mut end = chunk(choice(json!({}), Some(finish_reason)), None).to_vec();
        if wants_usage {
            end.extend_from_slice(&chunk(json!([]), Some(&usage)));
        }
        end.extend_from_slice(b"data: [DONE]\n\n");
        chunks.push(Bytes::from(end));
        chunks.into_iter()
    }
}

fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| part.get("text")?.as_str());
            texts.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

fn count(text: &str) -> u64 {
    text.split_whitespace().count() as u64
}
