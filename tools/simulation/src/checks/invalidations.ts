import type { StaleAnswer } from '../faces/held-answer.ts';
import type { Violation } from '../world/history.ts';
import type { Facts } from './facts.ts';

/** Clocks tell whole milliseconds: a value expires for readers up to so long before a timer can have run, in milliseconds. */
const TIMER_MS = 1;

/**
 * Whether an answer was held when its neuron had shown something else to others already: what changes is told no later than in the turn of the event loop in which it can be
 * read. What expires is told by a timer, which a host's clock that is set anew overtakes.
 */
function wasLate(facts: Facts, { expires, held, shown, fromMs, untilMs }: StaleAnswer): boolean {
  if (isOfAClockSetAnew(facts, { expires, held, shown })) return false;
  return untilMs - fromMs > (expires && shown === null ? TIMER_MS : 0);
}

/** Whether a value expired for one and not for the other since the host's clock was set. */
function isOfAClockSetAnew({ recorder }: Facts, { expires, held, shown }: Pick<StaleAnswer, 'expires' | 'held' | 'shown'>): boolean {
  return expires && (held === null || shown === null) && recorder.faults.has('clock-step');
}

/** A client-side cache is told of what changes no later than other connections of its neuron can be answered with it, and holds nothing in the end that has changed. */
export function noMissedInvalidation(facts: Facts): Violation[] {
  const { staleAnswers, answersAtEnd } = facts.recorder;
  const late = staleAnswers
    .filter((answer) => wasLate(facts, answer))
    .map(({ client, request, key, held, shown, fromMs, untilMs }) => `${client} held ${request} with ${key} as ${held ?? 'nothing'} from ${fromMs.toFixed(1)} to ${untilMs.toFixed(1)}, while its neuron showed ${shown ?? 'nothing'}`);
  const kept = answersAtEnd.filter(({ expires, held, stored }) => held !== stored && !isOfAClockSetAnew(facts, { expires, held, shown: stored })).map(({ client, request, key, held, stored }) => `${client} still holds ${request} with ${key} as ${held ?? 'nothing'}; the database has ${stored ?? 'nothing'}`);
  return [...late, ...kept].map((what) => ({ check: 'no-missed-invalidation', what }));
}
