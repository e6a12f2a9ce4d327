// What the scripted upstream can answer.

/** An answer as a whole: a value, or text that goes out as it stands. */
export function whole(answer) {
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
  return (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(text);
}

/** A stream of these chunks and its `[DONE]`. */
export function stream(chunks) {
  return (_, response) => {
    begin(response);
    for (const chunk of chunks) response.write(frame(chunk));
    response.end('data: [DONE]\n\n');
  };
}

/** A stream that breaks off behind these chunks, without a word; text goes out as it stands. */
export function cutStream(chunks) {
  return (_, response) => {
    begin(response);
    response.write(chunks.map(frame).join(''), () => response.destroy());
  };
}

/** An error as OpenAI writes it. */
export function failure(status, message) {
  const body = { error: { message, type: 'upstream_error', param: null, code: null } };
  return (_, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** A reply whose parts the test sends when it likes, and which tells when the other side is gone. */
export function byHand() {
  const asked = withResolver();
  const left = withResolver();
  let response;
  const reply = (_, given) => {
    response = given;
    response.on('close', left.resolve);
    asked.resolve();
  };
  return Object.assign(reply, {
    /** The request is there. */
    asked: asked.promise,
    /** The connection is closed. */
    left: left.promise,
    begin: () => begin(response),
    send: (chunk) => response.write(frame(chunk)),
    done: () => response.end('data: [DONE]\n\n'),
  });
}

function begin(response) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
}

function frame(chunk) {
  return typeof chunk === 'string' ? chunk : `data: ${JSON.stringify(chunk)}\n\n`;
}

function withResolver() {
  let resolve;
  const promise = new Promise((found) => {
    resolve = found;
  });
  return { promise, resolve };
}
