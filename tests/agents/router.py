"""The built router as a process of its own, in a directory of its own, and a scripted chat model behind it."""

import http.server
import json
import os
import pathlib
import re
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("LLM_ROUTER_BIN") or ROOT / "target/debug/llm-router")
KEY = "upstream-secret-of-these-tests"

# A model that refuses a conversation with a call of a tool that lacks what it thought before the call.
THINKS = "deepseek/deepseek-v4-pro"
REASONING = "Let me see."


class Upstream:
    """Answers each chat with the turn that `script` makes of its request, as a stream."""

    def __init__(self, script):
        self.requests, self.script = [], script
        upstream = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                upstream.requests.append(body)
                turn = upstream.script(body, len(upstream.requests))
                data = b"".join(frames(body["model"], turn)) if body.get("stream") else whole(body["model"], turn)
                kind = "text/event-stream" if body.get("stream") else "application/json"
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()


def text(words, tokens=20):
    return {"content": words, "tokens": tokens}


def call(name, arguments, tokens=20):
    function = {"name": name, "arguments": json.dumps(arguments)}
    calls = [{"index": 0, "id": "call_" + os.urandom(6).hex(), "type": "function", "function": function}]
    return {"tool_calls": calls, "tokens": tokens}


def usage(turn):
    return {"prompt_tokens": turn["tokens"], "completion_tokens": 5, "total_tokens": turn["tokens"] + 5}


def whole(model, turn):
    message = {"role": "assistant", **{name: turn[name] for name in ("content", "tool_calls") if name in turn}}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if "tool_calls" in turn else "stop"}
    return json.dumps({"id": "c", "object": "chat.completion", "model": model, "choices": [choice], "usage": usage(turn)}).encode()


def frames(model, turn):
    def frame(delta, finish=None, **rest):
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        data = {"id": "c", "object": "chat.completion.chunk", "model": model, "choices": [choice], **rest}
        return f"data: {json.dumps(data)}\n\n".encode()

    yield frame({"role": "assistant", "reasoning_content": REASONING})
    if "content" in turn:
        for word in re.findall(r"\S+\s*", turn["content"]):
            yield frame({"content": word})
        yield frame({}, "stop")
    else:
        yield frame({"tool_calls": turn["tool_calls"]})
        yield frame({}, "tool_calls")
    yield frame({}, None, choices=[], usage=usage(turn))
    yield b"data: [DONE]\n\n"


def roles(request):
    return [message["role"] for message in request["messages"]]


def names(request):
    return [tool["function"]["name"] for tool in request.get("tools", [])]


class Router:
    def __init__(self, directory, upstream, models, aliases=()):
        toml = f"""
[routing]
retries = 0

[[providers]]
name = "up"
type = "openai_compatible"
base_url = "{upstream.url}"
api_key_env = "AGENTS_TEST_KEY"
"""
        for model in models:
            toml += f'\n[[models]]\nname = "{model}"\nprovider = "up"\n'
        toml += "\n[routing.aliases]\n" + "".join(f'"{alias}" = "{model}"\n' for alias, model in dict(aliases).items())
        (directory / "router.toml").write_text(toml)
        environment = {"AGENTS_TEST_KEY": KEY, "PATH": os.environ["PATH"]}
        command = [BINARY, "--host", "127.0.0.1", "--port", "0"]
        self.process = subprocess.Popen(
            command, cwd=directory, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True,
        )
        self.log = []
        for line in self.process.stderr:
            self.log.append(line)
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                self.url = found.group(0)
                break
        else:
            raise SystemExit("the router did not start:\n" + "".join(self.log))
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        self.log.extend(self.process.stderr)

    def close(self):
        self.process.terminate()
        assert self.process.wait(20) == 0, "the router did not end cleanly:\n" + "".join(self.log)
