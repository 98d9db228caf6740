import { describe, expect, it } from 'vitest';

import { RespReplyWriter, type RespVersion } from '../../src/index.ts';

function written(version: RespVersion, write: (writer: RespReplyWriter) => void): string {
  const writer = new RespReplyWriter();
  writer.version = version;
  write(writer);
  return writer.take();
}

describe('the writer of replies', () => {
  it.each<[string, (writer: RespReplyWriter) => void, string, string]>([
    ['a line', (writer) => writer.simple('OK'), '+OK\r\n', '+OK\r\n'],
    ['an error, whose line ends and foreign letters are replaced', (writer) => writer.error('ERR a\r\nb ä'), '-ERR a b ?\r\n', '-ERR a b ?\r\n'],
    ['a small number', (writer) => writer.integer(7), ':7\r\n', ':7\r\n'],
    ['a negative number', (writer) => writer.integer(-7), ':-7\r\n', ':-7\r\n'],
    ['a number of 64 bits', (writer) => writer.integer(9_223_372_036_854_775_807n), ':9223372036854775807\r\n', ':9223372036854775807\r\n'],
    ['bytes', (writer) => writer.bulk('a\r\n\xff'), '$4\r\na\r\n\xff\r\n', '$4\r\na\r\n\xff\r\n'],
    ['many bytes', (writer) => writer.bulk('x'.repeat(2000)), `$2000\r\n${'x'.repeat(2000)}\r\n`, `$2000\r\n${'x'.repeat(2000)}\r\n`],
    ['nothing', (writer) => writer.nothing(), '$-1\r\n', '_\r\n'],
    ['no array', (writer) => writer.noArray(), '*-1\r\n', '_\r\n'],
    ['an array', (writer) => writer.array(2), '*2\r\n', '*2\r\n'],
    ['a map', (writer) => writer.map(2), '*4\r\n', '%2\r\n'],
    ['a set', (writer) => writer.set(2), '*2\r\n', '~2\r\n'],
    ['a push', (writer) => writer.push(2), '*2\r\n', '>2\r\n'],
    ['a number with a fraction', (writer) => writer.double(1.5), '$3\r\n1.5\r\n', ',1.5\r\n'],
    ['an infinite number', (writer) => writer.double(-Infinity), '$4\r\n-inf\r\n', ',-inf\r\n'],
    ['true', (writer) => writer.boolean(true), ':1\r\n', '#t\r\n'],
    ['false', (writer) => writer.boolean(false), ':0\r\n', '#f\r\n'],
    ['text for people', (writer) => writer.verbatim('hi'), '$2\r\nhi\r\n', '=6\r\ntxt:hi\r\n'],
  ])('writes %s', (_, write, second, third) => {
    expect(written(2, write)).toBe(second);
    expect(written(3, write)).toBe(third);
  });

  it('writes replies one behind the other, and gives them out once', () => {
    const writer = new RespReplyWriter();
    writer.simple('OK');
    writer.append(':1\r\n');
    expect(writer.length).toBe(9);
    expect(writer.take()).toBe('+OK\r\n:1\r\n');
    expect(writer.take()).toBe('');
  });
});
