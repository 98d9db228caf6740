import { request as httpRequest } from 'node:http';

import { basic, type Neuron } from './neuron-fixture.ts';

/** A server-sent event, or a comment. */
export interface SentEvent {
  readonly id?: string;
  readonly event?: string;
  readonly data?: any;
  readonly comment?: string;
}

/** An open watch. */
export interface EventStream extends Disposable {
  /** The next event; `undefined` when the stream has ended. Comments are passed over unless asked for. */
  next(comments?: boolean): Promise<SentEvent | undefined>;
}

export async function openEvents({ server }: Neuron, path: string, headers: Record<string, string> = {}): Promise<EventStream> {
  const request = httpRequest({ host: server.host, port: server.port, path, agent: false, headers: { authorization: basic('elena:elenas'), ...headers } });
  const events = readEvents(
    await new Promise((resolve, reject) => {
      request.once('error', reject);
      request.once('response', resolve);
      request.end();
    }),
  );
  return {
    async next(comments = false) {
      for (;;) {
        const { value, done } = await events.next();
        if (done === true) return undefined;
        if (comments || value.comment === undefined) return value;
      }
    },
    [Symbol.dispose]() {
      request.destroy();
    },
  };
}

async function* readEvents(response: AsyncIterable<Buffer>): AsyncGenerator<SentEvent, undefined> {
  let text = '';
  try {
    for await (const chunk of response) {
      text += chunk.toString('utf8');
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const event = parseEvent(text.slice(0, end));
        text = text.slice(end + 2);
        if (event !== undefined) yield event;
      }
    }
  } catch {
    // The server has cut the stream off: that is its end.
  }
  return undefined;
}

function parseEvent(text: string): SentEvent | undefined {
  if (text.startsWith(':')) return { comment: text.slice(1).trim() };
  const fields = Object.fromEntries(text.split('\n').map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]));
  if (fields['event'] === undefined) return undefined;
  return { ...(fields['id'] === undefined ? {} : { id: fields['id'] }), event: fields['event'], data: JSON.parse(fields['data'] ?? 'null') };
}
