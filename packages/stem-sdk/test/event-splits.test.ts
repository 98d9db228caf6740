import { describe, expect, it } from 'vitest';

import { EventStreamParser, type ServerSentEvent } from '../src/event-stream.ts';

const PUT = 'id: 42-abc\nevent: put\ndata: {"w":"e","k":"é水💧","v":{"n":1}}\n\n';

/** Small streams that hold what a watch can bring, well-formed and not. Each is read in every way of cutting it in three. */
const CORPORA: Readonly<Record<string, string | Uint8Array>> = {
  'a watch of a neuron': `retry: 1000\n\n${PUT}: heartbeat age-ms=31\n\nid: 43\nevent: delete\ndata: {}\n\nevent: end-of-initial\ndata: {}\n\n`,
  'carriage returns with line feeds': `\u{FEFF}${PUT.replaceAll('\n', '\r\n')}: x\r\n\r\nid: 2\r\ndata: a\r\ndata: b\r\n\r\n`,
  'carriage returns alone': `${PUT.replaceAll('\n', '\r')}\rid: 2\rdata: a\r\rdata: b\r\r`,
  'ends of lines of every kind, one after the other': 'data: a\r\n\ndata: b\n\r\n\rdata: c\r\r\ndata: d\n\rdata: e\r\n\r\ndata: f\r\n\r\n\n\r\r\n',
  'byte order marks': '\u{FEFF}\u{FEFF}data: a\n\n\u{FEFF}data: b\n\ndata: \u{FEFF}c\n\n',
  'broken UTF-8': Uint8Array.from([...Buffer.from('data: '), 0xff, 0xc3, 0xf0, 0x9f, 0x92, 0x0a, ...Buffer.from('data: '), 0xed, 0xa0, 0x80, 0x0a, 0x0a, ...Buffer.from(PUT), 0xe6]),
  'fields without values, colons and blanks': 'data\ndata:\ndata: \ndata:  x\n:\n: data: no\nevent\nid\nid:1:2\nevent:a:b\ndata: y\n\nwhat: x\nDATA: no\n data: no\ndata : no\n\n',
  'NUL in ids and data, and ids that stay': 'id: a\0b\ndata: 1\n\nid: 7\n\ndata: 2\n\nid\ndata: \0\n\nretry: 5\ndata: 3\n\n',
  'events without data, and one that is never ended': 'event: lost\n\nid: 8\n\ndata: é𝄞\n\nevent: x\ndata: never ended\nid: 9',
  'a line longer than allowed': `data: before\n\ndata: ${'y'.repeat(80)}\n\n`,
  'data longer than allowed, in lines that are not': `data: before\n\n${`data: ${'y'.repeat(30)}\n`.repeat(3)}\ndata: after\n\n`,
  'a comment longer than allowed': `data: before\n\n:${'y'.repeat(80)}\ndata: after\n\n`,
  'lines of exactly the length that is allowed': `data: ${'y'.repeat(58)}\n:${'y'.repeat(63)}\n\n`,
};

/** Below some lines of the corpora. */
const MAX_CHARACTERS = 64;

/** Everything that a consumer learns: the events, and whether the stream was refused. */
function read(pieces: readonly Uint8Array[]): string {
  const parser = new EventStreamParser(MAX_CHARACTERS);
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const events: ServerSentEvent[] = [];
  try {
    for (const piece of pieces) for (const event of parser.read(decoder.decode(piece, { stream: true }))) events.push(event);
  } catch (error) {
    return JSON.stringify([events, (error as { code?: string }).code]);
  }
  return JSON.stringify([events]);
}

/** The events of a stream that is held whole, line by line as the standard has it: what the parser is measured by. */
function readWhole(bytes: Uint8Array): string {
  const events: ServerSentEvent[] = [];
  let [event, id, data] = ['', '', [] as string[]];
  const lines = new TextDecoder().decode(bytes).split(/\r\n|\n|\r/).slice(0, -1);
  for (const line of lines) {
    const [, field = '', value = ''] = /^([^:]*)(?:: ?([^]*))?$/.exec(line) ?? [];
    if (line === '') {
      if (data.length > 0) events.push({ event: event || 'message', data: data.join('\n'), id });
      [event, data] = ['', []];
    } else if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
    else if (field === 'id' && !value.includes('\0')) id = value;
  }
  return JSON.stringify([events]);
}

/** The bytes cut at places, each piece with memory of its own, as a socket hands them over. */
function cut(bytes: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const edges = [0, ...places, bytes.length];
  return edges.slice(1).map((edge, index) => bytes.slice(edges[index], edge));
}

describe('EventStreamParser however its bytes are cut', () => {
  it.each(Object.entries(CORPORA))('reads the same from every cut in two and in three, and byte by byte: %s', (name, corpus) => {
    const bytes = Uint8Array.from(Buffer.from(corpus as string));
    const whole = read([bytes]);
    if (!name.includes('longer than allowed')) expect(whole).toBe(readWhole(bytes));
    expect(read([...bytes].map((byte) => Uint8Array.of(byte)))).toBe(whole);
    const differing: (readonly number[])[] = [];
    for (let first = 0; first <= bytes.length; first += 1) {
      for (let second = first; second <= bytes.length; second += 1) if (read(cut(bytes, [first, second])) !== whole) differing.push([first, second]);
    }
    expect(differing.slice(0, 3)).toEqual([]);
  });

  it('refuses what is longer than allowed behind the events before it, and nothing else', () => {
    const refused = Object.entries(CORPORA).filter(([, corpus]) => read([Uint8Array.from(Buffer.from(corpus as string))]).endsWith('"SDK_BAD_RESPONSE"]'));
    expect(refused.map(([name]) => name)).toEqual(Object.keys(CORPORA).filter((name) => name.includes('longer than allowed')));
    for (const [, corpus] of refused) expect(read([Uint8Array.from(Buffer.from(corpus as string))])).toContain('"before"');
  });
});
