import { describe, expect, it } from 'vitest';
import { EventStreamParser, MAX_EVENT_CHARACTERS, type ServerSentEvent } from '../src/event-stream.ts';

const stream = '\uFEFF: comment\r\nevent: put\r\ndata: {"a":\r\ndata: 1}\r\nid: 7\r\n\r\ndata:no space\n\ndata\rdata\r\revent: lost\n\nid: 8\ndata: é𝄞\n\ndata: never ended';
const expected: ServerSentEvent[] = [
  { event: 'put', data: '{"a":\n1}', id: '7' },
  { event: 'message', data: 'no space', id: '7' },
  { event: 'message', data: '\n', id: '7' },
  { event: 'message', data: 'é𝄞', id: '8' },
];

describe('the event stream parser', () => {
  it('reads events whole', () => {
    expect([...new EventStreamParser().read(stream)]).toEqual(expected);
  });

  it('reads the same events whatever the pieces are', () => {
    for (let size = 1; size <= stream.length; size += 1) {
      const parser = new EventStreamParser();
      const events: ServerSentEvent[] = [];
      for (let at = 0; at < stream.length; at += size) events.push(...parser.read(stream.slice(at, at + size)));
      expect(events, `pieces of ${size}`).toEqual(expected);
    }
  });

  it('ignores an id that holds NUL, and fields it does not know', () => {
    expect([...new EventStreamParser().read('id: a\0b\nretry: 5\nwhat: x\ndata: 1\n\n')]).toEqual([{ event: 'message', data: '1', id: '' }]);
  });

  it('refuses an event that is too long, in one line or in many', () => {
    const long = 'x'.repeat(MAX_EVENT_CHARACTERS + 1);
    const tooLong = expect.objectContaining({ code: 'SDK_BAD_RESPONSE' }) as unknown as Error;
    expect(() => [...new EventStreamParser().read(long)]).toThrow(tooLong);
    const parser = new EventStreamParser();
    const line = `data: ${'x'.repeat(MAX_EVENT_CHARACTERS / 4)}\n`;
    expect(() => [1, 2, 3, 4, 5].map(() => [...parser.read(line)])).toThrow(tooLong);
  });
});
