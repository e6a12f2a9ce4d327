"""Ollama's SDK: a line of a stream must be an object of its types, arguments of calls are objects."""

import ollama

from support import ANSWER, CALLS, REASONING, RESULTS, SCHEMA_OF_CITY, WORDS, City, Fault, JudgeTest, Turn, each

TOOLS = [{"type": "function", "function": {"name": call.name, "description": "d", "parameters": SCHEMA_OF_CITY}} for call in CALLS]


class Ollama(JudgeTest):
    @staticmethod
    def client_of(url):
        return ollama.Client(host=url)

    def body(self, name, *answers, **more):
        return {"model": self.script(name, *answers), "messages": [{"role": "user", "content": "Where?"}], **more}

    @each
    def test_whole_answers(self, name):
        messages = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Where?"}]
        answer = self.client.chat(**self.body(name, Turn(ANSWER), think="high") | {"messages": messages})
        self.assertEqual((answer.message.content, answer.message.thinking), (ANSWER, REASONING))
        self.assertEqual((answer.done_reason, answer.prompt_eval_count, answer.eval_count), ("stop", 20, 5))
        self.assertIn("Be short.", self.ask(name).system)

    @each
    def test_a_loop_of_tools_in_streams(self, name):
        body = self.body(name, Turn(calls=CALLS), Turn(ANSWER), tools=TOOLS, think="high")
        lines = list(self.client.chat(**body, stream=True))
        calls = [call.function for line in lines for call in line.message.tool_calls or []]
        self.assertEqual([(call.name, dict(call.arguments)) for call in calls], [(call.name, call.arguments) for call in CALLS])
        turn = {
            "role": "assistant", "content": "", "thinking": "".join(line.message.thinking or "" for line in lines),
            "tool_calls": [{"function": {"name": call.name, "arguments": dict(call.arguments)}} for call in calls],
        }
        results = [{"role": "tool", "tool_name": call.name, "content": RESULTS[call.name]} for call in calls]
        body["messages"] += [turn, *results]
        texts = [line.message.content or "" for line in self.client.chat(**body, stream=True)]
        self.assertEqual("".join(texts), ANSWER)
        self.assertEqual(len(self.ask(name).results), 2)

    @each
    def test_a_prompt(self, name):
        model = self.script(name, Turn(ANSWER), Turn(ANSWER))
        self.assertEqual(self.client.generate(model=model, prompt="Where?", system="Be short.").response, ANSWER)
        texts = [line.response for line in self.client.generate(model=model, prompt="Where?", stream=True)]
        self.assertEqual("".join(texts), ANSWER)

    @each
    def test_structured_output(self, name):
        body = self.body(name, Turn('{"name": "Zürich", "population": 400000}'))
        answer = self.client.chat(**body, format=City.model_json_schema())
        self.assertEqual(City.model_validate_json(answer.message.content).name, "Zürich")
        self.assertEqual(set(self.ask(name).schema["properties"]), {"name", "population"})

    @each
    def test_errors_are_of_their_class(self, name):
        for status, told in [(400, 400), (429, 429), (503, 503), (529, 529 if name == "ollama" else 503)]:
            with self.assertRaises(ollama.ResponseError) as raised:
                self.client.chat(**self.body(name, Fault(status, WORDS)))
            self.assertEqual(raised.exception.status_code, told)
            self.assertIn(WORDS, str(raised.exception))
        with self.assertRaises(ollama.ResponseError) as raised:
            self.client.chat(model="nothing", messages=[{"role": "user", "content": "hi"}])
        self.assertEqual(raised.exception.status_code, 404)

    @each
    def test_a_stream_that_breaks_raises(self, name):
        for fault, words in [(Fault(stream="cut"), "closed before"), (Fault(message=WORDS, stream="error"), WORDS)]:
            with self.assertRaises(ollama.ResponseError) as raised:
                list(self.client.chat(**self.body(name, fault), stream=True))
            self.assertIn(words, str(raised.exception))

    def test_embeddings(self):
        one, two, three = self.client.embed(model="demo/vectors", input=["ferry", "boat", "ferry"]).embeddings
        self.assertEqual((one, len(two), one == two), (three, 8, False))
        self.assertEqual(len(self.client.embeddings(model="demo/vectors", prompt="ferry").embedding), 8)

    def test_models(self):
        self.assertIn("chat/scripted", [model.model for model in self.client.list().models])
        shown = self.client.show("chat/scripted")
        self.assertIn("tools", shown.capabilities)
        self.assertTrue(all(process.model for process in self.client.ps().models))
