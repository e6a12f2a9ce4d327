//! The doors that each cell goes through, and what comes out of them, in the same words.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::support::client::{BodyEnd, Head, RawClient};
use crate::support::{chat, streamed_chat};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// `/v1/chat/completions`, with Server-Sent Events.
    Chat,
    /// `/v1/completions`, with Server-Sent Events, of a model that takes chats.
    Completions,
    /// `/v1/messages`, with Anthropic's events.
    Messages,
    /// `/v1/responses`, with OpenAI's events.
    Responses,
    /// `/v1beta/models/…:generateContent`, with Gemini's frames.
    Gemini,
    /// `/api/chat`, with lines of JSON as Ollama writes them.
    Ollama,
    /// `/route/invoke`, with lines of JSON.
    Route,
}

impl Door {
    /// A call of the model that has been sent.
    pub async fn begin(self, addr: SocketAddr, model: &str, is_stream: bool) -> RawClient {
        let body = match self {
            Self::Chat if is_stream => streamed_chat(model),
            Self::Chat => chat(model),
            Self::Completions => json!({"model": model, "prompt": "hi", "stream": is_stream}),
            Self::Messages => json!({
                "model": model, "max_tokens": 100, "stream": is_stream,
                "messages": [{"role": "user", "content": "hi"}],
            }),
            Self::Responses => json!({"model": model, "input": "hi", "stream": is_stream}),
            Self::Gemini => json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}),
            Self::Ollama => json!({
                "model": model, "stream": is_stream, "messages": [{"role": "user", "content": "hi"}],
            }),
            Self::Route => {
                json!({"query": {"name": model}, "request": {"prompt": "hi", "stream": is_stream}})
            }
        };
        let mut client = RawClient::connect(addr).await;
        client.post_json(&self.path(model, is_stream), &body.to_string(), &[]).await;
        client
    }

    pub fn path(self, model: &str, is_stream: bool) -> String {
        match self {
            Self::Chat => String::from("/v1/chat/completions"),
            Self::Completions => String::from("/v1/completions"),
            Self::Messages => String::from("/v1/messages"),
            Self::Responses => String::from("/v1/responses"),
            Self::Gemini if is_stream => {
                format!("/v1beta/models/{model}:streamGenerateContent?alt=sse")
            }
            Self::Gemini => format!("/v1beta/models/{model}:generateContent"),
            Self::Ollama => String::from("/api/chat"),
            Self::Route => String::from("/route/invoke"),
        }
    }

    /// Reads what the client may have got of a stream before it broke.
    pub async fn read_beginning(self, client: &mut RawClient, frames: usize) {
        client.read_head().await;
        match self {
            Self::Chat => {
                for _ in 0..frames {
                    client.read_frame().await;
                }
            }
            Self::Completions | Self::Messages | Self::Responses | Self::Gemini => {
                client.read_frame().await;
            }
            Self::Ollama | Self::Route => {
                client.read_line().await;
            }
        }
    }

    /// A whole answer or an ordinary error.
    pub fn whole(self, head: &Head, body: &Value) -> String {
        if head.status == 200 {
            let text = match self {
                Self::Chat => &body["choices"][0]["message"]["content"],
                Self::Completions => &body["choices"][0]["text"],
                Self::Messages => {
                    let text = body["content"][0]["text"].as_str().unwrap_or_default();
                    return format!("200, `{text}`");
                }
                Self::Responses => {
                    let text = &body["output"][0]["content"][0]["text"];
                    return format!("200, `{}`", text.as_str().unwrap_or_default());
                }
                Self::Gemini => &body["candidates"][0]["content"]["parts"][0]["text"],
                Self::Ollama => &body["message"]["content"],
                Self::Route => &body["output_text"],
            };
            return format!("200, `{}`", text.as_str().unwrap());
        }
        let code = match self {
            Self::Chat | Self::Completions | Self::Messages | Self::Responses => {
                &body["error"]["code"]
            }
            Self::Gemini => gemini_code(body),
            Self::Ollama | Self::Route => &body["code"],
        };
        let wait = head.header("retry-after").map(|wait| format!(", Retry-After {wait}"));
        // Anthropic's own status for overload.
        let is_overload = self == Self::Messages && head.status == 529;
        let status = if is_overload { 503 } else { head.status };
        format!("{status} `{}`{}", code.as_str().unwrap(), wait.unwrap_or_default())
    }

    /// The text of a stream, and how it ended. Nothing may follow a good end or an error.
    pub fn streamed(self, body: &str, end: BodyEnd) -> String {
        let mut text = String::new();
        let mut last = String::from(", silence");
        let separator = match self {
            Self::Ollama | Self::Route => "\n",
            _ => "\n\n",
        };
        for part in body.split_inclusive(separator) {
            assert!(last == ", silence", "`{part}` follows the end");
            let part = part.strip_suffix(separator).unwrap_or_else(|| panic!("a half: `{part}`"));
            match self.read(part) {
                Part::Text(more) => text.push_str(&more),
                Part::End => last = String::from(", good end"),
                Part::Error(code) => last = format!(", error event `{code}`, end"),
            }
        }
        // Behind an error Gemini's clients see no end.
        let is_cut_on_purpose = self == Self::Gemini && last.starts_with(", error event");
        assert!(!is_cut_on_purpose || end != BodyEnd::Complete, "an end behind an error: {body}");
        let is_cut = end != BodyEnd::Complete && !is_cut_on_purpose;
        let cut = if is_cut { ", cut" } else { "" };
        format!("200, `{text}`{last}{cut}")
    }

    fn read(self, part: &str) -> Part {
        let data = match self {
            Self::Chat | Self::Completions if part.starts_with(':') => {
                return Part::Text(String::new());
            }
            Self::Chat | Self::Completions => {
                part.strip_prefix("data: ").unwrap_or_else(|| panic!("no data: `{part}`"))
            }
            Self::Messages => {
                let (event, data) = part.split_once('\n').unwrap_or_else(|| panic!("`{part}`"));
                assert!(event.starts_with("event: "), "`{part}`");
                if event == "event: message_stop" {
                    return Part::End;
                }
                data.strip_prefix("data: ").unwrap_or_else(|| panic!("no data: `{part}`"))
            }
            Self::Responses => {
                let (event, data) = part.split_once('\n').unwrap_or_else(|| panic!("`{part}`"));
                let data =
                    data.strip_prefix("data: ").unwrap_or_else(|| panic!("no data: `{part}`"));
                return Self::read_response(event, data);
            }
            // A wait is bridged with empty lines.
            Self::Gemini if part.trim_matches('\n').is_empty() => {
                return Part::Text(String::new());
            }
            // The error for Google's older SDKs, before the frame that tells of it.
            Self::Gemini if part.trim_start_matches('\n').starts_with(r#"{"error":"#) => {
                return Part::Text(String::new());
            }
            Self::Gemini => part
                .trim_start_matches('\n')
                .strip_prefix("data: ")
                .unwrap_or_else(|| panic!("no data: `{part}`")),
            Self::Ollama | Self::Route => part,
        };
        if matches!(self, Self::Chat | Self::Completions) && data == "[DONE]" {
            return Part::End;
        }
        let json: Value = serde_json::from_str(data).unwrap();
        if let Some(code) = gemini_code(&json).as_str().filter(|_| self == Self::Gemini) {
            return Part::Error(code.to_owned());
        }
        if self == Self::Ollama && json["error"].is_string() {
            return Part::Error(json["code"].as_str().unwrap().to_owned());
        }
        if let Some(code) = json["error"]["code"].as_str() {
            assert_eq!(self == Self::Route, json["is_final"] == true, "{json}");
            return Part::Error(code.to_owned());
        }
        let text = match self {
            Self::Chat => &json["choices"][0]["delta"]["content"],
            Self::Completions => &json["choices"][0]["text"],
            Self::Messages => &json["delta"]["text"],
            Self::Responses => unreachable!("read apart"),
            Self::Gemini if !json["candidates"][0]["finishReason"].is_null() => return Part::End,
            Self::Gemini => &json["candidates"][0]["content"]["parts"][0]["text"],
            Self::Ollama if json["done"] == true => return Part::End,
            Self::Ollama => &json["message"]["content"],
            Self::Route if json["is_final"] == true => return Part::End,
            Self::Route => &json["text"],
        };
        Part::Text(text.as_str().unwrap_or_default().to_owned())
    }

    fn read_response(event: &str, data: &str) -> Part {
        let json: Value = serde_json::from_str(data).unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match event.strip_prefix("event: response.").unwrap_or_else(|| panic!("`{event}`")) {
            "output_text.delta" => Part::Text(text(&json["delta"])),
            "completed" => Part::End,
            "failed" => Part::Error(text(&json["response"]["error"]["reason"])),
            _ => Part::Text(String::new()),
        }
    }
}

enum Part {
    Text(String),
    End,
    Error(String),
}

/// The router's code in an error of Google's form.
fn gemini_code(body: &Value) -> &Value {
    &body["error"]["details"][0]["metadata"]["code"]
}
