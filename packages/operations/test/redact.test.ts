import { describe, expect, it } from 'vitest';
import { createLogger, MAX_LOG_STRING_LENGTH, REDACTED, redactText, redactValue } from '@xir/operations';

describe('redaction', () => {
  it.each([
    ['credentials in a URL', 'cannot reach http://admin:hunter2@db:5984/xir', 'cannot reach http://[redacted]@db:5984/xir'],
    ['a password that holds an at sign', 'http://admin:hunter2@x@db/', 'http://[redacted]@db/'],
    ['a Basic header', 'sent Authorization: Basic YWRtaW46aHVudGVyMg==', 'sent Authorization: Basic [redacted]'],
    ['a bearer token', 'Bearer eyJhbGciOi.J9.abc', 'Bearer [redacted]'],
    ['a secret query parameter', '/x?secret=hunter2&a=1', '/x?secret=[redacted]&a=1'],
  ])('takes %s out of text', (_, text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  it('leaves an address and a mail address alone', () => {
    expect(redactText('http://127.0.0.1:4006/_data/a?k=b is served for a@b.example')).toBe('http://127.0.0.1:4006/_data/a?k=b is served for a@b.example');
  });

  it('replaces secret fields at every depth, however they are spelled', () => {
    const value = { headers: { Authorization: 'Basic x', 'Set-Cookie': ['a'] }, list: [{ systemSecret: 's', tls_key: 'k', name: 'n' }] };
    expect(redactValue(value)).toEqual({
      headers: { Authorization: REDACTED, 'Set-Cookie': REDACTED },
      list: [{ systemSecret: REDACTED, tls_key: REDACTED, name: 'n' }],
    });
  });

  it('makes errors and their causes plain and clean', () => {
    const error = new Error('no answer from http://a:hunter2@db/', { cause: new Error('Basic YWRtaW46aHVudGVyMg==') });
    const text = JSON.stringify(redactValue({ error }));
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain('YWRtaW46');
    expect(text).toContain('no answer from');
  });

  it('bounds what is logged: long strings and cycles are cut off', () => {
    const cycle: Record<string, unknown> = { text: 'x'.repeat(MAX_LOG_STRING_LENGTH + 100) };
    cycle.self = cycle;
    const text = JSON.stringify(redactValue(cycle));
    expect(text.length).toBeLessThan(10 * MAX_LOG_STRING_LENGTH);
    expect(text).toContain('[too deep]');
  });
});

describe('the log', () => {
  it('writes one JSON object a line, with the level as a word, without secrets', () => {
    const lines: string[] = [];
    const logger = createLogger({ level: 'info', fields: { neuron: 'n1' }, destination: { write: (line) => void lines.push(line) } });
    logger.debug({}, 'not written');
    logger.child({ part: 'rest' }).warn({ password: 'hunter2', url: 'http://a:hunter2@h/' }, 'refused http://a:hunter2@h/');
    expect(lines).toHaveLength(1);
    const line: unknown = JSON.parse(lines[0] ?? '');
    expect(line).toMatchObject({ level: 'warn', neuron: 'n1', part: 'rest', password: REDACTED, msg: 'refused http://[redacted]@h/' });
    expect(lines[0]).not.toContain('hunter2');
  });
});
