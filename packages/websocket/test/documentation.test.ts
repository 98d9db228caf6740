import { readFileSync } from 'node:fs';

import { webSocketMessageSchema } from '@xir/protocol';
import { expect, it } from 'vitest';

import { SocketClient } from './socket-client.ts';
import { openFixture } from './socket-fixture.ts';

const PAGE = new URL('../../../docs/websocket.md', import.meta.url);

type Message = Record<string, unknown>;

/** The conversation of the page: what is sent, and what is answered, `…` left out. */
function conversation(): Array<{ readonly sent: boolean; readonly text: string }> {
  return readFileSync(PAGE, 'utf8')
    .split('\n')
    .filter((line) => /^[→←] \{/.test(line))
    .map((line) => ({ sent: line.startsWith('→'), text: line.slice(2) }));
}

/** The fields of an answer and of what is in it, in their order. */
function shapeOf(message: unknown): unknown {
  if (typeof message !== 'object' || message === null) return typeof message;
  return Object.entries(message).map(([name, value]) => [name, shapeOf(value)]);
}

it('D1 the conversation of docs/websocket.md is what a neuron answers, field by field', async () => {
  await using fixture = await openFixture();
  const client = new SocketClient(fixture.server.url);
  await client.opened;
  let answered = 0;
  const lines = conversation();
  expect(lines.length).toBeGreaterThan(8);
  for (const { sent, text } of lines) {
    if (sent) {
      const message = JSON.parse(text) as Message;
      if (message['id'] === undefined) client.socket.send(text);
      else await client.answer(message['id'] as number, String(message['op']), () => client.socket.send(text));
      continue;
    }
    while (client.texts.length <= answered) await client.event();
    const told = JSON.parse(client.texts[answered] ?? '') as Message;
    answered += 1;
    webSocketMessageSchema.parse(told);
    if (text.includes(',…')) expect(Object.keys(told)).toEqual(Object.keys(JSON.parse(text.replaceAll(',…', '')) as Message));
    else expect(shapeOf(told)).toEqual(shapeOf(JSON.parse(text)));
  }
  client.close();
});
