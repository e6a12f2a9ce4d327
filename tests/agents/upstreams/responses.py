"""OpenAI's Responses: nothing is stored, so the items that only the vendor can read come back as they were sent."""

import json
import re

from .dialect import Dialect
from .server import pieces, sse
from .strict import Refused, members, one_of, require, schema, string, types
from .turn import Ask, Call, Turn

FIELDS = {
    "instructions", "max_output_tokens", "tools", "tool_choice", "parallel_tool_calls", "max_tool_calls", "reasoning", "text", "include",
    "store", "stream", "stream_options", "metadata", "prompt_cache_key", "prompt_cache_retention", "context_management", "top_logprobs",
    "service_tier", "user", "safety_identifier", "truncation", "client_metadata",
}
# The beginnings of the ids of each type of item.
IDS = {
    "message": "msg", "function_call": "fc", "custom_tool_call": "ctc", "reasoning": "rs", "compaction": "cmp",
    "function_call_output": "fco", "custom_tool_call_output": "ctco", "additional_tools": "at", "compaction_trigger": "cmpt",
}
ITEMS = {
    "message": ({"role", "content"}, {"type", "id", "status", "phase"}),
    "function_call": ({"type", "call_id", "name", "arguments"}, {"id", "status", "namespace"}),
    "function_call_output": ({"type", "call_id", "output"}, {"id", "status"}),
    "custom_tool_call": ({"type", "call_id", "name", "input"}, {"id", "status", "namespace"}),
    "custom_tool_call_output": ({"type", "call_id", "output"}, {"id", "status"}),
    "reasoning": ({"type", "summary"}, {"id", "encrypted_content", "content", "status"}),
    "compaction": ({"type", "encrypted_content"}, {"id"}),
    "compaction_trigger": ({"type"}, {"id"}),
    "additional_tools": ({"type", "role", "tools"}, {"id"}),
}
# What Codex leaves on items; OpenAI takes it.
OF_CODEX = "internal_chat_message_metadata_passthrough"


class Responses(Dialect):
    name = "responses"
    TYPE, PATH, STREAM_TYPE = "openai", "/v1", "text/event-stream"
    MODEL, SETTINGS = "gpt-5.6-sol", 'api = "responses"'
    KEEPS_WITHOUT_SEAL = False

    def __init__(self, model=None):
        super().__init__(model)
        self.sealed = set()

    def read(self, path, _, body):
        require(path == "/v1/responses", f"no such path: {path}")
        members("body", body, {"model", "input"}, FIELDS)
        require(body["model"] == self.model, f"the model {body['model']!r} does not exist")
        require(body.get("store") is False, "store: this conversation would be kept")
        members("reasoning", body.get("reasoning") or {}, (), {"effort", "summary", "context"})
        one_of("reasoning.effort", (body.get("reasoning") or {}).get("effort"), {None, "none", "low", "medium", "high", "xhigh", "max"})
        for each in body.get("include", []):
            one_of("include", each, {"reasoning.encrypted_content", "message.output_text.logprobs", "web_search_call.action.sources"})
        text = body.get("text") or {}
        members("text", text, (), {"format", "verbosity"})
        form = (text.get("format") or {}).get("schema")
        if form is not None:
            members("text.format", text["format"], {"type", "name", "schema"}, {"strict", "description"})
            types("text.format.schema", form)
        kinds = self.tools("tools", body.get("tools") or [])
        ask = Ask(body, self.model, body.get("stream") or False, [], schema=form)
        ask.system = body.get("instructions") or ""
        items = body["input"]
        if isinstance(items, str):
            items = [{"role": "user", "content": items}]
        self.items(items, ask, kinds)
        ask.tools = list(kinds)
        ask.kinds = kinds
        return ask

    def tools(self, where, tools, namespace=None):
        """By each name the tool's type and the namespace that it is in."""
        kinds, names = {}, []
        for tool in tools:
            kind = tool.get("type")
            if kind == "function":
                members(where, tool, {"type", "name"}, {"description", "parameters", "strict", "defer_loading", "output_schema"})
                require(re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", tool["name"]), f"{where}[].name: {tool['name']!r}")
                if tool.get("parameters") is not None:
                    schema(f"{where}[{tool['name']}]", tool["parameters"])
            elif kind == "custom":
                members(where, tool, {"type", "name"}, {"description", "format"})
            elif kind == "namespace":
                require(namespace is None, f"{where}: a namespace in a namespace")
                members(where, tool, {"type", "name", "tools"}, {"description"})
                kinds.update(self.tools(f"{where}[{tool['name']}]", tool["tools"], tool["name"]))
                continue
            else:
                one_of(f"{where}[].type", kind, {"web_search", "local_shell", "apply_patch", "shell", "image_generation", "tool_search"})
                continue
            require(tool["name"] not in names, f"{where}: two of one name: {tool['name']}")
            names.append(tool["name"])
            kinds[tool["name"]] = (kind, namespace)
        return kinds

    def items(self, items, ask, kinds):
        require(items, "input: is too short")
        open_calls = {}
        for index, item in enumerate(items):
            where = f"input[{index}]"
            kind = item.get("type", "message")
            one_of(f"{where}.type", kind, set(ITEMS))
            required, optional = ITEMS[kind]
            members(where, item, required, optional | {OF_CODEX})
            self.check_id(where, kind, item)
            if kind == "message":
                self.message(where, item, ask)
            elif kind in ("function_call", "custom_tool_call"):
                require(0 < len(item["call_id"]) <= 64, f"{where}.call_id: longer than 64: {item['call_id']!r}")
                require(item["call_id"] not in open_calls, f"{where}: two calls of one id: {item['call_id']}")
                open_calls[item["call_id"]] = kind
                call = call_of(where, item)
                if ask.turns and ask.turns[-1][0] == "assistant":
                    ask.turns[-1][2].append(call)
                else:
                    ask.add("assistant", "", [call])
                if call.key in self.thought:
                    before = [each.get("encrypted_content") for each in items[:index] if each.get("type") == "reasoning"]
                    self.lost += self.thought[call.key] not in before
            elif kind in ("function_call_output", "custom_tool_call_output"):
                of = open_calls.pop(item["call_id"], None)
                require(of is not None, f"No tool call found for {kind} with call_id {item['call_id']}.")
                require(kind == f"{of}_output", f"{where}: {kind} answers a {of}")
                ask.add("results", [content_text(where, item["output"], {"input_text", "input_image", "input_file"})])
            elif kind == "reasoning":
                require(item.get("encrypted_content"), f"{where}: Item with id '{item.get('id')}' not found.")
                require(item["encrypted_content"] in self.sealed, f"{where}: The encrypted content could not be verified: {item}")
            elif kind == "compaction":
                require(item["encrypted_content"] in self.sealed, f"{where}: The encrypted content could not be verified: {item}")
                ask.add("user", "(a summary of the vendor's)")
            elif kind == "compaction_trigger":
                require(index == len(items) - 1, f"{where}: compaction_trigger must be the last item")
                ask.compacts = True
            else:
                kinds.update(self.tools(f"{where}.tools", item["tools"]))
        require(not open_calls, f"No tool output found for function call {', '.join(open_calls)}.")

    @staticmethod
    def check_id(where, kind, item):
        found = item.get("id")
        if found is not None and kind in IDS:
            require(len(found) <= 64, f"{where}.id: longer than 64: {found}")
            if kind in ("message", "function_call", "custom_tool_call", "reasoning", "compaction"):
                require(found.startswith(IDS[kind]), f"Invalid '{where}.id': '{found}'. Expected an ID that begins with '{IDS[kind]}'.")

    @staticmethod
    def message(where, item, ask):
        role = item["role"]
        one_of(f"{where}.role", role, {"user", "assistant", "system", "developer"})
        allowed = {"output_text", "refusal"} if role == "assistant" else {"input_text", "input_image", "input_file", "input_audio"}
        text = content_text(where, item["content"], allowed)
        if role == "assistant":
            ask.add("assistant", text, [])
        elif role == "user":
            ask.add("user", text)
        else:
            ask.system += text

    def output(self, ask, turn):
        if ask.compacts:
            self.made += 1
            sealed = f"gAAAAcompaction{self.made}=="
            self.sealed.add(sealed)
            return [{"type": "compaction", "id": f"cmp_{self.made:04}", "encrypted_content": sealed}]
        self.made += 1
        reasoning = {"type": "reasoning", "id": f"rs_{self.made:04}", "summary": []}
        if (ask.body.get("reasoning") or {}).get("summary"):
            reasoning["summary"] = [{"type": "summary_text", "text": turn.thinking}]
        if "reasoning.encrypted_content" in ask.body.get("include", []):
            reasoning["encrypted_content"] = f"gAAAA{self.made:04}" + "Zm9v-_" * 40 + "=="
            self.sealed.add(reasoning["encrypted_content"])
            for call in turn.calls:
                self.thought[call.key] = reasoning["encrypted_content"]
        items = [reasoning] if (ask.body.get("reasoning") or {}).get("effort") != "none" else []
        if turn.text is not None:
            content = [{"type": "output_text", "text": turn.text, "annotations": [], "logprobs": []}]
            items.append({"type": "message", "id": f"msg_{self.made:04}", "role": "assistant", "status": "completed", "content": content})
        return items + [self.call(ask, call) for call in turn.calls]

    def call(self, ask, call):
        self.made += 1
        kind, namespace = ask.kinds.get(call.name, ("function", None))
        item = {"call_id": f"call_{self.made:06}", "name": call.name, "status": "completed"}
        if namespace:
            item["namespace"] = namespace
        if kind == "custom":
            return {"type": "custom_tool_call", "id": f"ctc_{self.made:04}", "input": call.arguments["input"], **item}
        return {"type": "function_call", "id": f"fc_{self.made:04}", "arguments": json.dumps(call.arguments), **item}

    def response(self, ask, turn, output, status="completed"):
        details = {"input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 2}}
        usage = {"input_tokens": turn.tokens, "output_tokens": 5, "total_tokens": turn.tokens + 5, **details}
        return {
            "id": "resp_0001", "object": "response", "created_at": 1, "status": status, "model": self.model, "output": output,
            "parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "error": None, "incomplete_details": None,
            "usage": usage if status == "completed" else None, "store": False,
        }

    def stream(self, ask, turn):
        output = self.output(ask, turn)
        events = self.opening(ask, turn)
        for index, item in enumerate(output):
            events.extend(item_events(index, item))
        events.append({"type": "response.completed", "response": self.response(ask, turn, output)})
        return numbered(events)

    def opening(self, ask, turn):
        begun = self.response(ask, turn, [], "in_progress")
        return [{"type": "response.created", "response": begun}, {"type": "response.in_progress", "response": begun}]

    def whole(self, ask, turn):
        return self.response(ask, turn, self.output(ask, turn))

    def first_frames(self, ask):
        content = [{"type": "output_text", "text": "Half an ", "annotations": [], "logprobs": []}]
        item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}
        # Up to the first piece of the text.
        return numbered(self.opening(ask, Turn()) + item_events(0, item)[:3])

    @staticmethod
    def error(status, message):
        code = "rate_limit_exceeded" if status == 429 else "server_error" if status >= 500 else "invalid_request_error"
        return {"error": {"message": message, "type": code, "param": None, "code": code}}

    def error_frame(self, message):
        failed = self.response(None, Turn(), [], "failed")
        failed["error"] = {"code": "server_error", "message": message}
        return numbered([{"type": "response.failed", "response": failed}])[0]


def item_events(index, item):
    place = {"output_index": index, "item_id": item["id"]}
    kind = item["type"]
    if kind == "message":
        text = item["content"][0]["text"]
        part = {**place, "content_index": 0}
        begun = {**item, "status": "in_progress", "content": []}
        middle = [{"type": "response.content_part.added", **part, "part": {**item["content"][0], "text": ""}}]
        middle += [{"type": "response.output_text.delta", **part, "delta": piece, "logprobs": []} for piece in pieces(text)]
        middle.append({"type": "response.output_text.done", **part, "text": text, "logprobs": []})
        middle.append({"type": "response.content_part.done", **part, "part": item["content"][0]})
    elif kind == "reasoning":
        begun, middle = {**item, "summary": []}, []
        for number, summary in enumerate(item["summary"]):
            part = {**place, "summary_index": number}
            middle.append({"type": "response.reasoning_summary_part.added", **part, "part": {**summary, "text": ""}})
            middle += [{"type": "response.reasoning_summary_text.delta", **part, "delta": piece} for piece in pieces(summary["text"])]
            middle.append({"type": "response.reasoning_summary_text.done", **part, "text": summary["text"]})
            middle.append({"type": "response.reasoning_summary_part.done", **part, "part": summary})
    elif kind == "function_call":
        begun = {**item, "status": "in_progress", "arguments": ""}
        middle = [{"type": "response.function_call_arguments.delta", **place, "delta": piece} for piece in pieces(item["arguments"])]
        middle.append({"type": "response.function_call_arguments.done", **place, "name": item["name"], "arguments": item["arguments"]})
    elif kind == "custom_tool_call":
        begun = {**item, "status": "in_progress", "input": ""}
        middle = [{"type": "response.custom_tool_call_input.delta", **place, "delta": piece} for piece in pieces(item["input"])]
        middle.append({"type": "response.custom_tool_call_input.done", **place, "input": item["input"]})
    else:
        begun, middle = item, []
    added = {"type": "response.output_item.added", "output_index": index, "item": begun}
    return [added, *middle, {"type": "response.output_item.done", "output_index": index, "item": item}]


def numbered(events):
    return [sse({**event, "sequence_number": number}, event["type"]) for number, event in enumerate(events)]


def call_of(where, item):
    if item["type"] == "custom_tool_call":
        return Call(item["name"], {"input": item["input"]})
    string(f"{where}.arguments", item["arguments"])
    try:
        return Call(item["name"], json.loads(item["arguments"]))
    except ValueError as error:
        raise Refused(f"{where}.arguments: {item['arguments']!r}") from error


def content_text(where, content, kinds):
    if isinstance(content, str):
        return content
    require(isinstance(content, list), f"{where}.content: {content!r}")
    texts = []
    for part in content:
        one_of(f"{where}.content[].type", part.get("type"), kinds)
        if part["type"] in ("input_text", "output_text"):
            members(f"{where}.content[]", part, {"type", "text"}, {"annotations", "logprobs", "prompt_cache_breakpoint"})
            texts.append(part["text"])
    return "\n".join(texts)
