import type { World } from '../world/world.ts';
import { BUCKET, CHANNELS } from './channels.ts';
import { leaseOf } from './stored-system.ts';
import type { MessagingHistory } from './messaging-history.ts';
import { connectionOf } from './simulated-user.ts';
import type { SystemNeuron } from './system-neuron.ts';

/** Milliseconds after which the peers of a process that was killed must not be listed any more, with default times. */
const GONE_WITHIN_MS = 5_000;
const OBSERVE_EVERY_MS = 500;

/** Looks, when it has to be over, who is still listed of a process that is being killed. Where another fault comes in between, nothing is promised. */
export function observeDeath(world: World, history: MessagingHistory, neurons: readonly SystemNeuron[], killed: SystemNeuron): void {
  const { clock, recorder } = world;
  const { process } = killed;
  const observers = neurons.filter((neuron) => neuron !== killed && neuron.isServing).map((neuron) => ({ neuron, process: neuron.process }));
  const faultsBefore = [...recorder.faults.values()].reduce((sum, count) => sum + count, 0);
  const atMs = clock.monotonic();
  clock.schedule(GONE_WITHIN_MS, () => {
    const faults = [...recorder.faults.values()].reduce((sum, count) => sum + count, 0);
    // The fault itself is counted when it has struck.
    if (faultsBefore > 0 || faults > 1) return;
    const ghosts = observers.flatMap(({ neuron, process: observer }) => {
      if (neuron.running === undefined || neuron.process !== observer) return [];
      const { router } = neuron.running;
      const listed = CHANNELS.flatMap(({ path }) => router.peers({ bucket: BUCKET, path }));
      return listed.filter((peer) => connectionOf(history, peer).some((number) => history.connections[number]?.process === process)).map(({ user, device, path }) => `${observer} lists ${user} ${device} of ${path}`);
    });
    history.deaths.push({ process, atMs, ghosts });
  });
}

/** Looks again and again whether a neuron serves in a life whose lease is another's by now. The answer ends it. */
export function observeService(world: World, history: MessagingHistory, neurons: readonly SystemNeuron[]): () => void {
  const { clock } = world;
  let over = false;
  const since = new Map<SystemNeuron, number>();
  const again = (): void => {
    if (over) return;
    for (const neuron of neurons) {
      const { running, life } = neuron;
      const lease = running === undefined ? undefined : leaseOf(world, neuron.name);
      const self = running?.membership.self;
      const isLost = self !== undefined && neuron.isServing && !life.isFrozen && (lease === undefined || lease.incarnation !== self.incarnation || lease.takenBy !== undefined);
      if (!isLost || self === undefined) {
        since.delete(neuron);
        continue;
      }
      const fromMs = since.get(neuron) ?? clock.monotonic();
      since.set(neuron, fromMs);
      history.staleServices.push({ process: neuron.process, life: self, forMs: clock.monotonic() - fromMs });
    }
    clock.schedule(OBSERVE_EVERY_MS, again);
  };
  again();
  return () => (over = true);
}
