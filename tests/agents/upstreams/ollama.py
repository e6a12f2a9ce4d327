"""Ollama's chats. Its server ignores fields that it does not know, so that what they ask for is lost: here they are refused."""

import json

from .dialect import Dialect
from .server import pieces
from .strict import Refused, members, one_of, require, schema, string, types
from .turn import Ask, Call

OPTIONS = {
    "num_predict", "temperature", "top_p", "top_k", "min_p", "seed", "stop", "num_ctx", "repeat_penalty", "presence_penalty",
    "frequency_penalty", "num_keep", "typical_p", "repeat_last_n", "num_batch", "num_gpu", "main_gpu", "use_mmap", "num_thread",
}


class Ollama(Dialect):
    name = "ollama"
    TYPE, PATH, STREAM_TYPE = "ollama", "", "application/x-ndjson"
    MODEL, SETTINGS = "gpt-oss:20b", ""
    KEEPS_WITHOUT_SEAL = True

    def read(self, path, _, body):
        if path == "/api/generate":
            return self.prompt(body)
        require(path == "/api/chat", f"no such path: {path}")
        optional = {"tools", "think", "format", "options", "stream", "keep_alive", "logprobs", "top_logprobs"}
        members("body", body, {"model", "messages"}, optional)
        require(body["model"] == self.model, f"model '{body['model']}' not found")
        members("options", body.get("options", {}), (), OPTIONS)
        one_of("think", body.get("think"), {None, True, False, "low", "medium", "high"})
        names = []
        for tool in body.get("tools", []):
            members("tools[]", tool, {"type", "function"})
            members("tools[].function", tool["function"], {"name"}, {"description", "parameters", "strict"})
            schema(f"tools[{tool['function']['name']}]", tool["function"].get("parameters", {"type": "object"}))
            names.append(tool["function"]["name"])
        form = body.get("format")
        if isinstance(form, dict):
            types("format", form)
        else:
            one_of("format", form, {None, "", "json"})
        ask = Ask(body, self.model, body.get("stream", True), names, schema=form if isinstance(form, dict) else None)
        self.messages(body["messages"], ask)
        return ask

    def prompt(self, body):
        optional = {"system", "stream", "think", "format", "options", "keep_alive", "images", "suffix", "raw", "template", "context"}
        members("body", body, {"model", "prompt"}, optional)
        ask = Ask(body, self.model, body.get("stream", True), [], system=body.get("system", ""))
        ask.add("user", body["prompt"])
        return ask

    def messages(self, messages, ask):
        require(messages, "messages are missing")
        open_calls = []
        for index, message in enumerate(messages):
            where = f"messages[{index}]"
            message = {"content": "", **message}
            members(where, message, {"role", "content"}, {"thinking", "images", "tool_calls", "tool_name", "tool_call_id"})
            string(f"{where}.content", message["content"])
            role = message["role"]
            require(role == "tool" or not open_calls, f"{where}: no result for the calls of {open_calls}")
            if role == "system":
                ask.system += message["content"]
            elif role == "user":
                ask.add("user", message["content"])
            elif role == "assistant":
                calls = [self.call(where, call) for call in message.get("tool_calls", [])]
                open_calls = [call.name for call in calls]
                if calls and calls[0].key in self.thought:
                    self.lost += message.get("thinking") != self.thought[calls[0].key]
                ask.add("assistant", message["content"], calls)
            elif role == "tool":
                require(message.get("tool_name") in open_calls, f"{where}: a result of no call: {message.get('tool_name')}")
                open_calls.remove(message["tool_name"])
                ask.add("results", [message["content"]])
            else:
                raise Refused(f"{where}.role: {role!r}")
        require(not open_calls, f"no result for the calls of {open_calls}")

    @staticmethod
    def call(where, call):
        members(f"{where}.tool_calls[]", call, {"function"}, {"id", "type"})
        members(f"{where}.tool_calls[].function", call["function"], {"name", "arguments"}, {"index"})
        require(isinstance(call["function"]["arguments"], dict), f"{where}: arguments must be an object")
        return Call(call["function"]["name"], call["function"]["arguments"])

    def line(self, ask, message, done=None):
        data = {"model": self.model, "created_at": "2026-11-27T12:00:00.5Z"}
        if "prompt" in ask.body:
            data["response"] = message.get("content", "")
        else:
            data["message"] = {"role": "assistant", "content": "", **message}
        return {**data, **(done or {"done": False})}

    @staticmethod
    def done(turn):
        return {
            "done": True, "done_reason": "stop", "total_duration": 5000, "load_duration": 1000, "prompt_eval_count": turn.tokens,
            "prompt_eval_duration": 1000, "eval_count": 5, "eval_duration": 3000,
        }

    def messages_of(self, ask, turn):
        # This model always thinks: `think` says how much.
        if ask.body.get("think"):
            for call in turn.calls[:1]:
                self.thought[call.key] = turn.thinking
            for piece in pieces(turn.thinking):
                yield {"thinking": piece}
        for piece in pieces(turn.text) if turn.text is not None else []:
            yield {"content": piece}
        if turn.calls:
            yield {"tool_calls": [{"function": {"name": call.name, "arguments": call.arguments}} for call in turn.calls]}

    def stream(self, ask, turn):
        lines = [self.line(ask, message) for message in self.messages_of(ask, turn)] + [self.line(ask, {}, self.done(turn))]
        return [json.dumps(line).encode() + b"\n" for line in lines]

    def whole(self, ask, turn):
        message = {}
        for part in self.messages_of(ask, turn):
            for name, value in part.items():
                message[name] = message[name] + value if name in message else value
        return self.line(ask, message, self.done(turn))

    def first_frames(self, ask):
        return [json.dumps(self.line(ask, {"content": "Half an "})).encode() + b"\n"]

    @staticmethod
    def error(_, message):
        return {"error": message}

    def error_frame(self, message):
        return json.dumps({"error": message}).encode() + b"\n"
