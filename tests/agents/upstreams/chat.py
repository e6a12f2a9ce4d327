"""OpenAI's chat completions, as DeepSeek serves them: what was thought before a call of tools has to come back."""

import json
import re

from .dialect import Dialect
from .server import pieces, sse
from .strict import Refused, members, one_of, require, schema, string, types
from .turn import Ask, Call

FIELDS = {
    "temperature", "top_p", "top_k", "max_tokens", "max_completion_tokens", "stop", "seed", "n", "presence_penalty", "frequency_penalty",
    "logit_bias", "logprobs", "top_logprobs", "tools", "tool_choice", "parallel_tool_calls", "response_format", "reasoning_effort",
    "stream", "stream_options", "user", "metadata", "thinking",
}


class Chat(Dialect):
    name = "chat"
    TYPE, PATH, STREAM_TYPE = "openai_compatible", "/v1", "text/event-stream"
    # A model that refuses a conversation with a call of a tool that lacks what was thought before the call.
    MODEL, SETTINGS = "deepseek-v4-pro", ""
    # Thinking comes back in the text of it, whoever keeps it.
    KEEPS_WITHOUT_SEAL = True

    def read(self, path, _, body):
        require(path == "/v1/chat/completions", f"no such path: {path}")
        members("body", body, {"model", "messages"}, FIELDS)
        require(body["model"] == self.model, f"the model {body['model']!r} does not exist")
        tools = self.tools(body)
        require("stream_options" not in body or body.get("stream"), "stream_options without stream")
        form = body.get("response_format", {"type": "text"})
        one_of("response_format.type", form["type"], {"text", "json_object", "json_schema"})
        if form["type"] == "json_schema":
            members("response_format.json_schema", form["json_schema"], {"name", "schema"}, {"strict", "description"})
            types("response_format", form["json_schema"]["schema"])
        ask = Ask(body, body["model"], body.get("stream", False), tools, schema=form.get("json_schema", {}).get("schema"))
        self.messages(body["messages"], ask)
        return ask

    @staticmethod
    def tools(body):
        names = []
        require(body.get("tools") != [], "tools: [] is too short")
        for tool in body.get("tools", []):
            members("tools[]", tool, {"type", "function"})
            one_of("tools[].type", tool["type"], {"function"})
            function = tool["function"]
            members("tools[].function", function, {"name"}, {"description", "parameters", "strict"})
            require(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", function["name"]), f"tools[].function.name: {function['name']!r}")
            schema(f"tools[{function['name']}]", function.get("parameters", {"type": "object"}))
            names.append(function["name"])
        require(len(set(names)) == len(names), f"tools: two of one name: {names}")
        require(names or "tool_choice" not in body, "tool_choice without tools")
        require(names or "parallel_tool_calls" not in body, "parallel_tool_calls without tools")
        return names

    def messages(self, messages, ask):
        require(messages, "messages: is too short")
        open_calls = []
        for index, message in enumerate(messages):
            where = f"messages[{index}]"
            role = message.get("role")
            require(not open_calls or role == "tool", f"{where}: no result for the calls {open_calls}")
            if role in ("system", "developer"):
                require(role == "system", f"{where}: this model knows no role 'developer'")
                members(where, message, {"role", "content"}, {"name"})
                ask.system += text_of(where, message["content"])
            elif role == "user":
                members(where, message, {"role", "content"}, {"name"})
                ask.add("user", text_of(where, message["content"]))
            elif role == "assistant":
                open_calls = self.assistant(where, message, ask)
            elif role == "tool":
                members(where, message, {"role", "content", "tool_call_id"})
                require(message["tool_call_id"] in open_calls, f"{where}: a result of no call: {message['tool_call_id']}")
                open_calls.remove(message["tool_call_id"])
                ask.add("results", [text_of(where, message["content"])])
            else:
                raise Refused(f"{where}.role: {role!r}")
        require(not open_calls, f"no result for the calls {open_calls}")
        require(messages[-1]["role"] in ("user", "tool"), "the last message must be of the user or a tool's result")

    def assistant(self, where, message, ask):
        members(where, message, {"role"}, {"content", "tool_calls", "reasoning_content", "refusal"})
        text = text_of(where, message["content"]) if message.get("content") is not None else ""
        require(text or message.get("tool_calls"), f"{where}: content or tool_calls must be set")
        require("tool_calls" not in message or message["tool_calls"], f"{where}.tool_calls: is too short")
        calls, ids = [], []
        for call in message.get("tool_calls", []):
            members(f"{where}.tool_calls[]", call, {"id", "type", "function"})
            members(f"{where}.tool_calls[].function", call["function"], {"name", "arguments"})
            require(0 < len(call["id"]) <= 40, f"{where}.tool_calls[].id: longer than 40: {call['id']!r}")
            arguments = call["function"]["arguments"]
            string(f"{where}.tool_calls[].function.arguments", arguments)
            require(isinstance(json.loads(arguments), dict), f"{where}: arguments are no object: {arguments!r}")
            calls.append(Call(call["function"]["name"], json.loads(arguments)))
            ids.append(call["id"])
        require(len(set(ids)) == len(ids), f"{where}: two calls of one id: {ids}")
        if calls:
            thought = message.get("reasoning_content")
            require(
                thought is not None,
                "The reasoning_content in the thinking mode must be passed back to the API.",
            )
            self.lost += thought != self.thought.get(calls[0].key)
        ask.add("assistant", text, calls)
        return ids

    def deltas(self, turn):
        yield {"role": "assistant", "content": ""}
        for piece in pieces(turn.thinking):
            yield {"reasoning_content": piece}
        for piece in pieces(turn.text) if turn.text is not None else []:
            yield {"content": piece}
        # Calls come interleaved: the beginnings of all of them, then their arguments.
        for index, call in enumerate(self.calls(turn)):
            yield {"tool_calls": [{"index": index, **call, "function": {**call["function"], "arguments": ""}}]}
        for index, call in enumerate(turn.calls):
            for piece in pieces(json.dumps(call.arguments)):
                yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}

    def calls(self, turn):
        for call in turn.calls:
            self.made += 1
            function = {"name": call.name, "arguments": json.dumps(call.arguments)}
            yield {"id": f"call_00_{self.made:04}", "type": "function", "function": function}

    def stream(self, ask, turn):
        self.remember(turn)
        frames = [chunk(self.model, delta) for delta in self.deltas(turn)]
        frames.append(chunk(self.model, {}, "tool_calls" if turn.calls else "stop"))
        if ask.body.get("stream_options", {}).get("include_usage"):
            frames.append(sse({**head(self.model), "choices": [], "usage": usage(turn)}))
        return frames + [b"data: [DONE]\n\n"]

    def whole(self, _, turn):
        self.remember(turn)
        message = {"role": "assistant", "content": turn.text, "reasoning_content": turn.thinking}
        if turn.calls:
            message["tool_calls"] = list(self.calls(turn))
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if turn.calls else "stop"}
        return {"id": "c", "object": "chat.completion", "created": 1, "model": self.model, "choices": [choice], "usage": usage(turn)}

    def remember(self, turn):
        for call in turn.calls:
            self.thought[call.key] = turn.thinking

    def first_frames(self, _):
        return [chunk(self.model, {"role": "assistant", "content": ""}), chunk(self.model, {"content": "Half an "})]

    @staticmethod
    def error(status, message):
        return {"error": {"message": message, "type": "invalid_request_error" if status == 400 else "server_error", "param": None, "code": None}}

    def error_frame(self, message):
        return sse(self.error(500, message))


def head(model):
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": model}


def chunk(model, delta, finish=None):
    return sse({**head(model), "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


def usage(turn):
    return {"prompt_tokens": turn.tokens, "completion_tokens": 5, "total_tokens": turn.tokens + 5}


def text_of(where, content):
    if isinstance(content, str):
        return content
    require(isinstance(content, list) and content, f"{where}.content: {content!r}")
    for part in content:
        one_of(f"{where}.content[].type", part.get("type"), {"text", "image_url", "input_audio", "file"})
        if part["type"] == "text":
            members(f"{where}.content[]", part, {"type", "text"})
    return "\n".join(part["text"] for part in content if part["type"] == "text")
