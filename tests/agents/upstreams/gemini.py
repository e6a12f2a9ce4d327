"""Gemini's API: contents take turns, and the first call of each step of the running turn carries the signature it came with."""

import base64
import json
import re

from .dialect import Dialect
from .server import pieces
from .strict import Refused, members, one_of, require, types
from .turn import Ask, Call, Turn

SKIP = "skip_thought_signature_validator"
FIELDS = {"systemInstruction", "tools", "toolConfig", "generationConfig", "safetySettings", "cachedContent", "labels", "serviceTier"}
GENERATION = {
    "temperature", "topP", "topK", "candidateCount", "maxOutputTokens", "stopSequences", "seed", "presencePenalty", "frequencyPenalty",
    "responseMimeType", "responseSchema", "responseJsonSchema", "responseModalities", "responseLogprobs", "logprobs", "mediaResolution",
    "speechConfig", "imageConfig", "thinkingConfig",
}
DATA = {"text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult"}
# The subset of OpenAPI that `parameters` and `responseSchema` take.
SUBSET = {
    "type", "format", "title", "description", "nullable", "enum", "items", "properties", "required", "minItems", "maxItems",
    "minProperties", "maxProperties", "minLength", "maxLength", "pattern", "example", "anyOf", "propertyOrdering", "default", "minimum",
    "maximum",
}
STATUS_NAMES = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL", 503: "UNAVAILABLE", 529: "UNAVAILABLE",
}


class Gemini(Dialect):
    name = "gemini"
    TYPE, PATH, STREAM_TYPE = "gemini", "", "text/event-stream"
    MODEL, SETTINGS = "gemini-3.8-flash", ""
    KEEPS_WITHOUT_SEAL = False

    def __init__(self, model=None):
        super().__init__(model)
        self.signatures = {}

    @staticmethod
    def secret(headers):
        return headers.get("x-goog-api-key")

    def read(self, path, _, body):
        found = re.fullmatch(r"/v1(?:beta)?/models/([^:]+):(generateContent|streamGenerateContent\?alt=sse)", path)
        require(found, f"no such path: {path}")
        require(found[1] == self.model, f"models/{found[1]} is not found")
        body = camel(body)
        members("body", body, {"contents"}, FIELDS)
        settings = body.get("generationConfig", {})
        members("generationConfig", settings, (), GENERATION)
        thinking = settings.get("thinkingConfig", {})
        members("thinkingConfig", thinking, (), {"includeThoughts", "thinkingBudget", "thinkingLevel"})
        require(len({"thinkingBudget", "thinkingLevel"} & set(thinking)) < 2, "thinkingBudget and thinkingLevel exclude each other")
        one_of("thinkingLevel", str(thinking.get("thinkingLevel", "LOW")).upper(), {"LOW", "MEDIUM", "HIGH"})
        require(settings.get("maxOutputTokens", 1) <= 65536, f"maxOutputTokens: {settings.get('maxOutputTokens')}")
        if "responseSchema" in settings:
            subset("responseSchema", settings["responseSchema"])
        if "responseJsonSchema" in settings:
            types("responseJsonSchema", lowered(settings["responseJsonSchema"]))
        form = settings.get("responseJsonSchema") or settings.get("responseSchema")
        ask = Ask(body, self.model, "stream" in found[2], self.tools(body), schema=form)
        if "systemInstruction" in body:
            members("systemInstruction", body["systemInstruction"], {"parts"}, {"role"})
            ask.system = "\n".join(part["text"] for part in body["systemInstruction"]["parts"])
        self.contents(body["contents"], ask)
        return ask

    @staticmethod
    def tools(body):
        names = []
        for tool in body.get("tools", []):
            members("tools[]", tool, (), {"functionDeclarations", "googleSearch", "urlContext", "codeExecution"})
            for function in tool.get("functionDeclarations", []):
                optional = {"description", "parameters", "parametersJsonSchema", "behavior", "response", "responseJsonSchema"}
                members("functionDeclarations[]", function, {"name"}, optional)
                name = function["name"]
                require(re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}", name), f"functionDeclarations[].name: {name!r}")
                require(not {"parameters", "parametersJsonSchema"} <= set(function), f"{name}: parameters twice")
                if "parameters" in function:
                    subset(name, function["parameters"])
                if "parametersJsonSchema" in function:
                    types(name, lowered(function["parametersJsonSchema"]))
                names.append(name)
        require(len(set(names)) == len(names), f"tools: duplicate function declaration: {names}")
        if "toolConfig" in body:
            members("toolConfig", body["toolConfig"], (), {"functionCallingConfig"})
            require(names, "Function calling config is set without function_declarations.")
        return names

    def contents(self, contents, ask):
        require(contents, "contents is not specified")
        require(contents[0]["role"] == "user", "the first content must be of the user")
        turn_start = self.start_of_turn(contents)
        open_calls = []
        for index, content in enumerate(contents):
            where = f"contents[{index}]"
            members(where, content, {"role", "parts"})
            one_of(f"{where}.role", content["role"], {"user", "model"})
            require(content["parts"], f"{where}.parts must not be empty.")
            for part in content["parts"]:
                members(where, part, (), DATA | {"thought", "thoughtSignature", "videoMetadata"})
                require(len(DATA & set(part)) == 1, f"{where}: required oneof field 'data' must have one initialized field: {part}")
            responses = [part["functionResponse"] for part in content["parts"] if "functionResponse" in part]
            calls = [part["functionCall"] for part in content["parts"] if "functionCall" in part]
            self.check_responses(where, responses, open_calls)
            open_calls = calls
            require(not calls or content["role"] == "model", f"{where}: function calls are of the model")
            if content["role"] == "model":
                self.model_turn(where, content["parts"], calls, index >= turn_start, ask)
            elif responses:
                ask.add("results", [json.dumps(response["response"], ensure_ascii=False) for response in responses])
            texts = [part["text"] for part in content["parts"] if "text" in part]
            if content["role"] == "user" and texts:
                ask.add("user", "\n".join(texts))
        require(contents[-1]["role"] == "user", "Please ensure that the request ends with a user turn or a function response.")

    @staticmethod
    def start_of_turn(contents):
        starts = [
            index for index, content in enumerate(contents)
            if content["role"] == "user" and not any("functionResponse" in part for part in content["parts"])
        ]
        return starts[-1] if starts else 0

    @staticmethod
    def check_responses(where, responses, open_calls):
        require(
            len(responses) == len(open_calls),
            f"{where}: Please ensure that the number of function response parts is equal to the number of function call parts of the "
            f"function call turn: {len(responses)} of {len(open_calls)}",
        )
        for call, response in zip(open_calls, responses):
            members(where, response, {"name", "response"}, {"id", "parts", "willContinue", "scheduling"})
            require(response["name"] == call["name"], f"{where}: a response of {response['name']} to a call of {call['name']}")
            require(isinstance(response["response"], dict), f"{where}.functionResponse.response: {response['response']!r}")
            require("id" not in call or response.get("id", call["id"]) == call["id"], f"{where}: {response} answers {call}")

    def model_turn(self, where, parts, calls, is_running, ask):
        made = []
        for call in calls:
            members(where, call, {"name"}, {"id", "args"})
            require(isinstance(call.get("args", {}), dict), f"{where}.functionCall.args: {call['args']!r}")
            made.append(Call(call["name"], call.get("args", {})))
        for part in parts:
            signature = part.get("thoughtSignature")
            if signature not in (None, SKIP):
                part["thoughtSignature"] = signature = plain_base64(where, signature)
                require(signature in self.signatures.values(), f"{where}: Thought signature is not valid: {signature}")
        first = next((part for part in parts if "functionCall" in part), None)
        if first:
            signature = first.get("thoughtSignature")
            require(signature or not is_running, f"Function call is missing a thought_signature in functionCall parts: {first}")
            if made[0].key in self.signatures:
                self.lost += signature != self.signatures[made[0].key]
            else:
                require(signature in (None, SKIP), f"{where}: a signature of another call: {signature}")
        ask.add("assistant", "".join(part["text"] for part in parts if "text" in part and not part.get("thought")), made)

    def parts(self, ask, turn):
        self.made += 1
        signature = base64.b64encode(f"signature {self.made} ".encode() + bytes(range(200, 256))).decode()
        if ask.body.get("generationConfig", {}).get("thinkingConfig", {}).get("includeThoughts"):
            yield {"text": turn.thinking, "thought": True}
        for piece in pieces(turn.text) if turn.text is not None else []:
            yield {"text": piece}
        for index, call in enumerate(turn.calls):
            self.made += 1
            part = {"functionCall": {"id": f"fc-{self.made:06}", "name": call.name, "args": call.arguments}}
            # Of parallel calls only the first one carries it.
            if index == 0:
                self.signatures[call.key] = signature
                part["thoughtSignature"] = signature
            yield part
        if not turn.calls:
            self.signatures[f"text {self.made}"] = signature
            yield {"text": "", "thoughtSignature": signature}

    def answer(self, parts, finish, turn):
        candidate = {"content": {"role": "model", "parts": parts}, "index": 0}
        if finish:
            candidate["finishReason"] = finish
        usage = {"promptTokenCount": turn.tokens, "candidatesTokenCount": 3, "thoughtsTokenCount": 2, "totalTokenCount": turn.tokens + 5}
        return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": self.model, "responseId": "r-1"}

    def stream(self, ask, turn):
        parts = list(self.parts(ask, turn))
        return [
            frame(self.answer([part], "STOP" if index == len(parts) - 1 else None, turn)) for index, part in enumerate(parts)
        ]

    def whole(self, ask, turn):
        return self.answer(list(self.parts(ask, turn)), "STOP", turn)

    def first_frames(self, _):
        return [frame(self.answer([{"text": "Half an "}], None, Turn()))]

    @staticmethod
    def error(status, message):
        return {"error": {"code": status, "message": message, "status": STATUS_NAMES.get(status, "INTERNAL")}}

    def error_frame(self, message):
        return frame(self.error(503, message))


def frame(data):
    return f"data: {json.dumps(data)}\r\n\r\n".encode()


def plain_base64(where, text):
    """Google takes both alphabets of base64, with padding or without."""
    text = text.replace("-", "+").replace("_", "/").rstrip("=")
    text += "=" * (-len(text) % 4)
    try:
        base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Refused(f"Invalid value at '{where}' (TYPE_BYTES), {text!r}") from error
    return text


# Of these the members are the client's own.
OPEN = {"args", "response", "parametersJsonSchema", "responseJsonSchema", "labels"}


def camel(value, name=""):
    """Google takes the names of members in either spelling."""
    if isinstance(value, list):
        return [camel(inner, name) for inner in value]
    if not isinstance(value, dict) or name in OPEN:
        return value
    found = {}
    for key, inner in value.items():
        key = key if name == "properties" else re.sub("_([a-z])", lambda letter: letter[1].upper(), key)
        found[key] = camel(inner, key if name != "properties" else "")
    return found


def lowered(value):
    """Google takes the names of types in either case."""
    if isinstance(value, dict):
        return {name: inner.lower() if name == "type" and isinstance(inner, str) else lowered(inner) for name, inner in value.items()}
    return [lowered(inner) for inner in value] if isinstance(value, list) else value


def subset(where, value):
    members(where, value, (), SUBSET)
    for name, inner in value.get("properties", {}).items():
        subset(f"{where}.{name}", inner)
    if "items" in value:
        subset(f"{where}[]", value["items"])
    for inner in value.get("anyOf", []):
        subset(where, inner)
