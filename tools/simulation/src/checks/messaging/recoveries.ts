import type { ConnectionHistory, HandedOver, KeptMessage } from '../../messaging/messaging-history.ts';
import type { MessagingFacts } from './judge-messaging.ts';

/** Versions whose message came earlier with the same id: they are told once. */
function repetitions(kept: readonly KeptMessage[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { version, sender, id } of kept) {
    if (id === undefined) continue;
    const name = `${sender} ${id}`;
    if (seen.has(name)) repeated.add(version);
    seen.add(name);
  }
  return repeated;
}

/** Who is told that it was handed everything was: all between its position and that of its neuron, in order, each once. */
export function recoveredWhole({ history }: MessagingFacts): string[] {
  return history.connections.flatMap((connection) => {
    const { number, since, recovery, handed, path } = connection;
    if (since === undefined || recovery?.recovered !== true) return [];
    const kept = history.kept.get(path) ?? [];
    const repeated = repetitions(kept);
    const had = new Set(handed.map(({ position, type }) => (type === 'recovered' ? undefined : position)));
    const missing = kept.filter(({ version }) => since !== '' && version > since && version <= (recovery.position ?? '') && !repeated.has(version) && !had.has(version));
    const found = missing.map(({ version }) => `c${number} was told that it has everything since ${since}, and was never handed ${version}`);
    return [...found, ...again(connection, since)];
  });
}

/** What was handed though it is not above what was known. */
function again({ number, handed }: ConnectionHistory, since: string): string[] {
  let known = since;
  return handed.flatMap(({ type, position }) => {
    if (position === undefined || type === 'recovered') return [];
    if (position <= known) return [`c${number} was handed ${position} though it had everything up to ${known}`];
    known = position;
    return [];
  });
}

/** Positions grow, and where a message names the one before it there is none between them; what came last is what the channel keeps last. */
export function positionsChain({ history }: MessagingFacts): string[] {
  return history.connections.flatMap((connection) => {
    const kept = history.kept.get(connection.path);
    if (kept === undefined) return [];
    const repeated = repetitions(kept);
    const written = connection.handed.filter(({ writtenOrder }) => writtenOrder !== undefined);
    return chainOf(connection, written, kept.filter(({ version }) => !repeated.has(version)));
  });
}

function chainOf({ number, since, ended, handed, recovery: recovered }: ConnectionHistory, written: readonly HandedOver[], kept: readonly KeptMessage[]): string[] {
  const found: string[] = [];
  // Who is told that it may have missed something begins anew.
  let known = since === '' || recovered?.recovered === false ? undefined : since;
  const between = (from: string, to: string): readonly KeptMessage[] => kept.filter(({ version }) => version > from && version < to);
  for (const { type, position, previous, recovery } of written) {
    if (type === 'recovered') {
      if (recovery !== undefined && position !== undefined && (known === undefined || position > known)) known = position;
      continue;
    }
    if (position === undefined) continue;
    if (known !== undefined && position <= known) found.push(`c${number} was given ${position} behind ${known}`);
    else if (known !== undefined && previous === known) for (const { version } of between(known, position)) found.push(`c${number} was given ${position} as the next behind ${known}, and there is ${version} between them`);
    known = position;
  }
  // What was dropped of a slow reader's last messages shows with the next.
  const had = new Set(handed.map(({ position }) => position));
  if (ended === undefined && known !== undefined) for (const { version } of kept.filter((each) => each.version > (known as string) && !had.has(each.version))) found.push(`c${number} was never given ${version}, behind ${known}`);
  return found;
}
