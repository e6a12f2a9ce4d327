"""Anthropic's SDK: `messages.stream` wants its events in order, and each turn goes back as the SDK holds it."""

import anthropic

from support import ANSWER, CALLS, REASONING, RESULTS, SCHEMA_OF_CITY, WORDS, City, Fault, JudgeTest, Turn, each

TOOLS = [{"name": call.name, "description": "d", "input_schema": SCHEMA_OF_CITY} for call in CALLS]
THINKS = {"thinking": {"type": "adaptive", "display": "summarized"}, "output_config": {"effort": "high"}}


class Messages(JudgeTest):
    @staticmethod
    def client_of(url):
        return anthropic.Anthropic(base_url=url, api_key="any", max_retries=0)

    def body(self, name, *answers, **more):
        return {"model": self.script(name, *answers), "max_tokens": 2000, "messages": [{"role": "user", "content": "Where?"}], **more}

    @each
    def test_whole_answers(self, name):
        answer = self.client.messages.create(**self.body(name, Turn(ANSWER), system="Be short.", **THINKS))
        self.assertEqual([block.text for block in answer.content if block.type == "text"], [ANSWER])
        self.assertEqual([block.thinking for block in answer.content if block.type == "thinking" and block.thinking], [REASONING])
        self.assertEqual((answer.stop_reason, answer.usage.input_tokens, answer.usage.output_tokens), ("end_turn", 20, 5))
        self.assertEqual(self.ask(name).system, "Be short.")

    @each
    def test_a_loop_of_tools_by_the_stream_helper(self, name):
        body = self.body(name, Turn(calls=CALLS), Turn(ANSWER), tools=TOOLS, **THINKS)
        with self.client.messages.stream(**body) as stream:
            kinds = [event.type for event in stream]
            turn = stream.get_final_message()
        self.assertEqual((kinds[0], kinds[-1], kinds.count("message_start")), ("message_start", "message_stop", 1))
        calls = [block for block in turn.content if block.type == "tool_use"]
        self.assertEqual([(call.name, call.input) for call in calls], [(call.name, call.arguments) for call in CALLS])
        self.assertEqual(turn.stop_reason, "tool_use")
        results = [{"type": "tool_result", "tool_use_id": call.id, "content": RESULTS[call.name]} for call in calls]
        body["messages"] += [{"role": "assistant", "content": turn.content}, {"role": "user", "content": results}]
        with self.client.messages.stream(**body) as stream:
            self.assertEqual("".join(stream.text_stream), ANSWER)
        self.assertEqual([len(self.ask(name).results), self.is_lost(name)], [2, False])

    @each
    def test_structured_output(self, name):
        body = self.body(name, Turn('{"name": "Zürich", "population": 400000}'))
        answer = self.client.messages.parse(**body, output_format=City)
        self.assertEqual(answer.parsed_output, City(name="Zürich", population=400000))
        self.assertEqual(set(self.ask(name).schema["properties"]), {"name", "population"})

    @each
    def test_errors_are_of_their_classes(self, name):
        for status, kind in [
            (400, anthropic.BadRequestError), (429, anthropic.RateLimitError), (503, anthropic.InternalServerError),
            (529, anthropic.InternalServerError),
        ]:
            for streams in (False, True):
                with self.assertRaises(kind) as raised:
                    self.client.messages.create(**self.body(name, Fault(status, WORDS)), stream=streams)
                self.assertIn(WORDS, str(raised.exception))
        with self.assertRaises(anthropic.NotFoundError):
            self.client.messages.create(**{**self.body("chat"), "model": "nothing"})

    @each
    def test_a_stream_that_breaks_raises(self, name):
        for fault, words in [(Fault(stream="cut"), "closed before"), (Fault(message=WORDS, stream="error"), WORDS)]:
            with self.assertRaises(anthropic.APIError) as raised:
                with self.client.messages.stream(**self.body(name, fault)) as stream:
                    list(stream)
            self.assertIn(words, str(raised.exception))

    def test_tokens_are_counted_and_models_listed(self):
        messages = [{"role": "user", "content": "A few words of a user"}]
        count = self.client.messages.count_tokens(model="chat/scripted", messages=messages)
        self.assertGreater(count.input_tokens, 5)
        names = [model.id for model in self.client.models.list(limit=2)]
        self.assertIn("chat/scripted", names)
        self.assertEqual(self.client.models.retrieve("chat/scripted").id, "chat/scripted")

    def test_the_demo_model(self):
        body = {"model": "demo/echo", "max_tokens": 50, "messages": [{"role": "user", "content": "Say it"}]}
        self.assertEqual(self.client.messages.create(**body).content[0].text, "Say it")
        with self.client.messages.stream(**body) as stream:
            self.assertEqual(stream.get_final_text(), "Say it")
