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

const PAGE = { url: 'https://w.example/ulm', title: 'Weather' };

/** A search of the web, and a text that cites a page which it found. */
export const SEARCHES = {
  claude: events(
    { type: 'message_start', message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'c', content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 9, output_tokens: 1 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} } },
    { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"query":"weather ulm"}' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'content_block_start', index: 1, content_block: { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [{ type: 'web_search_result', ...PAGE, encrypted_content: 'E', page_age: null }] } },
    { type: 'content_block_stop', index: 1 },
    { type: 'content_block_start', index: 2, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 2, delta: { type: 'text_delta', text: 'It rains.' } },
    { type: 'content_block_delta', index: 2, delta: { type: 'citations_delta', citation: { type: 'web_search_result_location', ...PAGE, encrypted_index: 'E', cited_text: 'Rain.' } } },
    { type: 'content_block_stop', index: 2 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 5 } },
    { type: 'message_stop' },
  ),
  gemini: lines(
    'text/event-stream',
    [
      { candidates: [{ content: { role: 'model', parts: [{ text: 'It rains.' }] }, index: 0 }], modelVersion: 'g', responseId: 'r' },
      { candidates: [{ finishReason: 'STOP', index: 0, groundingMetadata: {
        webSearchQueries: ['weather ulm'],
        groundingChunks: [{ web: { uri: PAGE.url, title: PAGE.title } }],
        groundingSupports: [{ segment: { endIndex: 9, text: 'It rains.' }, groundingChunkIndices: [0] }],
      } }], usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 5, totalTokenCount: 14 }, modelVersion: 'g', responseId: 'r' },
    ].map((it) => `data: ${JSON.stringify(it)}\r\n\r\n`).join(''),
  ),
};
