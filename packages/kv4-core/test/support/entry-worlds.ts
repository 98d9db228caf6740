import { COMMITS, History } from './entry-history.ts';
import { EntryWorld, type WorldOptions } from './entry-world.ts';

/** What each of the explored worlds can do. Their product is explored less deep. */
export const WORLDS = {
  'one replica': { commits: ['write', 'gone', 'remove', 'erase', 'rewrite'], maxCommits: 5, lagging: false, writes: true, documents: [true, false] },
  conflicts: { commits: ['write', 'remove', 'erase', 'conflict that wins', 'conflict that loses', 'write to the loser', 'unite'], maxCommits: 5, lagging: false, writes: true, documents: [true] },
  'purges and re-creation': { commits: ['write', 'remove', 'purge', 'purge of the leaf', 'recreate'], maxCommits: 5, lagging: false, writes: true, documents: [true] },
  'a replica that lags': { commits: ['write', 'remove', 'rewrite'], maxCommits: 5, lagging: true, writes: true, documents: [true, false] },
  'replicas with a leaf each': { commits: ['write', 'conflict that loses'], maxCommits: 4, lagging: false, writes: false, documents: [true], singleLeaves: true },
  everything: { commits: COMMITS, maxCommits: 5, lagging: false, writes: true, documents: [true, false] },
} as const satisfies Record<string, Omit<WorldOptions, 'step'>>;

/** One of {@link WORLDS}. */
export type WorldName = keyof typeof WORLDS;

/** Where an exploration begins: an empty database of which nothing is known, and a document of two revisions that is cached. */
export function startsOf(options: WorldOptions): readonly EntryWorld[] {
  const empty = new History(undefined, 'start', []);
  const present = new EntryWorld(options, empty);
  present.commit('write');
  present.commit('write');
  Object.assign(present, { fed: present.history.index, base: present.history.index });
  present.reference();
  present.answer(present.history.index);
  return [new EntryWorld(options, empty), present];
}
