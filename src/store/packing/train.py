"""Makes the dictionary of packing.rs anew: python3 train.py FILE. Needs the program `zstd`.

Samples are traces, requests and answers as the router stores them, with texts from its own
documentation. A dictionary that was shipped never changes; a new one needs the next number, and
packing.rs then reads both.
"""

import glob
import json
import random
import re
import subprocess
import sys
import tempfile

NUMBER = 1
SIZE = 8192
SAMPLES = 4000

random.seed(1)
ROOT = __file__.rsplit("/", 4)[0]
MODELS = [
    "gpt-5.1", "gpt-5-mini", "gpt-4o", "claude-sonnet-4-5", "claude-haiku-4-5", "gemini-2.5-flash",
    "gemini-2.5-pro", "llama-3.3-70b-instruct", "mistral-large-latest", "deepseek-chat",
    "qwen3-32b", "grok-4", "kimi-k2",
]
PROVIDERS = [
    "openai", "anthropic", "gemini", "groq", "mistral", "deepseek", "ollama", "azure",
    "openrouter", "vllm",
]
STRATEGIES = [
    "priority", "weighted", "round_robin", "least_latency", "least_cost", "least_busy", "sticky",
]
REASONS = [
    "asked for by name", "priority 1", "round robin", "cheapest", "fewest calls under way",
]
FAILURES = [
    ("upstream_error", 500), ("upstream_timeout", 504), ("rate_limited", 429),
    ("upstream_unavailable", 503), ("upstream_auth", 401),
]
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def paragraphs():
    found = []
    for path in sorted(glob.glob(f"{ROOT}/*.md") + glob.glob(f"{ROOT}/docs/*.md")):
        text = re.sub(r"[`|*#\[\]()]", "", open(path, encoding="utf-8").read())
        parts = (part.strip().replace("\n", " ") for part in text.split("\n\n"))
        found += [part for part in parts if 60 < len(part) < 900]
    return found


TEXTS = paragraphs()


def text():
    return random.choice(TEXTS)


def often(share):
    return random.random() < share


def ms(below_us):
    return random.randrange(below_us) / 1000


def letters(count):
    return "".join(random.choice(LETTERS) for _ in range(count))


def dense(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def trace():
    names = [f"{random.choice(PROVIDERS)}/{random.choice(MODELS)}" for _ in range(random.choice([1, 1, 1, 2, 3]))]
    candidates = [{"model": name, "score": 1.0, "reason": random.choice(REASONS)} for name in names]
    first, attempts = ms(800_000), []
    if often(0.1):
        code, status = random.choice(FAILURES)
        attempts.append({"model": names[-1], "outcome": code, "at_ms": ms(200), "ms": ms(900_000), "queue_ms": 0.0,
                         "http_status": status, "provider_key": 1, "error": f"the upstream answered {status}: overloaded"})
    attempts.append({"model": names[0], "outcome": "answered", "at_ms": ms(200), "ms": first, "queue_ms": 0.0,
                     "connect_ms": 0.0, "first_byte_ms": first, "http_status": 200, "provider_key": 1})
    timings = {"auth_ms": ms(40), "route_ms": ms(90), "queue_ms": 0.0, "connect_ms": 0.0, "first_byte_ms": first}
    if often(0.5):
        timings |= {"first_token_ms": ms(400_000), "stream_ms": ms(4_000_000)}
    else:
        timings |= {"stream_ms": ms(3_000), "translate_ms": ms(300)}
    timings["total_ms"] = ms(9_000_000)
    return dense({"strategy": random.choice(STRATEGIES), "seed": random.randrange(1 << 53), "candidates": candidates,
                  "attempts": attempts, "timings": timings})


def request():
    messages = []
    if often(0.6):
        system = random.choice(["You are a helpful assistant.", "You are a helpful assistant. Be brief."])
        messages.append({"role": "system", "content": f"{system} {text()}" if often(0.4) else system})
    messages.append({"role": "user", "content": text()})
    for _ in range(random.choice([0, 0, 0, 1, 2])):
        messages += [{"role": "assistant", "content": text()}, {"role": "user", "content": text()}]
    body = {"messages": messages}
    tool = {"type": "function", "function": {
        "name": "get_weather", "description": "The weather of a place", "parameters": {
            "type": "object", "properties": {"location": {"type": "string", "description": "city"}},
            "required": ["location"]}}}
    for share, members in [
        (0.5, {"temperature": random.choice([0, 0.2, 0.7, 1.0])}),
        (0.4, {"max_tokens": random.choice([256, 800, 1024, 4096])}),
        (0.2, {"max_completion_tokens": 1024}),
        (0.4, {"stream": True}),
        (0.2, {"stream_options": {"include_usage": True}}),
        (0.15, {"top_p": 0.9}),
        (0.12, {"response_format": {"type": "json_object"}}),
        (0.15, {"tools": [tool], "tool_choice": "auto"}),
    ]:
        if often(share):
            body |= members
    model = {"model": random.choice(MODELS)}
    whole = model | body if often(0.5) else body | model
    if often(0.12):
        parameters = {name: whole[name] for name in ("temperature", "max_tokens", "top_p") if name in whole}
        whole = {"prompt": text(), "parameters": parameters, "stream": True}
    if often(0.1):
        whole = {"query": {"tags": ["coding", "fast"], "providers": ["openai"]}, "request": whole}
    return dense(whole) if often(0.6) else json.dumps(whole, ensure_ascii=False)


def usage():
    asked, answered = random.randrange(9_000), random.randrange(900)
    counts = {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered}
    if often(0.5):
        counts |= {
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0,
                                          "rejected_prediction_tokens": 0}}
    return counts


def answer(kind):
    model, created, name = random.choice(MODELS), random.randrange(1_760_000_000, 1_800_000_000), f"chatcmpl-{letters(29)}"
    if kind < 0.55:
        message = {"role": "assistant", "content": text()}
        if often(0.4):
            message |= {"refusal": None, "annotations": []}
        if often(0.1):
            called = {"name": "get_weather", "arguments": '{"location":"Paris"}'}
            message |= {"content": None, "tool_calls": [{"id": f"call_{letters(20)}", "type": "function", "function": called}]}
        choice = {"index": 0, "message": message, "logprobs": None,
                  "finish_reason": random.choice(["stop", "stop", "stop", "length", "tool_calls"])}
        whole = {"id": name, "object": "chat.completion", "created": created, "model": model, "choices": [choice],
                 "usage": usage()}
        if often(0.4):
            whole |= {"service_tier": "default", "system_fingerprint": f"fp_{letters(10)}"}
        return dense(whole)
    if kind < 0.65:
        counts = {"prompt_tokens": random.randrange(9_000), "completion_tokens": random.randrange(900),
                  "total_tokens": random.randrange(9_900), "cached_tokens": 0, "reasoning_tokens": 0}
        return dense({"output_text": text(), "cost": ms(9_000) / 1_000, "usage": counts, "finish_reason": "stop",
                      "model": model, "provider": random.choice(PROVIDERS), "raw": {"id": name, "object": "chat.completion"}})
    if kind < 0.72:
        return json.dumps({"error": {"message": "the upstream answered 500: overloaded", "type": "server_error",
                                     "param": None, "code": "upstream_error"}})

    def chunk(choices, **more):
        frame = {"id": name, "object": "chat.completion.chunk", "created": created, "model": model, "choices": choices}
        return "data: " + dense(frame | more)

    def delta(content, reason=None):
        return [{"index": 0, "delta": content, "logprobs": None, "finish_reason": reason}]

    words = text().split(" ")[:random.randrange(2, 40)]
    lines = [chunk(delta({"role": "assistant", "content": ""}))]
    lines += [chunk(delta({"content": " " + word})) for word in words]
    lines += [chunk(delta({}, "stop")), chunk([], usage=usage()), "data: [DONE]"]
    return "\n\n".join(lines) + "\n\n"


def main():
    with tempfile.TemporaryDirectory() as folder:
        for number in range(SAMPLES):
            for kind, sample in [("trace", trace()), ("request", request()), ("answer", answer(random.random()))]:
                with open(f"{folder}/{kind}-{number}", "w", encoding="utf-8") as file:
                    file.write(sample)
        subprocess.run(
            ["zstd", "-q", "-f", "--train", "-1", "-r", folder, f"--maxdict={SIZE}", f"--dictID={NUMBER}", "-o", sys.argv[1]],
            check=True)


main()
