import { expect, it } from 'vitest';

import { NatsReader, publication, type NatsMessage } from '../src/load/nats-protocol.ts';

const HEADER = 'NATS/1.0\r\nNats-Sequence: 7\r\n\r\n';
const STREAM = [
  'INFO {"server_id":"A"}\r\n',
  'MSG a.b 1 5\r\none\r\n\r\n',
  'PING\r\n',
  `HMSG $KV.bench.k 2 _R ${HEADER.length} ${HEADER.length + 3}\r\n${HEADER}two\r\n`,
  'HMSG _INBOX.1 3 16 16\r\nNATS/1.0 503\r\n\r\n\r\n',
  '+OK\r\n',
].join('');

function read(pieces: readonly string[]): { readonly messages: readonly NatsMessage[]; readonly pings: number } {
  const reader = new NatsReader();
  const inputs = pieces.map((piece) => reader.push(piece));
  return { messages: inputs.flatMap(({ messages }) => messages), pings: inputs.reduce((sum, { pings }) => sum + pings, 0) };
}

it('reads the same from every cut in two of what a nats-server sends', () => {
  const whole = read([STREAM]);
  expect(whole).toEqual({
    pings: 1,
    messages: [
      { subject: 'a.b', subscription: 1, header: '', payload: 'one\r\n' },
      { subject: '$KV.bench.k', subscription: 2, header: HEADER, payload: 'two' },
      { subject: '_INBOX.1', subscription: 3, header: 'NATS/1.0 503\r\n\r\n', payload: '' },
    ],
  });
  for (let cut = 0; cut <= STREAM.length; cut += 1) expect(read([STREAM.slice(0, cut), STREAM.slice(cut)])).toEqual(whole);
});

it('fails on an error that the server tells', () => {
  expect(() => read(["-ERR 'Unknown Protocol Operation'\r\n"])).toThrow('Unknown Protocol Operation');
});

it('publishes with the length of the payload in bytes', () => {
  expect(publication('a', '_R', 'xyz')).toBe('PUB a _R 3\r\nxyz\r\n');
  expect(publication('a', '', 'xyz')).toBe('PUB a 3\r\nxyz\r\n');
});
