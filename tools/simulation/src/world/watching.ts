import type { Memory } from '@xir/kv4';
import type { WatchEvent, WatchScope } from '@xir/kv4-core';
import type { WatchedEvent, WatchHistory } from './history.ts';
import { BUCKET, KEYS, keyOfAddress, LAYER, PATHS, type SimulatedKey } from './key-space.ts';
import type { SimulatedNeuron } from './simulated-neuron.ts';
import type { World } from './world.ts';

/** An event of a watch, as it is recorded. */
export function watchedEventOf(world: World, event: WatchEvent): WatchedEvent {
  const address = event.type === 'put' ? event.record.address : event.type === 'delete' ? event.address : undefined;
  const version = event.type === 'put' ? event.record.version : event.type === 'delete' ? event.version : undefined;
  const key = address === undefined ? undefined : keyOfAddress(address)?.name;
  return { type: event.type, atMs: world.clock.monotonic(), key, version, reason: event.type === 'reset' ? event.reason : undefined };
}

function chooseScope(world: World): { readonly scope: WatchScope; readonly keys: readonly SimulatedKey[] } {
  const draw = world.random.next();
  if (draw < 0.3) {
    const key = world.random.pick(KEYS);
    return { scope: { type: 'key', address: key.address }, keys: [key] };
  }
  const path = world.random.pick(PATHS);
  if (draw < 0.6) return { scope: { type: 'path', address: path }, keys: KEYS.filter(({ address }) => address.path === path.path) };
  if (draw < 0.8) return { scope: { type: 'subtree', address: path }, keys: KEYS.filter(({ address }) => `${address.path}/`.startsWith(`${path.path}/`)) };
  return { scope: { type: 'layer', bucket: BUCKET, layer: LAYER }, keys: KEYS };
}

/** Watches something on a neuron, chosen by chance, until it is called off or its process ends. The answer calls it off. */
export function watchSomething(world: World, neuron: SimulatedNeuron, memory: Memory): () => void {
  const { scope, keys } = chooseScope(world);
  const history = world.random.chance(0.35);
  const latestOnly = !history && world.random.chance(0.25);
  const { incarnation } = neuron;
  let lasted: boolean | undefined;
  const isUnderWay = (): boolean => record.ended === undefined && neuron.incarnation === incarnation;
  const record: WatchHistory = { neuron: neuron.life, name: `${scope.type} on ${neuron.life}`, history, latestOnly, keys: keys.map(({ name }) => name), events: [], ended: undefined, get lasted() { return lasted ?? isUnderWay(); } };
  world.recorder.watches.push(record);
  const calledOff = new AbortController();
  const follow = async (): Promise<void> => {
    try {
      for await (const event of memory.watch(scope, { history, latestOnly, signal: calledOff.signal })) {
        if (neuron.incarnation !== incarnation) return;
        const watched = watchedEventOf(world, event);
        record.events.push(watched);
        world.recorder.note(`${record.name} ${event.type} ${watched.key ?? ''} ${watched.version ?? ''}`);
      }
      record.ended = 'over';
    } catch (error) {
      record.ended = String(error);
      if (neuron.incarnation === incarnation) world.recorder.note(`${record.name} ended: ${String(error)}`);
    }
  };
  void follow();
  return () => {
    lasted = isUnderWay();
    calledOff.abort();
  };
}
