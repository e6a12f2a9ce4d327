// A short streamed answer of each API beside OpenAI's.

const lines = (type, text) => (_, response) => response.writeHead(200, { 'content-type': type }).end(text);
const events = (...data) =>
  lines('text/event-stream', data.map((it) => `event: ${it.type}\ndata: ${JSON.stringify(it)}\n\n`).join(''));

export const STREAMS = {
  claude: events(
    { type: 'message_start', message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'c', content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 9, output_tokens: 1 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 5 } },
    { type: 'message_stop' },
  ),
  gemini: lines(
    'text/event-stream',
    `data: ${JSON.stringify({ candidates: [{ content: { role: 'model', parts: [{ text: 'Hello' }] }, finishReason: 'STOP', index: 0 }], usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 5, totalTokenCount: 14 }, modelVersion: 'g', responseId: 'r' })}\r\n\r\n`,
  ),
  ollama: lines(
    'application/x-ndjson',
    `${JSON.stringify({ model: 'o', created_at: '2026-11-23T10:00:00Z', message: { role: 'assistant', content: 'Hello' }, done: true, done_reason: 'stop', prompt_eval_count: 9, eval_count: 5 })}\n`,
  ),
};
