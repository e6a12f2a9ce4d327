"""OpenAI's SDK: `responses.stream` and `chat.completions.stream` want their events in order, `parse` wants an answer by its schema."""

import openai

from support import ANSWER, CALLS, REASONING, RESULTS, SCHEMA_OF_CITY, WORDS, City, Fault, JudgeTest, Turn, each

CHAT_TOOLS = [{"type": "function", "function": {"name": call.name, "parameters": SCHEMA_OF_CITY}} for call in CALLS]
TOOLS = [{"type": "function", "name": call.name, "parameters": SCHEMA_OF_CITY, "strict": False} for call in CALLS]
STATUSES = [
    (400, openai.BadRequestError), (429, openai.RateLimitError), (503, openai.InternalServerError), (529, openai.InternalServerError),
]
CITY = '{"name": "Zürich", "population": 400000}'


class OpenAiTest(JudgeTest):
    @staticmethod
    def client_of(url):
        return openai.OpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0)


class Responses(OpenAiTest):
    def body(self, name, *answers, **more):
        include = ["reasoning.encrypted_content"]
        reasoning = {"effort": "high", "summary": "auto"}
        return {
            "model": self.script(name, *answers), "input": [{"role": "user", "content": "Where?"}], "store": False,
            "include": include, "reasoning": reasoning, **more,
        }

    @each
    def test_whole_answers(self, name):
        answer = self.client.responses.create(**self.body(name, Turn(ANSWER), instructions="Be short."))
        summaries = [part.text for item in answer.output if item.type == "reasoning" for part in item.summary]
        self.assertEqual((answer.output_text, summaries, answer.status), (ANSWER, [REASONING], "completed"))
        self.assertEqual((answer.usage.input_tokens, answer.usage.output_tokens), (20, 5))
        self.assertIn("Be short.", self.ask(name).system)

    @each
    def test_a_loop_of_tools_by_the_stream_helper(self, name):
        body = self.body(name, Turn(calls=CALLS), Turn(ANSWER), tools=TOOLS)
        with self.client.responses.stream(**body) as stream:
            kinds = [event.type for event in stream]
            turn = stream.get_final_response()
        self.assertEqual((kinds[0], kinds[-1]), ("response.created", "response.completed"))
        calls = [item for item in turn.output if item.type == "function_call"]
        arguments = [(call.name, call.parsed_arguments) for call in calls]
        self.assertEqual([name for name, _ in arguments], [call.name for call in CALLS])
        results = [{"type": "function_call_output", "call_id": call.call_id, "output": RESULTS[call.name]} for call in calls]
        body["input"] += [item.model_dump(exclude_none=True, exclude={"parsed_arguments"}) for item in turn.output] + results
        with self.client.responses.stream(**body) as stream:
            texts = [event.delta for event in stream if event.type == "response.output_text.delta"]
            self.assertEqual("".join(texts), stream.get_final_response().output_text)
        self.assertEqual("".join(texts), ANSWER)
        self.assertEqual([len(self.ask(name).results), self.is_lost(name)], [2, False])

    @each
    def test_a_response_goes_on_from_the_one_before(self, name):
        body = self.body(name, Turn("Eins."), Turn("Zwei."))
        body.pop("store")
        first = self.client.responses.create(**body)
        second = self.client.responses.create(**{**body, "input": "And now?"}, previous_response_id=first.id)
        self.assertEqual(second.output_text, "Zwei.")
        self.assertEqual([turn[0] for turn in self.ask(name).turns], ["user", "assistant", "user"])
        self.assertEqual(self.client.responses.retrieve(second.id).output_text, "Zwei.")
        self.client.responses.delete(second.id)
        with self.assertRaises(openai.NotFoundError):
            self.client.responses.retrieve(second.id)

    @each
    def test_structured_output(self, name):
        answer = self.client.responses.parse(**self.body(name, Turn(CITY)), text_format=City)
        self.assertEqual(answer.output_parsed, City(name="Zürich", population=400000))
        self.assertEqual(set(self.ask(name).schema["properties"]), {"name", "population"})
        with self.client.responses.stream(**self.body(name, Turn(CITY)), text_format=City) as stream:
            self.assertEqual(stream.get_final_response().output_parsed.name, "Zürich")

    @each
    def test_errors_are_of_their_classes(self, name):
        for status, kind in STATUSES:
            with self.assertRaises(kind) as raised:
                self.client.responses.create(**self.body(name, Fault(status, WORDS)))
            self.assertIn(WORDS, str(raised.exception))
        with self.assertRaises(openai.NotFoundError):
            self.client.responses.create(model="nothing", input="hi")

    @each
    def test_a_stream_that_breaks_raises_or_says_that_it_failed(self, name):
        for fault, words in [(Fault(stream="cut"), "closed before"), (Fault(message=WORDS, stream="error"), WORDS)]:
            last = None
            with self.assertRaises((openai.APIError, RuntimeError)):
                with self.client.responses.stream(**self.body(name, fault)) as stream:
                    for last in stream:
                        pass
                    stream.get_final_response()
            self.assertEqual(last.type, "response.failed")
            self.assertIn(words, last.response.error.message)

    def test_tokens_are_counted(self):
        count = self.client.responses.input_tokens.count(model="chat/scripted", input="A few words of a user")
        self.assertGreater(count.input_tokens, 5)


class Chat(OpenAiTest):
    def body(self, name, *answers, **more):
        return {"model": self.script(name, *answers), "messages": [{"role": "user", "content": "Where?"}], **more}

    @each
    def test_whole_answers(self, name):
        answer = self.client.chat.completions.create(**self.body(name, Turn(ANSWER)))
        choice = answer.choices[0]
        self.assertEqual((choice.message.content, choice.finish_reason, answer.usage.total_tokens), (ANSWER, "stop", 25))

    @each
    def test_a_loop_of_tools_by_the_stream_helper(self, name):
        body = self.body(name, Turn(calls=CALLS), Turn(ANSWER), tools=CHAT_TOOLS)
        with self.client.chat.completions.stream(**body) as stream:
            list(stream)
            message = stream.get_final_completion().choices[0].message
        calls = message.tool_calls
        self.assertEqual([call.function.name for call in calls], [call.name for call in CALLS])
        results = [{"role": "tool", "tool_call_id": call.id, "content": RESULTS[call.function.name]} for call in calls]
        turn = {
            "role": "assistant", "content": message.content or "", "reasoning_content": getattr(message, "reasoning_content", ""),
            "tool_calls": [
                {"id": call.id, "type": "function", "function": {"name": call.function.name, "arguments": call.function.arguments}}
                for call in calls
            ],
        }
        body["messages"] += [turn, *results]
        with self.client.chat.completions.stream(**body) as stream:
            texts = [event.delta for event in stream if event.type == "content.delta"]
        self.assertEqual("".join(texts), ANSWER)
        self.assertEqual(len(self.ask(name).results), 2)

    @each
    def test_structured_output(self, name):
        answer = self.client.chat.completions.parse(**self.body(name, Turn(CITY)), response_format=City)
        self.assertEqual(answer.choices[0].message.parsed, City(name="Zürich", population=400000))

    @each
    def test_errors_are_of_their_classes(self, name):
        for status, kind in STATUSES:
            with self.assertRaises(kind) as raised:
                self.client.chat.completions.create(**self.body(name, Fault(status, WORDS)))
            self.assertIn(WORDS, str(raised.exception))

    @each
    def test_a_stream_that_breaks_raises(self, name):
        for fault, words in [(Fault(stream="cut"), "closed before"), (Fault(message=WORDS, stream="error"), WORDS)]:
            with self.assertRaises(openai.APIError) as raised:
                list(self.client.chat.completions.create(**self.body(name, fault), stream=True))
            self.assertIn(words, str(raised.exception))

    def test_embeddings_and_models(self):
        answer = self.client.embeddings.create(model="demo/vectors", input=["ferry", "boat", "ferry"])
        one, two, three = (each.embedding for each in answer.data)
        self.assertEqual((one, len(two), one == two), (three, 8, False))
        names = [model.id for model in self.client.models.list()]
        self.assertIn("chat/scripted", names)
        self.assertEqual(self.client.models.retrieve("chat/scripted").id, "chat/scripted")
