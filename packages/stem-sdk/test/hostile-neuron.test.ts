import { KV4_ERROR_CODES, Kv4Error, type JsonValue } from '@xir/kv4-core';
import { SDK_ERROR_CODES, SdkError, type StemClient } from '@xir/stem-sdk';
import { describe, expect, it } from 'vitest';
import { checkEvent, cut, EVENTS, mutatedJson, mutatedText, OPERATIONS, SENT_EVENTS, type Operation } from './hostile-answers.ts';
import { httpClient, socketClient, tcpClient, type Play, type Played, type PlayedOptions } from './played-neuron.ts';
import { SEED, SeededRandom } from './seeded-random.ts';

/** Rounds of each random test and carrier. */
const CASES = Number(process.env['XIR_TEST_CASES'] ?? 1500);

const byteText = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
const bulk = (text: string) => `$${Buffer.byteLength(text)}\r\n${byteText(text)}\r\n`;
const whole = (text: string): Played => ({ pieces: [text], ends: true });

/** How each carrier sends answers and events. Values may be anything. */
interface Carrier {
  readonly carrier: string;
  readonly client: (options: PlayedOptions) => StemClient;
  /** The text of an answer. */
  readonly answer: (operation: Operation, change: (value: JsonValue) => JsonValue, request: string) => string;
  readonly headers: (operation: Operation) => Record<string, string>;
  /** The text of a watch. */
  readonly events: (change: (value: JsonValue) => JsonValue, request: string) => string;
  /** Several messages in one text come one after the other. */
  readonly piecesOf: (text: string, random: SeededRandom) => string[];
}

const idOf = (request: string) => (JSON.parse(request) as { readonly id: number }).id;

const CARRIERS: readonly Carrier[] = [
  {
    carrier: 'HTTP',
    client: httpClient,
    answer: ({ http: { value, lines } }, change) => (lines === true ? (value as JsonValue[]).map((line) => `${JSON.stringify(change(line))}\n`).join('') : JSON.stringify(change({ v: value, s: 'ok' }))),
    headers: ({ http: { headers, lines } }) => ({ 'content-type': lines === true ? 'application/x-ndjson' : 'application/json', ...headers }),
    events: (change) => SENT_EVENTS.map(({ event, data }, index) => `id: p${index}\nevent: ${event}\ndata: ${JSON.stringify(change(data))}\n\n`).join(''),
    piecesOf: cut,
  },
  {
    carrier: 'a WebSocket',
    client: socketClient,
    answer: ({ result }, change, request) => JSON.stringify(change({ id: idOf(request), result })),
    headers: () => ({}),
    events: (change, request) => [{ id: idOf(request), result: { credit: 256 } }, ...EVENTS.map((event) => ({ watch: idOf(request), ...(event as object) }))].map((message) => JSON.stringify(change(message))).join('\n'),
    piecesOf: (text) => text.split('\n'),
  },
  {
    carrier: 'TCP',
    client: tcpClient,
    answer({ name, result }, change) {
      if (name === 'deletePath' || name === 'deleteSubtree') return ':3\r\n';
      const text = bulk(JSON.stringify(change(result)));
      return name === 'get' || name === 'at' ? `*1\r\n${text}` : text;
    },
    headers: () => ({}),
    events: (change) => `:1\r\n${EVENTS.map((event) => `>3\r\n${bulk('kv4.watch')}:1\r\n${bulk(JSON.stringify(change(event)))}`).join('')}`,
    piecesOf: cut,
  },
];

/** What came of a call: a value, or an error that has a code of KV4. Everything else is thrown. */
async function outcomeOf(work: Promise<unknown>): Promise<{ readonly value: unknown } | { readonly code: string }> {
  try {
    return { value: await work };
  } catch (error) {
    if (error instanceof SdkError && SDK_ERROR_CODES.includes(error.code)) return { code: error.code };
    if (!(error instanceof Kv4Error) || !KV4_ERROR_CODES.includes(error.code)) throw error;
    expect(`${error.message} ${JSON.stringify(error)}`).not.toContain('never shown');
    return { code: error.code };
  }
}

/** A round of a random test; a failure says how to come back to it. */
async function runRound(round: number, work: (random: SeededRandom) => Promise<void>): Promise<void> {
  const seed = SEED * 1_000_003 + round;
  try {
    await work(new SeededRandom(seed));
  } catch (error) {
    throw new Error(`round ${round}; again with XIR_TEST_SEED=${SEED} npx vitest run hostile-neuron`, { cause: error });
  }
}

/** Reads a watch until its connection ends, and is not let on to another. */
async function readWatch({ client }: Carrier, play: Play): Promise<void> {
  const leaving = new AbortController();
  let opened = 0;
  const once: Play = (request) => {
    opened += 1;
    if (opened > 1) leaving.abort();
    return play(request);
  };
  await using neuron = client({ play: once });
  for await (const event of neuron.watch({ type: 'path', address: neuron.path('/p') }, { signal: leaving.signal })) checkEvent(event);
}

describe.each(CARRIERS)('over $carrier, a neuron', (carrier) => {
  const { client, answer, headers, events, piecesOf } = carrier;
  const same = (value: JsonValue) => value;

  it.each(OPERATIONS)('control: that answers $name as neurons do is understood', async (operation) => {
    await using neuron = client({ play: (request) => ({ ...whole(answer(operation, same, request)), headers: headers(operation) }) });
    const outcome = await outcomeOf(operation.call(neuron));
    expect(outcome).toHaveProperty('value');
    operation.check((outcome as { value: unknown }).value);
  });

  it('control: whose watch tells what watches tell is understood', async () => {
    await using neuron = client({ play: (request) => ({ pieces: piecesOf(events(same, request), new SeededRandom(1)), ends: false, headers: { 'content-type': 'text/event-stream' } }) });
    const seen: string[] = [];
    for await (const event of neuron.watch({ type: 'path', address: neuron.path('/p') })) {
      checkEvent(event);
      if (seen.push(event.type) === 4) break;
    }
    expect(seen).toEqual(['put', 'delete', 'end-of-initial', 'reset']);
  });

  it('that answers with other parts than it should gives what the types promise, or an error with a code', async () => {
    const codes = new Set<string>();
    for (let round = 0; round < CASES; round += 1) {
      await runRound(round, async (random) => {
        const operation = OPERATIONS[random.below(OPERATIONS.length)] as Operation;
        const change = (value: JsonValue) => mutatedJson(value, random);
        await using neuron = client({ play: (request) => ({ pieces: piecesOf(answer(operation, change, request), random), ends: true, headers: headers(operation) }) });
        const outcome = await outcomeOf(operation.call(neuron));
        if ('value' in outcome) operation.check(outcome.value);
        else codes.add(outcome.code);
      });
    }
    expect(codes.size).toBeGreaterThan(1);
  });

  it('whose bytes are not what they should be likewise', async () => {
    const codes = new Set<string>();
    for (let round = 0; round < CASES; round += 1) {
      await runRound(round, async (random) => {
        const operation = OPERATIONS[random.below(OPERATIONS.length)] as Operation;
        const times = 1 + random.below(3);
        const play: Play = (request) => {
          let text = answer(operation, same, request);
          for (let time = 0; time < times; time += 1) text = mutatedText(text, random);
          return { pieces: piecesOf(text, random), ends: true, headers: headers(operation) };
        };
        await using neuron = client({ play });
        const outcome = await outcomeOf(operation.call(neuron));
        if ('value' in outcome) operation.check(outcome.value);
        else codes.add(outcome.code);
      });
    }
    expect(codes.size).toBeGreaterThan(1);
  });

  it('whose watch tells something else tells what the types promise, or ends with a code', async () => {
    for (let round = 0; round < CASES / 3; round += 1) {
      await runRound(round, async (random) => {
        const play: Play = (request) => {
          const text = random.below(2) === 0 ? events((value) => (random.below(3) === 0 ? mutatedJson(value, random) : value), request) : mutatedText(events(same, request), random);
          return { pieces: piecesOf(text, random), ends: true, headers: { 'content-type': 'text/event-stream' } };
        };
        await outcomeOf(readWatch(carrier, play));
      });
    }
    expect(SEED).toBeGreaterThan(0);
  });

  it('that never comes to an end is given up at the limit of an answer', async () => {
    let sent = 0;
    function* endless(start: string): Generator<string> {
      yield start;
      for (;;) {
        sent += 1024;
        yield 'x'.repeat(1024);
      }
    }
    const start = carrier.carrier === 'TCP' ? '*2\r\n$90000\r\n' : '{"v":"';
    const oneMessage = carrier.carrier === 'a WebSocket';
    await using neuron = client({
      maxAnswerBytes: 100_000,
      play: (request) => ({ pieces: oneMessage ? [`{"id":${idOf(request)},"result":"${'x'.repeat(100_001)}"}`] : endless(start), ends: false }),
    });
    expect(await outcomeOf(neuron.get(neuron.key('/p', 'k')))).toEqual({ code: 'KV4_UNAVAILABLE' });
    expect(sent).toBeLessThan(200_000);
  });

  it('that does not answer, or answers what nobody asked, is waited for no longer than allowed', async () => {
    const other = { HTTP: '', 'a WebSocket': '{"id":999999,"result":null}', TCP: '' }[carrier.carrier] as string;
    await using neuron = client({ requestTimeoutMs: 20, play: () => ({ pieces: [other], ends: false }) });
    expect(await outcomeOf(neuron.get(neuron.key('/p', 'k')))).toEqual({ code: 'KV4_UNAVAILABLE' });
    expect(await outcomeOf(neuron.put(neuron.key('/p', 'k'), 1))).toEqual({ code: 'KV4_OUTCOME_UNKNOWN' });
    if (carrier.carrier === 'HTTP') return;
    expect(await outcomeOf(neuron.watch({ type: 'path', address: neuron.path('/p') })[Symbol.asyncIterator]().next())).toEqual({ code: 'KV4_UNAVAILABLE' });
  });
});

it('a TCP answer is understood wherever it is cut in two', async () => {
  const carrier = CARRIERS[2] as Carrier;
  for (const operation of OPERATIONS) {
    const text = carrier.answer(operation, (value) => value, '');
    for (let at = 1; at < text.length; at += 1) {
      await using neuron = tcpClient({ play: () => ({ pieces: [text.slice(0, at), text.slice(at)], ends: true }) });
      operation.check(await operation.call(neuron));
    }
  }
  expect(OPERATIONS.length).toBeGreaterThan(10);
});

it.each([
  { carrier: 'a WebSocket', client: socketClient, event: (request: string) => JSON.stringify({ watch: idOf(request), ...(EVENTS[1] as object) }), answer: (request: string) => JSON.stringify({ id: idOf(request), result: {} }) },
  { carrier: 'TCP', client: tcpClient, event: () => `>3\r\n${bulk('kv4.watch')}:1\r\n${bulk(JSON.stringify(EVENTS[1]))}`, answer: () => ':1\r\n' },
  { carrier: 'TCP, before the watch was answered', client: tcpClient, event: () => `>3\r\n${bulk('kv4.watch')}:1\r\n${bulk(JSON.stringify(EVENTS[1]))}`, answer: () => '' },
])('a neuron that tells more than it was granted is given up, over $carrier', async ({ client, event, answer }) => {
  let sent = 0;
  function* endless(request: string): Generator<string> {
    const text = event(request);
    yield answer(request);
    for (; sent < 100_000; sent += 1) yield text;
  }
  const closing = new AbortController();
  let opened = 0;
  const play: Play = (request) => {
    opened += 1;
    if (opened > 1) closing.abort();
    return opened > 1 ? { pieces: [], ends: true } : { pieces: endless(request), ends: false };
  };
  await using neuron = client({ play });
  const watch = neuron.watch({ type: 'path', address: neuron.path('/p') }, { signal: closing.signal })[Symbol.asyncIterator]();
  // Asked for once, and then not any more: what comes has to wait.
  const first = outcomeOf(watch.next());
  await expect.poll(() => sent, { interval: 1 }).toBeGreaterThan(100);
  await first;
  for (let turn = 0; turn < 50; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
  expect(sent).toBeLessThan(5000);
  await watch.return?.();
});

it('a TCP neuron that answers what nobody asked is given up', async () => {
  let asked = 0;
  await using neuron = tcpClient({
    play: () => {
      asked += 1;
      return { pieces: asked === 1 ? ['*1\r\n_\r\n', '*1\r\n_\r\n'] : ['*1\r\n_\r\n'], ends: false };
    },
  });
  const key = neuron.key('/p', 'k');
  expect(await neuron.get(key)).toBeUndefined();
  await Promise.resolve();
  // On another connection, where answers and requests belong together.
  expect(await neuron.get(key)).toBeUndefined();
  expect(asked).toBe(2);
});

it('a value too deep for text is handed out and not kept by a cache', async () => {
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  const { result } = OPERATIONS[0] as Operation;
  await using neuron = tcpClient({ play: (request) => (request.includes('KV4.WATCH') ? { pieces: [':1\r\n'], ends: false } : { pieces: [`*1\r\n${bulk(JSON.stringify(result).replace('{"n":[1,"é"]}', deep))}`], ends: false }) });
  expect(await neuron.get(neuron.key('/p', 'k'))).toMatchObject({ author: 'a' });
});
