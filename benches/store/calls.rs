//! The calls that are written: 60 models with tags at 8 providers, 200 keys; few of them make most
//! calls. The same ones in every run.

use std::fmt::Write as _;

use llm_router::domain::ids::{KeyId, ModelId, ProviderId, RequestId};
use llm_router::domain::invocation::{Bodies, Invocation, Phases, Status, Target};
use llm_router::domain::money::NanoUsd;
use llm_router::domain::provider_kind::ProviderKind;
use llm_router::domain::usage::Usage;

pub const MODELS: u64 = 60;
pub const KEYS: u64 = 200;

/// What is kept of a call beside its row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    Row,
    /// The router traces each call.
    Trace,
    /// The trace, and 1 kB of bodies.
    Bodies,
}

pub struct Calls {
    seed: u64,
}

impl Default for Calls {
    fn default() -> Self {
        Self { seed: 7 }
    }
}

impl Calls {
    pub fn next(&mut self, number: u64, started_at_us: i64, kept: Kept) -> Invocation {
        let model = self.random(MODELS) * self.random(MODELS) / MODELS;
        let key = self.random(KEYS) * self.random(KEYS) / KEYS;
        let is_error = self.random(100) == 0;
        let (prompt, completion) = (self.random(8_000), self.random(800));
        let duration = 200_000 + self.random(4_000_000) + self.random(100) / 99 * 30_000_000;
        let (id, key_id) = (i32::try_from(model).unwrap(), i32::try_from(key).unwrap());
        let millis = u64::try_from(started_at_us / 1000).unwrap();
        let mut random = [0u8; 10];
        random[..8].copy_from_slice(&self.random(u64::MAX).to_le_bytes());
        let usage = Usage {
            prompt,
            completion,
            cached: prompt / 2,
            total: prompt + completion,
            ..Usage::default()
        };
        Invocation {
            request_id: RequestId::generate(millis, random).as_str().to_owned(),
            started_at_us,
            endpoint: "chat",
            requested: format!("model-{model}"),
            target: Some(Target {
                provider_id: ProviderId(id % 8 + 1),
                provider: format!("provider-{}", id % 8),
                kind: ProviderKind::Openai,
                model_id: ModelId(id + 1),
                model: format!("model-{model}"),
                tags: vec![format!("tag-{}", id % 6), String::from("fast")],
                provider_key: Some(1),
            }),
            api_key: Some(format!("key-{key}")),
            api_key_id: Some(KeyId(key_id + 1)),
            is_stream: number.is_multiple_of(2),
            status: if is_error { Status::Error } else { Status::Success },
            http_status: if is_error { 502 } else { 200 },
            error_code: is_error.then_some("upstream_error"),
            error_message: is_error.then(|| String::from("the upstream answered 500: overloaded")),
            finish_reason: (!is_error).then(|| String::from("stop")),
            usage: (!is_error).then_some(usage),
            cost: (!is_error)
                .then(|| NanoUsd(i64::try_from(prompt * 2_000 + completion * 8_000).unwrap())),
            phases: Phases { router_us: Some(180), wait_us: Some(12) },
            ttft_us: (number.is_multiple_of(2)).then(|| i64::try_from(duration / 8).unwrap()),
            duration_us: i64::try_from(duration).unwrap(),
            attempts: 1,
            bodies: (kept == Kept::Bodies).then(|| self.bodies(model, millis, &usage)),
            route: (kept != Kept::Row).then(|| self.trace(model, duration)),
            ..Invocation::blank()
        }
    }

    /// About 500 bytes each.
    fn bodies(&mut self, model: u64, millis: u64, usage: &Usage) -> Bodies {
        let (prompt, answer) = (self.words(40), self.words(40));
        let Usage { prompt: asked, completion, total, .. } = usage;
        let request = format!(
            r#"{{"model":"model-{model}","temperature":0.2,"max_tokens":800,"messages":[{{"role":"system","content":"You answer questions about ferries. Be brief, name your source, and say so when you do not know."}},{{"role":"user","content":"{prompt}"}}]}}"#
        );
        let response = format!(
            r#"{{"id":"chatcmpl-{:016x}","object":"chat.completion","created":{},"model":"model-{model}","choices":[{{"index":0,"message":{{"role":"assistant","content":"{answer}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":{asked},"completion_tokens":{completion},"total_tokens":{total}}}}}"#,
            self.random(u64::MAX),
            millis / 1000,
        );
        Bodies { request: request.into(), response: response.into(), is_truncated: false }
    }

    /// Of a call by the model's name that its first attempt answered.
    fn trace(&mut self, model: u64, duration_us: u64) -> String {
        let mut ms = |below: u64| {
            let us = self.random(below);
            format!("{}.{:03}", us / 1000, us % 1000)
        };
        let (auth, route, at, first) = (ms(40), ms(90), ms(200), ms(400_000));
        let (token, stream) = (ms(400_000), ms(4_000_000));
        let reference = format!("provider-{}/model-{model}", model % 8);
        let total = format!("{}.{:03}", duration_us / 1000, duration_us % 1000);
        format!(
            r#"{{"strategy":"priority","seed":{},"candidates":[{{"model":"{reference}","score":1.0,"reason":"asked for by name"}}],"attempts":[{{"model":"{reference}","outcome":"answered","at_ms":{at},"ms":{first},"queue_ms":0.0,"connect_ms":0.0,"first_byte_ms":{first},"http_status":200,"provider_key":1}}],"timings":{{"auth_ms":{auth},"route_ms":{route},"queue_ms":0.0,"connect_ms":0.0,"first_byte_ms":{first},"first_token_ms":{token},"stream_ms":{stream},"total_ms":{total}}}}}"#,
            self.random(1 << 53),
        )
    }

    fn random(&mut self, below: u64) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed % below
    }

    /// Of a vocabulary of 1,000, the frequent ones more often.
    fn words(&mut self, count: usize) -> String {
        const SYLLABLES: [&str; 10] =
            ["fer", "har", "le", "ti", "is", "mor", "cro", "wind", "cap", "la"];
        let mut text = String::new();
        for _ in 0..count {
            let word = self.random(1_000) * self.random(1_000) / 1_000;
            let digits = [word % 10, word / 10 % 10, word / 100];
            for digit in &digits[..1 + usize::try_from(word % 3).unwrap()] {
                text.push_str(SYLLABLES[usize::try_from(*digit).unwrap()]);
            }
            let _ = write!(text, " ");
        }
        text
    }
}
