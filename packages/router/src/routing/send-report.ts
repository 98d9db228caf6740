import type { LinkOutcome } from '../link.ts';
import type { NeuronAnswer } from './dispatch.ts';
import type { SendReport } from './message.ts';

/** Who was to be there is not: an answer of its own for messages to users. Pure. */
export function absentIfNone(answer: NeuronAnswer): NeuronAnswer {
  return answer.failure === undefined && answer.reached === 0 ? { ...answer, failure: 'absent' } : answer;
}

/** Why a neuron was not reached. Pure. */
export function reasonOf(outcome: LinkOutcome): 'unreachable' | 'unknown' {
  return outcome === 'undelivered' ? 'unreachable' : 'unknown';
}

/** What becomes of a message, of what the neurons answer. Pure. */
export function reportOf(answers: readonly NeuronAnswer[]): SendReport {
  let reached = 0;
  let written = 0;
  const undelivered: SendReport['undelivered'][number][] = [];
  for (const answer of answers) {
    reached += answer.reached;
    written += answer.written;
    if (answer.failure !== undefined) undelivered.push(answer.neuron === '' ? { reason: answer.failure } : { reason: answer.failure, neuron: answer.neuron });
  }
  return { reached, written, undelivered };
}
