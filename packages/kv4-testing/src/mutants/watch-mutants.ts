import type { WatchEvent, WatchOptions, WatchScope } from '@xir/kv4-core';
import { kv4Mutant, type Kv4StoreMutant } from './mutant.ts';

/** A mutant that changes the events of a watch one by one; `number` counts them from 0, `live` is true behind the initial values. */
function retelling(name: string, caughtBy: string, change: (event: WatchEvent, number: number, live: boolean) => readonly WatchEvent[]): Kv4StoreMutant {
  return kv4Mutant(name, caughtBy, (store) => ({
    async *watch(scope, options) {
      let number = 0;
      let live = false;
      for await (const event of store.watch(scope, options)) {
        yield* change(event, number, live);
        number += 1;
        live ||= event.type === 'end-of-initial';
      }
    },
  }));
}

/** A mutant that watches something else than it was asked to. */
function mistaking(name: string, caughtBy: string, change: (scope: WatchScope, options: WatchOptions) => readonly [WatchScope, WatchOptions]): Kv4StoreMutant {
  return kv4Mutant(name, caughtBy, (store) => ({
    watch: (scope, options = {}) => store.watch(...change(scope, options)),
  }));
}

/** Stores that tell changes wrongly. */
export const watchMutants: readonly Kv4StoreMutant[] = [
  retelling('a watch misses an event now and then', 'watch: with history, every version is told', (event, number) => (number % 10 === 9 ? [] : [event])),
  retelling('a watch tells events twice', 'watch: tells every key written and deleted', (event, _, live) => (live ? [event, event] : [event])),
  retelling('a watch tells no deletions', 'watch: tells every key written and deleted', (event) => (event.type === 'delete' ? [] : [event])),
  retelling('the end of the initial values is not told', 'watch: begins with the values that are there', (event) => (event.type === 'end-of-initial' ? [] : [event])),
  retelling('the initial values are not told', 'watch: begins with the values that are there', (event, _, live) => (live || event.type !== 'put' ? [event] : [])),
  retelling('a reset is not told', 'resume: behind a position that is none', (event) => (event.type === 'reset' ? [] : [event])),
  retelling('the previous record is the new one', 'watch: the previous record', (event) => [event.type === 'put' && event.previous !== undefined ? { ...event, previous: event.record } : event]),

  kv4Mutant('a watch misses the final event', 'watch: of a burst', (store) => ({
    async *watch(scope, options) {
      let held: WatchEvent | undefined;
      for await (const event of store.watch(scope, options)) {
        if (held !== undefined) yield held;
        held = event.type === 'put' ? event : undefined;
        if (held === undefined) yield event;
      }
    },
  })),
  kv4Mutant('a watch tells events out of order', 'watch: of a burst', (store) => ({
    async *watch(scope, options) {
      let held: WatchEvent | undefined;
      for await (const event of store.watch(scope, options)) {
        if (held === undefined && event.type === 'put') {
          held = event;
          continue;
        }
        yield event;
        if (held !== undefined) yield held;
        held = undefined;
      }
    },
  })),
  kv4Mutant('a slow consumer misses events and is not told', 'slow consumer', (store) => ({
    async *watch(scope, { maxQueuedEvents = 10_000, ...options } = {}) {
      let behind = -1;
      for await (const event of store.watch(scope, options)) {
        if (behind >= 0) behind += 1;
        if (event.type === 'end-of-initial') behind = 0;
        if (behind <= maxQueuedEvents) yield event;
      }
    },
  })),

  mistaking('a watch of a key watches the path', 'watch: a key covers that key alone', (scope, options) => [scope.type === 'key' ? { type: 'path', address: scope.address } : scope, options]),
  mistaking('a watch of a path watches the subtree', 'watch: a path covers its own keys', (scope, options) => [
    scope.type === 'path' ? { type: 'subtree', address: scope.address } : scope,
    options,
  ]),
  mistaking('a watch of a subtree watches the path', 'watch: a subtree covers a path and what is beneath', (scope, options) => [
    scope.type === 'subtree' ? { type: 'path', address: scope.address } : scope,
    options,
  ]),
  mistaking('a watch of a subtree watches the layer', 'watch: a subtree covers a path and what is beneath', (scope, options) => [
    scope.type === 'subtree' ? { type: 'layer', bucket: scope.address.bucket, layer: scope.address.layer } : scope,
    options,
  ]),
  mistaking('initial values come unasked', 'watch: without initial values', (scope, { initial: _, ...options }) => [scope, options]),
  mistaking('a watch resumes at the present', 'resume: behind a position comes all that followed', (scope, { after, ...options }) => [
    scope,
    after === undefined ? options : { ...options, initial: false },
  ]),
  mistaking('a watch does not look at its signal', 'end: an aborted signal', (scope, { signal: _, ...options }) => [scope, options]),
  mistaking('latestOnly is not looked at', 'latestOnly', (scope, { latestOnly: _, ...options }) => [scope, options]),
];
