import { neuronPair } from '../load/peer-pair.ts';
import type { MeasureContext, ResultRow, ResultTable } from '../measure.ts';
import { cpuSecondsOf } from '../process-cpu.ts';
import { startNeuron, type NeuronProcess } from '../servers/neuron.ts';
import { percentile } from '../statistics.ts';
import { judge } from '../target.ts';
import { pause } from './sightings.ts';

const SIZES = [1, 4, 8];
const MESSAGES_A_ROUND = 400;
const SETTLE_MS = 3000;
/** A peer may send 1,000 messages a second: so many, then a moment without. */
const BURST = 8;
const BREATH_MS = 10;

interface Seen {
  readonly neurons: number;
  readonly p50Ms: number;
  /** CPU of the sender's and the receiver's neurons for a message. */
  readonly cpuMicros: number;
  /** Messages that came to the others over links. */
  readonly heardElsewhere: number;
}

/** What a message to a channel costs where there are more neurons, of which one has a listener. */
export async function growthInMessageNeurons(context: MeasureContext): Promise<ResultTable> {
  const neurons: NeuronProcess[] = [];
  const seen: Seen[] = [];
  try {
    for (const size of SIZES) {
      for (let n = neurons.length; n < size; n += 1) neurons.push(await startNeuron({ name: `benchn${n}`, ...(n === 0 ? {} : { couchdbUrl: neurons[0]?.databaseUrl as string }) }));
      context.progress(`messages at ${size} neurons`);
      await pause(SETTLE_MS);
      seen.push(await at(neurons, context.rounds * MESSAGES_A_ROUND));
    }
  } finally {
    for (const neuron of neurons.reverse()) await neuron[Symbol.asyncDispose]();
  }
  const [alone] = seen;
  const rows: ResultRow[] = seen.flatMap((one) => [
    { measure: `${one.neurons} neurons: p50, ms; CPU of the neurons of sender and receiver, µs`, ours: textOf(one), peer: textOf(alone), ratio: `${(one.cpuMicros / (alone?.cpuMicros ?? Number.NaN)).toFixed(2)} × CPU` },
    ...(one.neurons > 2 ? [{ measure: `${one.neurons} neurons: messages that the ${one.neurons - 2} others heard of`, ours: String(one.heardElsewhere), peer: '', ratio: 'none is to', verdict: judge(one.heardElsewhere, { atMost: 0, unit: '' }) }] : []),
  ]);
  return {
    title: 'As it grows: a message to a channel by the number of neurons',
    method: `${context.rounds * MESSAGES_A_ROUND} messages to everybody on a channel, one at a time, from a peer on the first neuron to the one other peer, on the last. All neurons share two cores; at one, both peers are on it. What the others hear is counted by their own metrics (\`xir_link_messages_total\`).`,
    oursName: 'this many neurons',
    peerName: '1 neuron',
    rows,
  };
}

function textOf(seen: Seen | undefined): string {
  return seen === undefined ? '' : `${seen.p50Ms.toFixed(3)}; ${seen.cpuMicros.toFixed(0)}`;
}

async function at(neurons: readonly NeuronProcess[], count: number): Promise<Seen> {
  const [first, last] = [neurons[0] as NeuronProcess, neurons.at(-1) as NeuronProcess];
  const touched = [...new Set([first, last])];
  const others = neurons.slice(1, -1);
  using pair = await neuronPair(first, last, 'all');
  const sendTimed = async (label: string, n: number): Promise<number> => {
    if (n % BURST === BURST - 1) await pause(BREATH_MS);
    return pair.send(`[[${label} ${n}]]`);
  };
  for (let n = 0; n < MESSAGES_A_ROUND; n += 1) await sendTimed('warm', n);
  const cpu = () => touched.reduce((sum, { pid }) => sum + cpuSecondsOf(pid), 0);
  const heard = async () => (await Promise.all(others.map(heardOverLinks))).reduce((sum, messages) => sum + messages, 0);
  const [heardBefore, cpuBefore] = [await heard(), cpu()];
  const times: number[] = [];
  for (let n = 0; n < count; n += 1) times.push(await sendTimed('timed', n));
  const cpuMicros = ((cpu() - cpuBefore) / count) * 1e6;
  return { neurons: neurons.length, p50Ms: percentile(times.sort((left, right) => left - right), 0.5), cpuMicros, heardElsewhere: (await heard()) - heardBefore };
}

/** Messages that a neuron was sent by others. */
async function heardOverLinks({ operationsPort }: NeuronProcess): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${operationsPort}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith('xir_link_messages_total{') && each.includes('direction="in"'));
  if (line === undefined) throw new Error('a neuron does not tell how many messages it was sent');
  return Number(line.split(' ').at(-1));
}
