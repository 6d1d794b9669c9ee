import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { rm } from 'node:fs/promises';

/** What an HTTP client may ask. */
export interface Answers {
  readonly metrics: () => Promise<string>;
  /** Whether the startup-config is in force as it stands in the config directory. */
  readonly ready: () => boolean;
}

/** `HOST:PORT`, `[V6]:PORT` or `unix:/PATH`; undefined for anything else. A host is an address of this machine's own. */
export type ListenAddress = { readonly host: string; readonly port: number } | { readonly path: string };

export function parseListen(text: string): ListenAddress | undefined {
  if (text.startsWith('unix:/')) return { path: text.slice('unix:'.length) };
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([0-9.]+|localhost)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  return host === undefined || port > 65_535 ? undefined : { host, port };
}

/** Serves `/metrics`, `/healthz` and `/readyz`. Rejects when the address cannot be had. */
export async function listen(address: ListenAddress, answers: Answers): Promise<Server> {
  const server = createServer((request, response) => {
    const answer = (status: number, text: string, type = 'text/plain; charset=utf-8'): void => {
      response.writeHead(status, { 'content-type': type }).end(text);
    };
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      answer(405, 'method not allowed\n');
      return;
    }
    switch (request.url ?? '') {
      case '/metrics':
        answers.metrics().then(
          text => {
            answer(200, text, 'text/plain; version=0.0.4; charset=utf-8');
          },
          () => {
            answer(500, 'the metrics cannot be collected\n');
          },
        );
        break;
      case '/healthz':
        answer(200, 'ok\n');
        break;
      case '/readyz':
        if (answers.ready()) answer(200, 'ready\n');
        else answer(503, 'not ready: see routerctl status\n');
        break;
      default:
        answer(404, 'try /metrics, /healthz or /readyz\n');
    }
  });
  // A socket that an earlier run left behind would be in the way.
  if ('path' in address) await rm(address.path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.unref();
  return server;
}
