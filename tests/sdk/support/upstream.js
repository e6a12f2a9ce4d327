// A provider that answers what a test told it to and keeps what it was asked.

import { once } from 'node:events';
import { createServer } from 'node:http';

import { within } from './within.js';

export async function startUpstream() {
  const upstream = new Upstream();
  await upstream.listen();
  return upstream;
}

class Upstream {
  #server = createServer((request, response) => this.#serve(request, response));
  #replies = [];
  #requests = [];

  async listen() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `http://127.0.0.1:${this.#server.address().port}/v1`;
  }

  /** The next requests are answered with these replies (see replies.js), one each. */
  willAnswer(...replies) {
    this.#replies.push(...replies);
  }

  /** The requests since the last time: `{method, path, headers, text}`. */
  takeRequests() {
    return this.#requests.splice(0);
  }

  /** The only request since the last time. */
  takeRequest() {
    const requests = this.takeRequests();
    if (requests.length !== 1) throw new Error(`the upstream got ${requests.length} requests, not one`);
    return requests[0];
  }

  /** What an earlier test has left behind is gone. */
  forget() {
    this.#replies = [];
    this.#requests = [];
  }

  async close() {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await within(2_000, 'the upstream closes', closed);
  }

  async #serve(request, response) {
    const parts = [];
    for await (const part of request) parts.push(part);
    const text = Buffer.concat(parts).toString();
    this.#requests.push({ method: request.method, path: request.url, headers: request.headers, text });
    const reply = this.#replies.shift();
    if (reply) return reply(request, response);
    response.writeHead(500).end('the upstream was not told what to answer');
  }
}
