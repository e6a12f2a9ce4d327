//! Chats such as clients have: several turns, tools called in parallel, thinking of this maker and
//! of others in any order among words and calls, and now and then something that a dialect cannot
//! carry.

use llm_router::domain::chat::{
    AssistantMessage, Block, ChatRequest, Effort, Maker, Media, Message, Part, PartContent,
    ResponseFormat, Seal, Thinking, Tool, ToolCall, ToolChoice,
};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Number, Value, json};

const NAMES: [&str; 3] = ["look", "get-weather_2", "_F"];

/// A request of those models, with media of those kinds.
pub fn chats(
    models: &'static [&'static str],
    media: &'static [fn() -> PartContent],
) -> impl Strategy<Value = ChatRequest> {
    let sampling =
        (of(0..=20_u8), of(0..=10_u8), of(1..100_u64), of(-20..=20_i8), of(any::<i64>()));
    let limits =
        (vec(stop(), 0..4), of(1..40_000_u64), of(1..4_u64), of(any::<bool>()), of(0..5_u64));
    let words = (select(models), of(effort()), of("[a-z]{1,8}"), any::<bool>(), rest());
    let offer = (offer(), of(format()));
    (conversation(media), offer, sampling, limits, words).prop_map(
        |(messages, ((tools, choice, parallel), format), sampling, limits, words)| {
            let (temperature, top_p, top_k, penalty, seed) = sampling;
            let (stop, max_tokens, n, logprobs, top_logprobs) = limits;
            let (model, reasoning, user, is_stream, rest) = words;
            ChatRequest {
                model: model.to_owned(),
                messages,
                tools,
                tool_choice: choice,
                parallel_tool_calls: parallel,
                response_format: format,
                temperature: temperature.map(tenths),
                top_p: top_p.map(tenths),
                top_k,
                presence_penalty: penalty.map(tenths),
                frequency_penalty: penalty.map(|penalty| tenths(-penalty)),
                seed,
                stop,
                max_tokens,
                n,
                logprobs,
                top_logprobs,
                reasoning,
                thinking_budget: None,
                user,
                web_search: None,
                is_stream,
                rest,
                passed_over: Vec::new(),
            }
        },
    )
}

fn tenths(tenths: impl Into<f64>) -> Number {
    Number::from_f64(tenths.into() / 10.0).unwrap()
}

/// Words, lines, quotes, and what escapes have to be written for; sometimes nothing.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-zA-Z ]{1,12}[a-z]",
        4 => "\\PC{0,8}é\"\\\\\n\t\\PC{0,8}.",
        2 => r#"\{"a": [0-9]{1,3}, "b": "x"\}"#,
        1 => Just(String::from(" \n")),
        1 => Just(String::new()),
    ]
}

fn stop() -> impl Strategy<Value = String> {
    prop_oneof![8 => "[A-Z#]{1,4}", 1 => Just(String::from("\n\n"))]
}

fn effort() -> impl Strategy<Value = Effort> {
    use Effort::{High, Low, Max, Medium, Minimal, None, Xhigh};
    select(vec![None, Minimal, Low, Medium, High, Xhigh, Max])
}

fn marker() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![60 => Just(None), 1 => Just(Some(json!({"type": "ephemeral"})))]
}

fn texts(most: usize) -> impl Strategy<Value = Vec<Part>> {
    let part = (text(), marker())
        .prop_map(|(text, cache_control)| Part { content: PartContent::Text(text), cache_control });
    vec(part, 0..=most)
}

fn parts(media: &'static [fn() -> PartContent]) -> BoxedStrategy<Vec<Part>> {
    let content = prop_oneof![
        5 => text().prop_map(PartContent::Text),
        1 => select(media).prop_map(|make| make()),
    ];
    let part =
        (content, marker()).prop_map(|(content, cache_control)| Part { content, cache_control });
    vec(part, 1..4).boxed()
}

fn seal() -> impl Strategy<Value = Seal> {
    use Maker::{Anthropic, Google, OpenAi, Unknown, Xai};
    let maker = select(vec![Anthropic, Anthropic, Google, Google, OpenAi, Xai, Unknown]);
    (maker, "[a-zA-Z0-9+/]{4}").prop_map(|(maker, data)| Seal::new(maker, data))
}

fn thinking() -> impl Strategy<Value = Thinking> {
    prop_oneof![
        3 => ("[a-z ]{1,9}", of(seal())).prop_map(|(text, signature)| Thinking::Text { text, signature }),
        1 => (of("rs_[0-9]"), seal()).prop_map(|(id, sealed)| Thinking::Opaque { id, sealed }),
    ]
}

fn arguments() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::from("{}")),
        (text(), any::<i32>())
            .prop_map(|(text, n)| json!({"at": text, "n": [n, {"x": null}]}).to_string()),
        Just(String::from(r#"{"big": 12345678901234567890123, "f": 1.50}"#)),
    ]
}

fn call() -> impl Strategy<Value = (ToolCall, Vec<Part>, bool)> {
    let id = prop_oneof![4 => "call_[a-z]{8}", 1 => Just(String::from("functions.look:0"))];
    let call = (id, select(&NAMES), arguments(), of("[a-z]{4}")).prop_map(
        |(id, name, arguments, signature)| ToolCall {
            id,
            name: name.to_owned(),
            arguments,
            signature,
        },
    );
    (call, texts(2), prop::bool::weighted(0.2))
}

/// What the assistant says, and the results of what it called, in any order.
fn answer() -> impl Strategy<Value = Vec<Message>> {
    let said = (texts(2), of("[a-z ]{1,9}[a-z]"), vec(thinking(), 0..3));
    let calls = prop_oneof![2 => Just(Vec::new()), 2 => vec(call(), 1..4)];
    let answer = (said, calls, any::<bool>()).prop_map(|(said, calls, is_reversed)| {
        let (content, refusal, thinking) = said;
        let mut tool_calls: Vec<ToolCall> = Vec::new();
        let mut results = Vec::new();
        for (call, content, is_error) in calls {
            if tool_calls.iter().all(|other| other.id != call.id) {
                results.push(Message::Tool { call_id: call.id.clone(), content, is_error });
                tool_calls.push(call);
            }
        }
        if is_reversed {
            results.reverse();
        }
        let mut blocks: Vec<Block> = thinking.into_iter().map(Block::Thinking).collect();
        blocks.extend(content.into_iter().map(Block::Part));
        blocks.extend(refusal.map(Block::Refusal));
        blocks.extend(tool_calls.into_iter().map(Block::ToolCall));
        (blocks, results)
    });
    let ordered = answer.prop_flat_map(|(blocks, results)| {
        let shuffled = Just(blocks.clone()).prop_shuffle().prop_map(as_told);
        (prop_oneof![Just(blocks), shuffled], Just(results))
    });
    ordered.prop_map(|(blocks, results)| {
        let mut messages = vec![Message::Assistant(AssistantMessage { blocks })];
        messages.extend(results);
        messages
    })
}

/// A client tells places by what was said before them: a text of nothing has none, and a refusal
/// is the last that is said.
fn as_told(mut blocks: Vec<Block>) -> Vec<Block> {
    blocks.retain(|block| !matches!(block, Block::Part(part) if part.text() == Some("")));
    let refusal = blocks.iter().position(|block| matches!(block, Block::Refusal(_)));
    if let Some(refusal) = refusal.map(|at| blocks.remove(at)) {
        let last = blocks.iter().rposition(|block| matches!(block, Block::Part(_)));
        blocks.insert(last.map_or(0, |at| at + 1), refusal);
    }
    blocks
}

fn conversation(media: &'static [fn() -> PartContent]) -> impl Strategy<Value = Vec<Message>> {
    let system = || prop_oneof![6 => Just(None), 1 => texts(2).prop_map(Some)];
    let user = parts(media).prop_map(|content| Message::User { content });
    let exchange = (user, system(), vec(answer(), 0..3));
    (vec(texts(2), 0..2), vec(exchange, 1..4), parts(media), texts(2), 0..24_u8).prop_map(
        |(leading, exchanges, last, last_words, mishap)| {
            let system = |content| Message::System { content };
            let mut messages: Vec<Message> = leading.into_iter().map(system).collect();
            for (user, late, answers) in exchanges {
                messages.push(user);
                messages.extend(late.map(system));
                messages.extend(answers.into_iter().flatten());
            }
            // Every other chat goes on where a tool has answered, if one has.
            if mishap % 2 == 0 || !matches!(messages.last(), Some(Message::Tool { .. })) {
                messages.push(Message::User { content: last });
            }
            // An answer that was begun, for the model to go on with.
            if mishap == 3 {
                let blocks = last_words.into_iter().map(Block::Part).collect();
                messages.push(Message::Assistant(AssistantMessage { blocks }));
            }
            if mishap == 1 {
                // A result that got lost, or a question.
                messages.remove(messages.len() / 2);
            }
            messages
        },
    )
}

type Offer = (Vec<Tool>, Option<ToolChoice>, Option<bool>);

fn offer() -> impl Strategy<Value = Offer> {
    let schema = select(vec![
        None,
        Some(json!({})),
        Some(json!({"type": "object", "properties": {"at": {"type": ["string", "null"]}}})),
        Some(json!({"type": "object", "additionalProperties": false, "required": ["a"],
            "properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"anyOf": [{"const": 1}]}}})),
    ]);
    let tool = (of(text()), schema, of(any::<bool>()), marker());
    let choice = of(0..4_usize);
    (vec(tool, 0..=NAMES.len()), choice, of(any::<bool>())).prop_map(|(tools, choice, parallel)| {
        let named = |(name, (description, parameters, strict, cache_control)): (&&str, _)| Tool {
            name: (*name).to_owned(),
            description,
            parameters,
            strict,
            cache_control,
        };
        let tools: Vec<Tool> = NAMES.iter().zip(tools).map(named).collect();
        let Some(first) = tools.first() else { return (tools, None, None) };
        let name = first.name.clone();
        let choice = choice.map(|at| {
            [ToolChoice::Auto, ToolChoice::None, ToolChoice::Required, ToolChoice::Named(name)][at]
                .clone()
        });
        (tools, choice, parallel)
    })
}

fn format() -> impl Strategy<Value = ResponseFormat> {
    let schema = (of(any::<bool>()), of(text())).prop_map(|(strict, description)| {
        let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}}});
        ResponseFormat::JsonSchema { name: "answer".into(), schema, strict, description }
    });
    prop_oneof![Just(ResponseFormat::Text), Just(ResponseFormat::JsonObject), schema]
}

/// Some fields that only some provider knows.
fn rest() -> impl Strategy<Value = Map<String, Value>> {
    let field = select(vec![
        ("logit_bias", json!({"1": 2})),
        ("store", json!(true)),
        ("service_tier", json!("auto")),
        ("service_tier", json!("flex")),
        ("keep_alive", json!("5m")),
        ("num_ctx", json!(8192)),
        ("safety_settings", json!([{"category": "C", "threshold": "BLOCK_NONE"}])),
    ]);
    vec(field, 0..2).prop_map(|fields| {
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    })
}

pub mod media {
    use super::{Media, PartContent};

    fn inline(media_type: &str) -> Media {
        Media::Inline { media_type: media_type.into(), data: "QUJDRA==".into() }
    }

    pub fn png() -> PartContent {
        PartContent::Image { source: inline("image/png"), detail: None }
    }

    pub fn detailed_jpg() -> PartContent {
        PartContent::Image { source: inline("image/jpg"), detail: Some("high".into()) }
    }

    pub fn linked_image() -> PartContent {
        PartContent::Image { source: Media::Url("https://host/a.webp".into()), detail: None }
    }

    pub fn pdf() -> PartContent {
        PartContent::File {
            source: inline("application/pdf"),
            filename: Some("a \"b\".pdf".into()),
        }
    }

    pub fn wav() -> PartContent {
        PartContent::Audio { source: inline("audio/wav") }
    }

    pub fn video() -> PartContent {
        PartContent::Video { source: inline("video/mp4") }
    }
}
