import type { Lane, LaneState, QueuedState } from './group-commit-lane.ts';
import type { GroupCommitAction, GroupCommitLimits } from './group-commit-types.ts';
import type { HeadDocument } from './head.ts';

type SingleRead = 'resolve-queued' | 'floor-queued' | 'spill-queued';

/** The documents of a group commit that wait for a slot, oldest first, and the slots of its reads. */
export class LaneQueues {
  readonly #limits: GroupCommitLimits;
  readonly #queues: Record<QueuedState, Set<Lane>> = {
    'load-queued': new Set(),
    'spill-queued': new Set(),
    'write-queued': new Set(),
    'resolve-queued': new Set(),
    'floor-queued': new Set(),
  };
  /** For each document that is being loaded: how many of its load are not answered yet. */
  readonly #loading = new Map<string, { open: number }>();
  #loads = 0;
  #singles = 0;
  #resolving = 0;

  constructor(limits: GroupCommitLimits) {
    this.#limits = limits;
  }

  /** Documents that wait for room in a batch. */
  get writes(): Set<Lane> {
    return this.#queues['write-queued'];
  }

  /** Puts a lane into a state; one that waits for a slot is queued. */
  enter(lane: Lane, state: LaneState): void {
    lane.state = state;
    if (state in this.#queues) this.#queues[state as QueuedState].add(lane);
  }

  /** Gives back the slot of a read that was answered, or failed. */
  endRead(lane: Lane): void {
    if (lane.state === 'resolving') {
      this.#resolving -= 1;
      return;
    }
    if (lane.state !== 'loading') {
      this.#singles -= 1;
      return;
    }
    const load = this.#loading.get(lane.id);
    this.#loading.delete(lane.id);
    if (load !== undefined && (load.open -= 1) === 0) this.#loads -= 1;
  }

  /** Starts as many reads as there are slots. `ticket`: the newest operation that was submitted; `forget` is told of lanes for which nobody waits any more. */
  grantReads(ticket: number, actions: GroupCommitAction[], forget: (lane: Lane) => void): void {
    this.#grantResolves(ticket, actions);
    for (const state of ['floor-queued', 'spill-queued'] as const) this.#grantSingles(state, ticket, actions);
    this.#grantLoads(ticket, actions, forget);
  }

  /** An outage leaves all documents that were being written in doubt at once: their heads are read together. */
  #grantResolves(ticket: number, actions: GroupCommitAction[]): void {
    for (const lane of this.#queues['resolve-queued']) {
      if (this.#resolving >= this.#limits.maxConcurrentLoads * this.#limits.maxBatchDocuments) return;
      this.#resolving += 1;
      this.#start(lane, ['resolve-queued', ticket], actions);
    }
  }

  #grantSingles(state: SingleRead, ticket: number, actions: GroupCommitAction[]): void {
    for (const lane of this.#queues[state]) {
      if (this.#singles >= this.#limits.maxConcurrentLoads) return;
      this.#singles += 1;
      this.#start(lane, [state, ticket], actions);
    }
  }

  #start(lane: Lane, [state, ticket]: readonly [SingleRead, number], actions: GroupCommitAction[]): void {
    this.#queues[state].delete(lane);
    lane.readTicket = ticket;
    actions.push(start(lane, state));
  }

  #grantLoads(ticket: number, actions: GroupCommitAction[], forget: (lane: Lane) => void): void {
    const queue = this.#queues['load-queued'];
    while (queue.size > 0 && this.#loads < this.#limits.maxConcurrentLoads) {
      const ids: string[] = [];
      const load = { open: 0 };
      for (const lane of queue) {
        if (ids.length >= this.#limits.maxBatchDocuments) break;
        queue.delete(lane);
        if (lane.waiting.length === 0) {
          forget(lane);
          continue;
        }
        lane.state = 'loading';
        lane.readTicket = ticket;
        this.#loading.set(lane.id, load);
        load.open += 1;
        ids.push(lane.id);
      }
      if (ids.length === 0) return;
      this.#loads += 1;
      actions.push({ type: 'load', ids });
    }
  }
}

function start(lane: Lane, state: SingleRead): GroupCommitAction {
  switch (state) {
    case 'resolve-queued': {
      const lost = lane.waiting.flatMap((pending) => pending.lost);
      lane.state = 'resolving';
      return { type: 'resolve', id: lane.id, versions: [...new Set(lost.map(({ version }) => version))], floor: lost.some(({ unguarded }) => unguarded) };
    }
    case 'floor-queued':
      lane.state = 'flooring';
      return { type: 'floor', id: lane.id };
    case 'spill-queued':
      lane.state = 'spilling';
      return { type: 'spill', id: lane.id, head: lane.spillHead as HeadDocument };
  }
}
