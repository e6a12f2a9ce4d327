"""Anthropic's Messages: signed thinking comes back byte for byte, each call is answered in the very next message."""

import json
import re

from .dialect import Dialect
from .server import pieces, sse
from .strict import Refused, members, one_of, require, schema, string, types
from .turn import Ask, Call, Turn

FIELDS = {
    "system", "stop_sequences", "stream", "tools", "tool_choice", "thinking", "output_config", "metadata", "service_tier",
    "cache_control", "container", "temperature", "top_p", "top_k", "inference_geo",
}
# Each only with a word in the header `anthropic-beta`.
BETA_FIELDS = {"context_management": "context-management", "mcp_servers": "mcp-client", "speed": "fast-mode"}
TOOL_FIELDS = {
    "type", "description", "input_schema", "strict", "cache_control", "input_examples", "defer_loading", "eager_input_streaming",
    "allowed_callers",
}
SERVER_TOOLS = re.compile(r"(web_search|web_fetch|code_execution|tool_search_tool_\w+|bash|text_editor|memory|computer)_\d{8}")
STATUS_TYPES = {
    400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error", 413: "request_too_large",
    429: "rate_limit_error", 500: "api_error", 503: "api_error", 529: "overloaded_error",
}


class Anthropic(Dialect):
    name = "anthropic"
    TYPE, PATH, STREAM_TYPE = "claude", "", "text/event-stream"
    # It always thinks, with no budget; without `display` it does not show what.
    MODEL, SETTINGS = "claude-sonnet-5-5", ""
    # It thinks by a budget of tokens, and wants its thinking back at the head of a running loop of tools.
    BUDGET_MODEL = "claude-sonnet-4-5"
    KEEPS_WITHOUT_SEAL = False

    def __init__(self, model=None):
        super().__init__(model)
        self.is_adaptive = self.model == self.MODEL
        self.signatures = {}

    @staticmethod
    def secret(headers):
        return headers.get("x-api-key")

    def read(self, path, headers, body):
        require(path.split("?")[0] == "/v1/messages", f"no such path: {path}")
        one_of("anthropic-version", headers.get("anthropic-version"), {"2023-06-01", "2026-10-21"})
        betas = headers.get("anthropic-beta", "")
        allowed = FIELDS | {name for name, word in BETA_FIELDS.items() if word in betas}
        members("body", body, {"model", "max_tokens", "messages"}, allowed)
        require(body["model"] == self.model, f"model: {body['model']}")
        limit = 128000 if self.is_adaptive else 64000
        require(isinstance(body["max_tokens"], int) and 0 < body["max_tokens"] <= limit, f"max_tokens: {body['max_tokens']}")
        tools = self.tools(body)
        is_thinking = self.thinks(body)
        self.sampling(body, is_thinking)
        form = body.get("output_config", {}).get("format")
        if form is not None:
            members("output_config.format", form, {"type", "schema"})
            types("output_config.format", form["schema"])
        ask = Ask(body, body["model"], body.get("stream", False), tools, schema=form and form["schema"])
        if "system" in body:
            ask.system = blocks_text("system", body["system"], {"text"})
        self.messages(body["messages"], ask)
        if is_thinking and not self.is_adaptive:
            self.check_loop(body["messages"])
        marks = json.dumps(body).count('"cache_control":')
        require(marks <= 4, f"A maximum of 4 blocks with cache_control may be provided. Found {marks}.")
        return ask

    @staticmethod
    def tools(body):
        names = []
        for tool in body.get("tools", []):
            if SERVER_TOOLS.fullmatch(tool.get("type", "")):
                names.append(tool["name"])
                continue
            members("tools[]", tool, {"name", "input_schema"}, TOOL_FIELDS)
            require(re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", tool["name"]), f"tools[].name: {tool['name']!r}")
            schema(f"tools[{tool['name']}].input_schema", tool["input_schema"])
            for name in ("oneOf", "allOf", "anyOf"):
                require(name not in tool["input_schema"], f"tools[].input_schema does not support {name} at the top level")
            names.append(tool["name"])
        require(len(set(names)) == len(names), "tools: Tool names must be unique.")
        if "tool_choice" in body:
            members("tool_choice", body["tool_choice"], {"type"}, {"name", "disable_parallel_tool_use"})
            require(names, "tool_choice may only be specified while providing tools")
        return names

    def thinks(self, body):
        thinking = body.get("thinking")
        kind = thinking["type"] if thinking else None
        choice = body.get("tool_choice", {}).get("type")
        if self.is_adaptive:
            one_of("thinking.type", kind, {None, "adaptive"})
            require(choice in (None, "auto", "none"), "tool_choice: this model takes no forced tools")
            if kind:
                members("thinking", thinking, {"type"}, {"display"})
            return True
        one_of("thinking.type", kind, {None, "enabled", "disabled"})
        require("effort" not in body.get("output_config", {}), "This model does not support the effort parameter.")
        if kind != "enabled":
            return False
        members("thinking", thinking, {"type", "budget_tokens"}, {"display"})
        require(1024 <= thinking["budget_tokens"] < body["max_tokens"], f"thinking.budget_tokens: {thinking} {body['max_tokens']}")
        require(choice in (None, "auto", "none"), "Thinking may not be enabled when tool_choice forces tool use.")
        return True

    def sampling(self, body, is_thinking):
        for name in ("temperature", "top_p", "top_k"):
            if self.is_adaptive:
                require(body.get(name) is None, f"`{name}` is not supported by this model")
        if not self.is_adaptive:
            require(not is_thinking or body.get("temperature", 1) == 1, "`temperature` may only be set to 1 when thinking is enabled")
            require(not is_thinking or "top_k" not in body, "`top_k` must be unset when thinking is enabled")
            require("temperature" not in body or "top_p" not in body, "`temperature` and `top_p` cannot both be specified")

    def messages(self, messages, ask):
        require(messages and messages[0]["role"] == "user", "messages: first message must use the \"user\" role")
        open_calls = []
        for index, message in enumerate(messages):
            where = f"messages.{index}"
            members(where, message, {"role", "content"})
            role, content = message["role"], message["content"]
            if isinstance(content, str):
                content = [{"type": "text", "text": content}]
            require(not open_calls or role == "user", f"{where}: `tool_use` ids without `tool_result`: {open_calls}")
            if role == "system":
                require(self.is_adaptive, f"{where}.role: 'system' is not supported by this model")
                ask.system += blocks_text(where, content, {"text"})
            elif role == "user":
                self.user(where, content, open_calls, ask)
                open_calls = []
            elif role == "assistant":
                open_calls = self.assistant(where, content, ask)
            else:
                raise Refused(f"{where}.role: {role!r}")
        require(not open_calls, f"`tool_use` ids without `tool_result`: {open_calls}")
        last = messages[-1]
        require(last["role"] != "assistant" or not self.is_adaptive, "This model does not support assistant message prefill.")

    @staticmethod
    def user(where, content, open_calls, ask):
        wanted, has_spoken = list(open_calls), False
        for block in content:
            if block.get("type") != "tool_result":
                has_spoken = True
                text = blocks_text(where, [block], {"text", "image", "document"})
                ask.add("user", text)
                continue
            members(where, block, {"type", "tool_use_id"}, {"content", "is_error", "cache_control"})
            require(not has_spoken, f"{where}: `tool_result` blocks come first")
            require(block["tool_use_id"] in wanted, f"{where}: unexpected `tool_use_id`: {block['tool_use_id']}")
            wanted.remove(block["tool_use_id"])
            ask.add("results", [blocks_text(where, block.get("content", ""), {"text", "image", "document"}, True)])
        require(not wanted, f"{where}: `tool_use` ids were found without `tool_result` blocks: {wanted}")

    def assistant(self, where, content, ask):
        text, calls, ids, has_thought = "", [], [], False
        for block in content:
            kind = block.get("type")
            if kind == "thinking":
                members(where, block, {"type", "thinking", "signature"})
                known = self.signatures.get(block["signature"])
                require(known == block["thinking"], f"{where}: Invalid `signature` in `thinking` block: {block}")
                has_thought = True
            elif kind == "redacted_thinking":
                raise Refused(f"{where}: Invalid `data` in `redacted_thinking` block")
            elif kind == "tool_use":
                members(where, block, {"type", "id", "name", "input"}, {"cache_control", "caller"})
                require(re.fullmatch(r"[a-zA-Z0-9_-]+", block["id"]), f"{where}.id: {block['id']!r}")
                require(isinstance(block["input"], dict), f"{where}.input: {block['input']!r}")
                calls.append(Call(block["name"], block["input"]))
                ids.append(block["id"])
            else:
                text += blocks_text(where, [block], {"text"})
        require(len(set(ids)) == len(ids), f"{where}: `tool_use` ids must be unique")
        if calls and calls[0].key in self.thought:
            self.lost += not has_thought
        ask.add("assistant", text, calls)
        return ids

    @staticmethod
    def check_loop(messages):
        """Of the running loop of tools, the assistant's messages begin with their thinking."""
        for message in reversed(messages):
            blocks = message["content"] if isinstance(message["content"], list) else [{"type": "text"}]
            if message["role"] == "user" and any(block["type"] != "tool_result" for block in blocks):
                return
            if message["role"] == "assistant" and any(block["type"] == "tool_use" for block in blocks):
                one_of(
                    "Expected `thinking` or `redacted_thinking`: when `thinking` is enabled, a final `assistant` message must "
                    "start with a thinking block", blocks[0]["type"], {"thinking", "redacted_thinking"},
                )

    def blocks(self, ask, turn):
        if self.thinks(ask.body):
            is_shown = not self.is_adaptive or ask.body.get("thinking", {}).get("display") == "summarized"
            self.made += 1
            # As long as a real one, and with all letters that base64 has.
            signature = f"EqQB+/{self.made:06}" + "Zm9vYmFy+/" * 20 + "=="
            self.signatures[signature] = turn.thinking if is_shown else ""
            for call in turn.calls[:1]:
                self.thought[call.key] = signature
            yield {"type": "thinking", "thinking": self.signatures[signature], "signature": signature}
        if turn.text is not None:
            yield {"type": "text", "text": turn.text}
        for call in turn.calls:
            self.made += 1
            yield {"type": "tool_use", "id": f"toolu_01A{self.made:06}", "name": call.name, "input": call.arguments}

    def message(self, turn, content, stop):
        usage = {"input_tokens": turn.tokens, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 5}
        return {
            "id": "msg_01", "type": "message", "role": "assistant", "model": self.model, "content": content, "stop_reason": stop,
            "stop_sequence": None, "usage": usage,
        }

    def stream(self, ask, turn):
        stop = "tool_use" if turn.calls else "end_turn"
        frames = [event("message_start", message=self.message(turn, [], None)), event("ping")]
        for index, block in enumerate(self.blocks(ask, turn)):
            empty = {"thinking": {"thinking": "", "signature": ""}, "text": {"text": ""}, "tool_use": {"input": {}}}[block["type"]]
            frames.append(event("content_block_start", index=index, content_block={**block, **empty}))
            for delta in deltas(block):
                frames.append(event("content_block_delta", index=index, delta=delta))
            frames.append(event("content_block_stop", index=index))
        frames.append(event("message_delta", delta={"stop_reason": stop, "stop_sequence": None}, usage={"output_tokens": 5}))
        return frames + [event("message_stop")]

    def whole(self, ask, turn):
        return self.message(turn, list(self.blocks(ask, turn)), "tool_use" if turn.calls else "end_turn")

    def first_frames(self, ask):
        start = event("message_start", message=self.message(Turn(), [], None))
        block = event("content_block_start", index=0, content_block={"type": "text", "text": ""})
        return [start, block, event("content_block_delta", index=0, delta={"type": "text_delta", "text": "Half an "})]

    @staticmethod
    def error(status, message):
        return {"type": "error", "error": {"type": STATUS_TYPES.get(status, "api_error"), "message": message}, "request_id": "req_01"}

    def error_frame(self, message):
        return sse(self.error(529, message), "error")


def deltas(block):
    if block["type"] == "thinking":
        if block["thinking"]:
            for piece in pieces(block["thinking"]):
                yield {"type": "thinking_delta", "thinking": piece}
        yield {"type": "signature_delta", "signature": block["signature"]}
    elif block["type"] == "text":
        for piece in pieces(block["text"]):
            yield {"type": "text_delta", "text": piece}
    else:
        for piece in pieces(json.dumps(block["input"])):
            yield {"type": "input_json_delta", "partial_json": piece}


def event(kind, **members):
    return sse({"type": kind, **members}, kind)


def blocks_text(where, content, kinds, may_be_empty=False):
    if isinstance(content, str):
        string(where, content, may_be_empty)
        return content
    require(isinstance(content, list), f"{where}: {content!r}")
    texts = []
    for block in content:
        one_of(f"{where}.type", block.get("type"), kinds)
        if block["type"] == "text":
            members(where, block, {"type", "text"}, {"cache_control", "citations"})
            string(f"{where}.text", block["text"], may_be_empty)
            require(may_be_empty or block["text"].strip(), f"{where}: text content blocks must contain non-whitespace text")
            texts.append(block["text"])
    return "\n".join(texts)
