import type { TidyHistory } from '../../messaging/messaging-history.ts';
import type { MessagingFacts } from './judge-messaging.ts';

/** Milliseconds for which a neuron may serve in a life that is another's by now, while nothing keeps it from noticing. */
const NOTICE_MS = 4_000;
/** Faults that keep a neuron from noticing, or a janitor from being seen. */
const HINDERING = ['half-open', 'slow', 'jitter', 'connection-refused', 'lost-before', 'lost-after', 'busy', 'feed-held'];

/** The peers of a killed process are listed by nobody any more within the bound, where nothing else was wrong. */
export function deadGoneInTime({ history }: MessagingFacts): string[] {
  return history.deaths.flatMap(({ process, ghosts }) => ghosts.map((ghost) => `${ghost}, whose process ${process} was killed 5 s before`));
}

/** A neuron that was given up serves only under a new life. */
export function wokenInNewLife({ history, faults }: MessagingFacts): string[] {
  const isHindered = HINDERING.some((kind) => faults.has(kind));
  return history.staleServices.filter(({ forMs }) => !isHindered && forMs > NOTICE_MS).map(({ process, life, forMs }) => `${process} has served as ${life.incarnation} for ${Math.round(forMs)} ms though its lease is taken`);
}

/** One neuron cleans up behind a life, where none is taken for dead. */
export function oneJanitor({ history, faults }: MessagingFacts): string[] {
  // One that stands still, is cut off or does not get through is taken for dead, or too long about it, and another goes on.
  if (['neuron-frozen', 'neuron-killed', 'host-gone', 'neuron-cut-off', 'link-cut', 'link-one-way', ...HINDERING].some((kind) => (faults.get(kind) ?? 0) > (kind === 'neuron-killed' || kind === 'host-gone' ? 1 : 0))) return [];
  // Who leaves in good order cleans up behind itself, and whoever sees it leave may help.
  const janitors = history.tidied.filter(({ janitor, dead }) => !janitor.startsWith(`${dead.neuron}.`));
  return janitors.flatMap((one, index) =>
    janitors.slice(index + 1).filter((other) => other.janitor !== one.janitor && isSame(other, one)).map((other) => `${one.janitor} and ${other.janitor} clean up behind ${one.dead.neuron} ${one.dead.incarnation}`),
  );
}

function isSame({ dead: one }: TidyHistory, { dead: other }: TidyHistory): boolean {
  return one.neuron === other.neuron && one.incarnation === other.incarnation;
}
