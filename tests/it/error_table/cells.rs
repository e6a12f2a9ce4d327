//! What each kind of provider says when it refuses a call, and what becomes of it.

/// One cell: a kind of provider, its answer, and what the client gets of it.
pub struct Cell {
    pub kind: &'static str,
    /// In the words of the document.
    pub said: &'static str,
    pub status: u16,
    pub body: &'static str,
    /// The upstream's header and value, where it sends one.
    pub header: Option<(&'static str, &'static str)>,
    pub client: (u16, &'static str),
    pub retry_after: Option<&'static str>,
    pub may_another: bool,
}

const fn cell(
    kind: &'static str,
    said: &'static str,
    status: u16,
    body: &'static str,
    client: (u16, &'static str),
    may_another: bool,
) -> Cell {
    Cell { kind, said, status, body, header: None, client, retry_after: None, may_another }
}

const fn waits(
    cell: Cell,
    header: Option<(&'static str, &'static str)>,
    told: &'static str,
) -> Cell {
    Cell { header, retry_after: Some(told), ..cell }
}

const REJECTED: (u16, &str) = (400, "upstream_rejected_request");
const TRANSLATION: (u16, &str) = (502, "upstream_refused_translation");
const CONTEXT: (u16, &str) = (400, "context_length_exceeded");
const POLICY: (u16, &str) = (400, "content_policy_violation");
const LARGE: (u16, &str) = (413, "request_too_large");
const KEY: (u16, &str) = (502, "upstream_refused_key");
const BILLING: (u16, &str) = (502, "upstream_billing");
const QUOTA: (u16, &str) = (429, "upstream_quota_exhausted");
const NOT_FOUND: (u16, &str) = (404, "upstream_not_found");
const SLOW: (u16, &str) = (504, "upstream_timeout");
const LIMITED: (u16, &str) = (429, "upstream_rate_limited");
const OVERLOADED: (u16, &str) = (503, "upstream_overloaded");
const BROKEN: (u16, &str) = (502, "upstream_error");

#[rustfmt::skip]
pub const CELLS: &[Cell] = &[
    cell("openai", "invalid_request_error", 400, r#"{"error":{"message":"no","type":"invalid_request_error","param":"x","code":null}}"#, REJECTED, false),
    cell("openai", "context_length_exceeded", 400, r#"{"error":{"message":"too long","type":"invalid_request_error","code":"context_length_exceeded"}}"#, CONTEXT, true),
    cell("openai", "content_policy_violation", 400, r#"{"error":{"message":"no","type":"invalid_request_error","code":"content_policy_violation"}}"#, POLICY, false),
    cell("openai", "invalid_api_key", 401, r#"{"error":{"message":"no","type":"invalid_request_error","code":"invalid_api_key"}}"#, KEY, true),
    cell("openai", "a right is missing", 403, r#"{"error":{"message":"no","code":"unsupported_country_region_territory"}}"#, KEY, true),
    cell("openai", "model_not_found", 404, r#"{"error":{"message":"no","code":"model_not_found"}}"#, NOT_FOUND, true),
    waits(cell("openai", "rate_limit_exceeded", 429, r#"{"error":{"message":"slow down","type":"tokens","code":"rate_limit_exceeded"}}"#, LIMITED, true), Some(("retry-after", "7")), "7"),
    waits(cell("openai", "rate_limit_exceeded, only its window is told", 429, r#"{"error":{"message":"slow down","type":"tokens","code":"rate_limit_exceeded"}}"#, LIMITED, true), Some(("x-ratelimit-reset-tokens", "6m0s")), "360"),
    Cell { header: Some(("x-ratelimit-reset-requests", "1s")), ..cell("openai", "insufficient_quota", 429, r#"{"error":{"message":"pay","type":"insufficient_quota","code":"insufficient_quota"}}"#, BILLING, true) },
    cell("openai", "server_error", 500, r#"{"error":{"message":"oops","type":"server_error"}}"#, BROKEN, true),
    cell("openai", "overloaded", 503, r#"{"error":{"message":"busy"}}"#, OVERLOADED, true),

    cell("claude", "invalid_request_error", 400, r#"{"type":"error","error":{"type":"invalid_request_error","message":"no"}}"#, REJECTED, false),
    cell("claude", "the shape of tools or schemas", 400, r#"{"type":"error","error":{"type":"invalid_request_error","message":"tools.0.custom.input_schema: JSON schema is invalid"}}"#, TRANSLATION, true),
    cell("claude", "a parameter's value", 400, r#"{"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens"}}"#, REJECTED, false),
    cell("claude", "prompt is too long", 400, r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#, CONTEXT, true),
    cell("claude", "no credit left", 400, r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}"#, BILLING, true),
    cell("claude", "the owner's spend limit", 400, r#"{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits."}}"#, QUOTA, true),
    cell("claude", "authentication_error", 401, r#"{"type":"error","error":{"type":"authentication_error","message":"no"}}"#, KEY, true),
    cell("claude", "billing_error", 402, r#"{"type":"error","error":{"type":"billing_error","message":"pay"}}"#, BILLING, true),
    cell("claude", "permission_error", 403, r#"{"type":"error","error":{"type":"permission_error","message":"no"}}"#, KEY, true),
    cell("claude", "not_found_error", 404, r#"{"type":"error","error":{"type":"not_found_error","message":"model: x"}}"#, NOT_FOUND, true),
    cell("claude", "conflict_error", 409, r#"{"type":"error","error":{"type":"conflict_error","message":"no"}}"#, BROKEN, true),
    cell("claude", "request_too_large", 413, r#"{"type":"error","error":{"type":"request_too_large","message":"no"}}"#, LARGE, false),
    waits(cell("claude", "rate_limit_error", 429, r#"{"type":"error","error":{"type":"rate_limit_error","message":"no"}}"#, LIMITED, true), Some(("retry-after", "30")), "30"),
    cell("claude", "api_error", 500, r#"{"type":"error","error":{"type":"api_error","message":"oops"}}"#, BROKEN, true),
    cell("claude", "timeout_error", 504, r#"{"type":"error","error":{"type":"timeout_error","message":"slow"}}"#, SLOW, true),
    cell("claude", "overloaded_error", 529, r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, OVERLOADED, true),

    cell("gemini", "INVALID_ARGUMENT", 400, r#"{"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT"}}"#, REJECTED, false),
    cell("gemini", "the shape of tools or schemas", 400, r#"{"error":{"code":400,"message":"* GenerateContentRequest.tools[0].function_declarations[0].name: [FIELD_INVALID] Invalid function name.","status":"INVALID_ARGUMENT"}}"#, TRANSLATION, true),
    cell("gemini", "more tokens than the model takes", 400, r#"{"error":{"code":400,"message":"The input token count (2000000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}"#, CONTEXT, true),
    cell("gemini", "API_KEY_INVALID", 400, r#"{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#, KEY, true),
    cell("gemini", "FAILED_PRECONDITION (location, billing)", 400, r#"{"error":{"code":400,"message":"User location is not supported","status":"FAILED_PRECONDITION"}}"#, KEY, true),
    cell("gemini", "PERMISSION_DENIED", 403, r#"{"error":{"code":403,"message":"no","status":"PERMISSION_DENIED"}}"#, KEY, true),
    cell("gemini", "NOT_FOUND", 404, r#"{"error":{"code":404,"message":"no","status":"NOT_FOUND"}}"#, NOT_FOUND, true),
    waits(cell("gemini", "RESOURCE_EXHAUSTED, RetryInfo", 429, r#"{"error":{"code":429,"message":"no","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"12.5s"}]}}"#, LIMITED, true), None, "13"),
    cell("gemini", "RESOURCE_EXHAUSTED, a quota of the day", 429, r#"{"error":{"code":429,"message":"no","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"12.5s"}]}}"#, QUOTA, true),
    cell("gemini", "INTERNAL", 500, r#"{"error":{"code":500,"message":"oops","status":"INTERNAL"}}"#, BROKEN, true),
    cell("gemini", "UNAVAILABLE", 503, r#"{"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}}"#, OVERLOADED, true),
    cell("gemini", "DEADLINE_EXCEEDED", 504, r#"{"error":{"code":504,"message":"slow","status":"DEADLINE_EXCEEDED"}}"#, SLOW, true),

    cell("ollama", "a bad request", 400, r#"{"error":"invalid format"}"#, REJECTED, false),
    cell("ollama", "the shape of tools or schemas", 400, r#"{"error":"json: cannot unmarshal string into Go struct field ChatRequest.tools of type api.Tools"}"#, TRANSLATION, true),
    cell("ollama", "no such model", 404, r#"{"error":"model 'x' not found"}"#, NOT_FOUND, true),
    cell("ollama", "out of memory", 500, r#"{"error":"model requires more system memory (9 GiB) than is available"}"#, BROKEN, true),
    cell("ollama", "busy", 503, r#"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#, OVERLOADED, true),

    cell("deepseek", "no such model", 400, r#"{"error":{"message":"Model Not Exist","type":"invalid_request_error"}}"#, NOT_FOUND, true),
    cell("deepseek", "Insufficient Balance", 402, r#"{"error":{"message":"Insufficient Balance","type":"unknown_error"}}"#, BILLING, true),
    cell("deepseek", "a bad parameter", 422, r#"{"error":{"message":"no"}}"#, REJECTED, false),
    cell("deepseek", "overloaded", 503, r#"{"error":{"message":"busy"}}"#, OVERLOADED, true),

    cell("glm", "1113, no balance", 429, r#"{"error":{"code":"1113","message":"余额不足"}}"#, BILLING, true),
    cell("glm", "1301, sensitive content", 400, r#"{"error":{"code":"1301","message":"敏感内容"}}"#, POLICY, false),
    cell("glm", "1302, rate limit", 429, r#"{"error":{"code":"1302","message":"并发"}}"#, LIMITED, true),
    cell("glm", "1304, the calls of the day", 429, r#"{"error":{"code":"1304","message":"调用次数"}}"#, QUOTA, true),
    cell("glm", "1305, overloaded", 429, r#"{"error":{"code":"1305","message":"busy"}}"#, OVERLOADED, true),
    cell("glm", "1261, prompt too long", 400, r#"{"error":{"code":"1261","message":"Prompt 超长"}}"#, CONTEXT, true),
    cell("glm", "1211, no such model", 400, r#"{"error":{"code":"1211","message":"模型不存在"}}"#, NOT_FOUND, true),

    cell("qwen", "Arrearage", 400, r#"{"error":{"code":"Arrearage","message":"pay"}}"#, BILLING, true),
    cell("qwen", "insufficient_quota (tokens per minute)", 429, r#"{"error":{"code":"insufficient_quota","message":"slow down"}}"#, LIMITED, true),
    cell("qwen", "data_inspection_failed", 400, r#"{"error":{"code":"data_inspection_failed","message":"no"}}"#, POLICY, false),
    cell("qwen", "input too long", 400, r#"{"error":{"code":"invalid_parameter_error","message":"Range of input length should be [1, 129024]"}}"#, CONTEXT, true),

    cell("kimi", "exceeded_current_quota_error", 429, r#"{"error":{"type":"exceeded_current_quota_error","message":"pay"}}"#, BILLING, true),
    cell("kimi", "engine_overloaded_error", 429, r#"{"error":{"type":"engine_overloaded_error","message":"busy"}}"#, OVERLOADED, true),
    cell("kimi", "rate_limit_reached_error", 429, r#"{"error":{"type":"rate_limit_reached_error","message":"slow down"}}"#, LIMITED, true),
    cell("kimi", "content_filter", 400, r#"{"error":{"type":"content_filter","message":"high risk"}}"#, POLICY, false),

    cell("openrouter", "no credits", 402, r#"{"error":{"code":402,"message":"Insufficient credits"}}"#, BILLING, true),
    cell("openrouter", "flagged by moderation", 403, r#"{"error":{"code":403,"message":"Your input was flagged","metadata":{"reasons":["violence"]}}}"#, POLICY, false),
    cell("openrouter", "no such model", 400, r#"{"error":{"code":400,"message":"acme/x is not a valid model ID"}}"#, NOT_FOUND, true),
    cell("openrouter", "timed out", 408, r#"{"error":{"code":408,"message":"slow"}}"#, SLOW, true),
    cell("openrouter", "rate limit", 429, r#"{"error":{"code":429,"message":"Rate limited"}}"#, LIMITED, true),
    waits(cell("openrouter", "the free calls of the minute, with their reset", 429, r#"{"error":{"code":429,"message":"Rate limit exceeded: free-models-per-min","metadata":{"headers":{"X-RateLimit-Remaining":"0","X-RateLimit-Reset":"12"}}}}"#, LIMITED, true), None, "12"),
    cell("openrouter", "the free calls of the day", 429, r#"{"error":{"code":429,"message":"Rate limit exceeded: free-models-per-day. Add 10 credits"}}"#, QUOTA, true),
    cell("openrouter", "the model is down", 502, r#"{"error":{"code":502,"message":"down","metadata":{"provider_name":"x"}}}"#, BROKEN, true),
    cell("openrouter", "no provider meets the needs", 503, r#"{"error":{"code":503,"message":"none"}}"#, OVERLOADED, true),

    cell("grok", "an incorrect key", 400, r#"{"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***"}"#, KEY, true),
    cell("grok", "no credits", 429, r#"{"code":"Some resource has been exhausted","error":"Your team has used all available credits or reached its monthly spending limit."}"#, BILLING, true),

    cell("vllm", "prompt too long", 400, r#"{"object":"error","message":"This model's maximum context length is 4096 tokens.","type":"BadRequestError","code":400}"#, CONTEXT, true),
    cell("vllm", "no such model", 404, r#"{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","code":404}"#, NOT_FOUND, true),
    cell("transformers", "a bad request", 422, r#"{"detail":"Unexpected keys in the request"}"#, REJECTED, false),
    cell("openai_compatible", "no such model (Groq, Together)", 404, r#"{"error":{"message":"The model `x` does not exist or you do not have access to it.","type":"invalid_request_error","code":"model_not_found"}}"#, NOT_FOUND, true),
    cell("openai_compatible", "no such model (Mistral)", 400, r#"{"object":"error","message":"Invalid model: x","type":"invalid_model","param":null,"code":null}"#, NOT_FOUND, true),
    cell("openai_compatible", "a path that nobody knows (a wrong `base_url`)", 404, r#"{"detail":"Not Found"}"#, NOT_FOUND, true),
    cell("openai_compatible", "a page: 404 (a wrong `base_url`)", 404, "<html>404 Not Found</html>", NOT_FOUND, true),
    cell("openai_compatible", "a model that was taken away", 410, r#"{"error":{"message":"The model has been deprecated"}}"#, NOT_FOUND, true),
    cell("openai_compatible", "an HTML page of a proxy", 502, "<html>Bad gateway</html>", BROKEN, true),
    cell("openai_compatible", "an empty answer", 500, "", BROKEN, true),
    cell("openai_compatible", "a redirect", 302, "", BROKEN, true),
];
