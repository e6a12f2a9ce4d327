"""Google's SDK: it takes nothing but data in a stream, and any end for a good one."""

import itertools

from google import genai
from google.genai import errors, types

from support import ANSWER, CALLS, REASONING, RESULTS, SCHEMA_OF_CITY, WORDS, City, Fault, JudgeTest, Turn, each

TOOLS = [types.Tool(function_declarations=[
    types.FunctionDeclaration(name=call.name, description="d", parameters_json_schema=SCHEMA_OF_CITY) for call in CALLS
])]
THINKS = types.ThinkingConfig(include_thoughts=True, thinking_level="HIGH")
BY_HAND = types.AutomaticFunctionCallingConfig(disable=True)


class Gemini(JudgeTest):
    @staticmethod
    def client_of(url):
        return genai.Client(api_key="any", http_options={"base_url": url, "retry_options": {"attempts": 1}})

    def body(self, name, *answers, contents="Where?", **config):
        config = types.GenerateContentConfig(automatic_function_calling=BY_HAND, **config)
        return {"model": self.script(name, *answers), "contents": contents, "config": config}

    @each
    def test_whole_answers(self, name):
        body = self.body(name, Turn(ANSWER), system_instruction="Be short.", thinking_config=THINKS)
        answer = self.client.models.generate_content(**body)
        thoughts = [part.text for part in answer.candidates[0].content.parts if part.thought]
        self.assertEqual((answer.text, "".join(thoughts)), (ANSWER, REASONING))
        self.assertEqual(answer.candidates[0].finish_reason, types.FinishReason.STOP)
        self.assertEqual(answer.usage_metadata.total_token_count, 25)
        self.assertIn("Be short.", self.ask(name).system)

    @each
    def test_a_loop_of_tools_in_streams(self, name):
        body = self.body(name, Turn(calls=CALLS), Turn(ANSWER), tools=TOOLS, thinking_config=THINKS)
        parts = []
        for frame in self.client.models.generate_content_stream(**body):
            parts += frame.candidates[0].content.parts or []
        calls = [part.function_call for part in parts if part.function_call]
        self.assertEqual([(call.name, call.args) for call in calls], [(call.name, call.arguments) for call in CALLS])
        results = [types.Part.from_function_response(name=call.name, response={"output": RESULTS[call.name]}) for call in calls]
        body["contents"] = [
            types.Content(role="user", parts=[types.Part(text="Where?")]), types.Content(role="model", parts=parts),
            types.Content(role="user", parts=results),
        ]
        texts = [frame.text or "" for frame in self.client.models.generate_content_stream(**body)]
        self.assertEqual("".join(texts), ANSWER)
        self.assertEqual([len(self.ask(name).results), self.is_lost(name)], [2, False])

    @each
    def test_a_chat_keeps_its_history(self, name):
        chat = self.client.chats.create(model=self.script(name, Turn("Eins."), Turn("Zwei.")))
        texts = [frame.text or "" for frame in chat.send_message_stream("One")]
        self.assertEqual(("".join(texts), chat.send_message("Two").text), ("Eins.", "Zwei."))
        # The SDK keeps each frame as a turn of its own.
        roles = [role for role, _ in itertools.groupby(turn[0] for turn in self.ask(name).turns)]
        self.assertEqual(roles, ["user", "assistant", "user"])

    @each
    def test_structured_output(self, name):
        body = self.body(name, Turn('{"name": "Zürich", "population": 400000}'))
        body["config"].response_mime_type, body["config"].response_schema = "application/json", City
        answer = self.client.models.generate_content(**body)
        self.assertEqual(answer.parsed, City(name="Zürich", population=400000))
        self.assertEqual(set(self.ask(name).schema["properties"]), {"name", "population"})

    @each
    def test_errors_are_of_their_classes(self, name):
        for status, kind in [(400, errors.ClientError), (429, errors.ClientError), (503, errors.ServerError), (529, errors.ServerError)]:
            with self.assertRaises(kind) as raised:
                self.client.models.generate_content(**self.body(name, Fault(status, WORDS)))
            self.assertIn(WORDS, str(raised.exception))
            # A provider's own status of its own API stays.
            self.assertEqual(raised.exception.code, 503 if status == 529 and name != "gemini" else status)
        with self.assertRaises(errors.ClientError) as raised:
            self.client.models.generate_content(model="nothing", contents="hi")
        self.assertEqual((raised.exception.code, raised.exception.status), (404, "NOT_FOUND"))

    @each
    def test_a_stream_that_breaks_raises(self, name):
        for fault, words in [(Fault(stream="cut"), "closed before"), (Fault(message=WORDS, stream="error"), WORDS)]:
            with self.assertRaises(errors.APIError) as raised:
                list(self.client.models.generate_content_stream(**self.body(name, fault)))
            self.assertIn(words, str(raised.exception))

    def test_embeddings(self):
        answer = self.client.models.embed_content(model="demo/vectors", contents=["ferry", "boat", "ferry"])
        one, two, three = (each.values for each in answer.embeddings)
        self.assertEqual((one, len(two), one == two), (three, 8, False))

    def test_tokens_are_counted_and_models_listed(self):
        count = self.client.models.count_tokens(model="chat/scripted", contents="A few words of a user")
        self.assertGreater(count.total_tokens, 5)
        names = [model.name for model in self.client.models.list(config={"page_size": 2})]
        self.assertIn("models/chat/scripted", names)
        self.assertTrue(self.client.models.get(model="chat/scripted").name.endswith("chat/scripted"))
