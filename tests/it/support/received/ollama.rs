//! `/api/chat`. Ollama passes over what it does not know without a word, so a name in the wrong
//! place is refused here though it would not be there.
//!
//! Source: Ollama documentation, "Generate a chat message", "Thinking", "Modelfile" (parameters).

use serde_json::{Map, Value};

use super::members::Members;
use super::tools::{check_base64, check_unique, function, object_text};
use llm_router::domain::chat::{
    AssistantMessage, Block, ChatRequest, Effort, Media, Message, Part, PartContent,
    ResponseFormat, Thinking, ToolCall,
};

/// Options without a counterpart in a chat of OpenAI's.
const OWN_OPTIONS: [&str; 17] = [
    "draft_num_predict",
    "main_gpu",
    "min_p",
    "mirostat",
    "mirostat_eta",
    "mirostat_tau",
    "num_batch",
    "num_ctx",
    "num_gpu",
    "num_keep",
    "num_thread",
    "penalize_newline",
    "repeat_last_n",
    "repeat_penalty",
    "tfs_z",
    "typical_p",
    "use_mmap",
];

pub fn read(body: Value) -> Result<ChatRequest, String> {
    let mut body = Members::of(body, "")?;
    let mut request = ChatRequest {
        model: body.required_string("model")?,
        // What is left out is a stream.
        is_stream: body.bool("stream")?.ok_or("`stream` is not said")?,
        ..ChatRequest::default()
    };
    let mut called = Vec::new();
    for message in body.required_objects("messages")? {
        request.messages.push(self::message(message, &mut called)?);
    }
    for tool in body.objects("tools")? {
        let (tool, rest) = function(tool)?;
        rest.end()?;
        if tool.parameters.is_none() {
            return Err(format!("the tool `{}` has no parameters", tool.name));
        }
        request.tools.push(tool);
    }
    check_unique(&request.tools)?;
    request.response_format = match body.take("format") {
        None => None,
        Some(Value::String(word)) if word == "json" => Some(ResponseFormat::JsonObject),
        Some(schema @ Value::Object(_)) => Some(ResponseFormat::JsonSchema {
            name: String::new(),
            schema,
            strict: None,
            description: None,
        }),
        Some(other) => return Err(format!("`format` is neither `json` nor a schema: {other}")),
    };
    request.reasoning = match body.take("think") {
        None => None,
        Some(Value::Bool(false)) => Some(Effort::None),
        Some(Value::Bool(true)) => Some(Effort::Medium),
        Some(Value::String(level)) => Some(match level.as_str() {
            "low" => Effort::Low,
            "medium" => Effort::Medium,
            "high" => Effort::High,
            other => return Err(format!("`think` is `{other}`")),
        }),
        Some(other) => return Err(format!("`think` is {other}")),
    };
    request.logprobs = body.bool("logprobs")?;
    request.top_logprobs = body.count("top_logprobs")?;
    if let Some(keep_alive) = body.take("keep_alive") {
        request.rest.insert("keep_alive".into(), keep_alive);
    }
    if let Some(options) = body.object("options")? {
        self::options(options, &mut request)?;
    }
    body.end()?;
    Ok(request)
}

fn options(mut options: Members, request: &mut ChatRequest) -> Result<(), String> {
    request.temperature = options.number("temperature")?;
    request.top_p = options.number("top_p")?;
    request.top_k = options.count("top_k")?;
    request.max_tokens = options.count("num_predict")?;
    request.presence_penalty = options.number("presence_penalty")?;
    request.frequency_penalty = options.number("frequency_penalty")?;
    request.seed = options.integer("seed")?;
    request.stop = options.strings("stop")?;
    let mut own = Map::new();
    for name in OWN_OPTIONS {
        own.extend(options.take(name).map(|value| (name.to_owned(), value)));
    }
    request.rest.extend(own);
    options.end()
}

/// `called`: id and name of all calls before.
fn message(mut message: Members, called: &mut Vec<(String, String)>) -> Result<Message, String> {
    let role = message.required_string("role")?;
    let said = message.string("content")?.ok_or("`content` is missing")?;
    let mut content = Vec::new();
    if !said.is_empty() {
        content.push(Part { content: PartContent::Text(said), cache_control: None });
    }
    for data in message.strings("images")? {
        check_base64(&data, "images")?;
        // Ollama looks into the bytes for their type.
        let source = Media::Inline { media_type: String::new(), data };
        let content_part = PartContent::Image { source, detail: None };
        content.push(Part { content: content_part, cache_control: None });
    }
    let read = match role.as_str() {
        "system" => Message::System { content },
        "user" => Message::User { content },
        "assistant" => {
            let thought = message.string("thinking")?;
            let thinking = thought.map(|text| Thinking::Text { text, signature: None });
            let mut blocks: Vec<Block> = thinking.into_iter().map(Block::Thinking).collect();
            blocks.extend(content.into_iter().map(Block::Part));
            for mut fields in message.objects("tool_calls")? {
                let id = fields.required_string("id")?;
                let mut function = fields.required_object("function")?;
                let name = function.required_string("name")?;
                let arguments = object_text(&function.required("arguments")?, "arguments")?;
                function.end()?;
                fields.end()?;
                called.push((id.clone(), name.clone()));
                let call = ToolCall { id, name, arguments, signature: None };
                blocks.push(Block::ToolCall(call));
            }
            Message::Assistant(AssistantMessage { blocks })
        }
        "tool" => {
            let name = message.required_string("tool_name")?;
            let call_id = message.required_string("tool_call_id")?;
            let is_known = called.iter().rev().find(|(id, _)| *id == call_id);
            if is_known.is_none_or(|(_, called)| *called != name) {
                return Err(format!("the result of `{name}` (`{call_id}`) follows no such call"));
            }
            Message::Tool { call_id, content, is_error: false }
        }
        other => return Err(format!("`role` is `{other}`")),
    };
    message.end()?;
    Ok(read)
}
