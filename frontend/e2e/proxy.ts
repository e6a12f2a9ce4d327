import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A reverse proxy that has the router below a path, beside things of its own. */
export class ReverseProxy {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://localhost:${(server.address() as AddressInfo).port}`;
  }

  /** `isStripped`: whether it takes the path away, as nginx does for a `proxy_pass` that ends with a slash. */
  static async start(to: string, path: string, isStripped: boolean): Promise<ReverseProxy> {
    const server = createServer((incoming, answer) => {
      const asked = incoming.url ?? '/';
      if (!asked.startsWith(path)) {
        answer.writeHead(404).end('not the router');
        return;
      }
      const target = isStripped ? `/${asked.slice(path.length)}` : asked;
      const { method, headers } = incoming;
      const forwarded = { ...headers, 'x-forwarded-for': '9.9.9.9' };
      const outgoing = request(`${to}${target}`, { method, headers: forwarded }, (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      });
      outgoing.on('error', () => answer.destroy());
      answer.on('close', () => outgoing.destroy());
      incoming.pipe(outgoing);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ReverseProxy(server);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
