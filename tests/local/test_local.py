"""Servers that people run at home, each with a model of random weights, asked through the router."""

import json
import shutil
import tempfile
import unittest
from pathlib import Path

import stage
from http_json import ask, data_lines, open_answer
from processes import eventually

CHAT = "/v1/chat/completions"


def question(**more):
    return {"model": "local/tiny", "temperature": 0, "messages": [{"role": "user", "content": "hello"}], **more}


class Conversation:
    """What holds for every server."""

    # Of the subclass: the provider's type, what starts the server, whether its streams tell their usage, how many
    # tokens keep it busy for long, and what it logs when a client has left.
    kind = None
    serve = None
    streams_usage = True
    endless = None
    says_of_leaving = ""

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="llm-router-local-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        for name in ("server", "router"):
            (cls.folder / name).mkdir()
        cls.server, upstream, remote_identifier = cls.serve(cls.folder / "server")
        cls.addClassCleanup(cls.server.stop)
        router = stage.start_router(cls.folder / "router", cls.kind, upstream, remote_identifier)
        cls.addClassCleanup(cls.router_stops_cleanly, router)
        cls.router = router.readiness[1]

    @classmethod
    def router_stops_cleanly(cls, router):
        code = router.stop()
        if code != 0:
            raise AssertionError(f"the router ended with code {code}:\n{router.log()}")

    def test_its_models_are_listed(self):
        status, _, listed = ask(self.router, "GET", "/v1/models")
        self.assertEqual(status, 200)
        self.assertEqual([model["id"] for model in listed["data"]], ["local/tiny", "local/missing"])

    def test_a_whole_answer(self):
        status, headers, answer = ask(self.router, "POST", CHAT, question(max_tokens=12))
        self.assertEqual(status, 200, answer)
        (choice,) = answer["choices"]
        self.assertRegex(choice["message"]["content"], "^[a-z ]+$")
        self.assertEqual(choice["finish_reason"], "length")
        self.assertGreater(answer["usage"]["prompt_tokens"], 0)
        self.assertGreater(answer["usage"]["completion_tokens"], 0)
        record = self.record_of(headers)
        self.assertEqual(record["status"], "success")
        for count in ("prompt_tokens", "completion_tokens", "total_tokens"):
            self.assertEqual(record[count], answer["usage"][count])

    def test_a_stream(self):
        headers, chunks = self.stream(question(max_tokens=12, stream=True))
        deltas = [choice["delta"].get("content") for chunk in chunks for choice in chunk["choices"]]
        texts = [text for text in deltas if text]
        self.assertGreater(len(texts), 3)
        self.assertRegex("".join(texts), "^[a-z ]+$")
        ends = [choice.get("finish_reason") for chunk in chunks for choice in chunk["choices"]]
        self.assertEqual([end for end in ends if end], ["length"])
        self.assertFalse(any(chunk.get("usage") for chunk in chunks), "usage that was not asked for")
        self.streamed_usage_is_recorded(headers)

    def test_a_stream_with_its_usage(self):
        headers, chunks = self.stream(question(max_tokens=12, stream=True, stream_options={"include_usage": True}))
        told = [chunk["usage"] for chunk in chunks if chunk.get("usage")]
        self.assertEqual(len(told), 1 if self.streams_usage else 0)
        record = self.streamed_usage_is_recorded(headers)
        for usage in told:
            self.assertEqual(usage["total_tokens"], record["total_tokens"])

    def test_a_client_that_leaves_frees_the_server(self):
        # Both servers answer one question after the other.
        connection, response = open_answer(self.router, "POST", CHAT, question(max_tokens=self.endless, stream=True))
        lines = data_lines(response)
        for _ in range(5):
            next(lines)
        response.close()
        connection.close()
        self.assertEqual(self.record_of(response.headers)["status"], "cancelled")
        eventually(lambda: self.says_of_leaving in self.server.log(), 10, "the server sees its client gone")
        status, _, answer = ask(self.router, "POST", CHAT, question(max_tokens=3))
        self.assertEqual(status, 200, answer)

    def test_the_provider_can_be_tested(self):
        status, _, told = ask(self.router, "POST", "/providers/local/test")
        self.assertEqual((status, told["ok"]), (200, True), told)
        code, printed = stage.test_from_the_command_line(self.folder / "router")
        self.assertEqual(code, 0, printed)
        self.assertIn("local: ok", printed)

    def refused(self, body, status, code):
        """The message of the error that the client is told, which is recorded too."""
        got, headers, answer = ask(self.router, "POST", CHAT, body)
        self.assertEqual((got, answer["error"]["code"]), (status, code), answer)
        record = self.record_of(headers)
        self.assertEqual((record["status"], record["error_code"]), ("error", code))
        return answer["error"]["message"]

    def stream(self, body):
        """The headers and all chunks of a stream that ends as it should."""
        connection, response = open_answer(self.router, "POST", CHAT, body)
        try:
            self.assertEqual(response.status, 200)
            lines = list(data_lines(response))
        finally:
            connection.close()
        self.assertEqual(lines[-1], "[DONE]")
        return response.headers, [json.loads(line) for line in lines[:-1]]

    def streamed_usage_is_recorded(self, headers):
        record = self.record_of(headers)
        self.assertEqual((record["status"], record["finish_reason"]), ("success", "length"))
        if self.streams_usage:
            self.assertGreater(record["prompt_tokens"], 0)
            self.assertEqual(record["completion_tokens"], 12)
        else:
            self.assertIsNone(record["total_tokens"], "what the server does not tell is unknown, not 0")
        return record

    def record_of(self, headers):
        path = f"/monitor/invocations?request_id={headers['x-request-id']}"
        (record,) = eventually(lambda: ask(self.router, "GET", path)[2]["items"], 10, "the call is recorded")
        return record


class Transformers(Conversation, unittest.TestCase):
    kind = "transformers"
    serve = staticmethod(stage.serve_transformers)
    # Hours: the next question would not wait that long.
    endless = 1_000_000

    def test_an_unknown_model(self):
        # The server says no more than that.
        message = self.refused({**question(), "model": "local/missing"}, 502, "upstream_error")
        self.assertEqual(message, "provider `local`: answered 500: Internal Server Error")

    def test_an_unknown_field(self):
        message = self.refused(question(top_k=5), 400, "upstream_rejected_request")
        self.assertIn("Unexpected fields in the request: {'top_k'}", message)

    def test_an_error_in_the_stream(self):
        body = question(max_tokens=3, stream=True, logit_bias={"99999": 1.0})
        connection, response = open_answer(self.router, "POST", CHAT, body)
        self.addCleanup(connection.close)
        error = json.loads(list(data_lines(response))[-1])["error"]
        self.assertEqual(error["code"], "upstream_stream_error")
        self.assertIn("The model vocabulary size is 257", error["message"])


class LlamaCpp(Conversation, unittest.TestCase):
    kind = "openai_compatible"
    serve = staticmethod(stage.serve_llama_cpp)
    streams_usage = False
    endless = 16_000
    says_of_leaving = "Disconnected from client"

    def test_a_prompt_that_is_too_long(self):
        long = question(max_tokens=3, messages=[{"role": "user", "content": "a" * 20_000}])
        message = self.refused(long, 400, "context_length_exceeded")
        self.assertIn("maximum context length is 16384 tokens", message)

    def test_a_forced_tool_call(self):
        tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
        choice = {"type": "function", "function": {"name": "look"}}
        body = question(max_tokens=40, tools=[tool], tool_choice=choice)
        status, _, answer = ask(self.router, "POST", CHAT, body)
        self.assertEqual(status, 200, answer)
        (call,) = answer["choices"][0]["message"]["tool_calls"]
        self.assertEqual(call["function"]["name"], "look")


if __name__ == "__main__":
    unittest.main()
