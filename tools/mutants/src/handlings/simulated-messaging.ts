import type { HoldingTest, Mutant } from '../mutant.ts';

const ROUTER = 'packages/router/src/';
const SIMULATED: HoldingTest = { file: 'tools/simulation/test/messaging.test.ts', title: 'messages come in order and once' };

const KILLS: HoldingTest = { file: SIMULATED.file, title: 'the peers of a neuron that is killed are gone within 5 s' };
const FROZEN: HoldingTest = { file: SIMULATED.file, title: 'a neuron that stood still and was given up serves in a new life only' };

/** What the checks of the simulation of messages find taken out: the check is named in `without`. */
export const SIMULATED_MESSAGING_MUTANTS: readonly Mutant[] = [
  {
    name: 'simulated-woken-in-new-life',
    without: 'woken-in-new-life: that the own lease was lost counts as a renewal.',
    file: `${ROUTER}membership/membership-machine.ts`,
    find: "case 'lease-lost':\n        return this.#loseLife(event.atMs);",
    replace: "case 'lease-lost':\n        this.#state = 'serving';\n        return undefined;",
    // A neuron notices by its own standstill, and by what others say, too.
    also: [
      { find: 'if (stoodStillMs >= this.#times.leaseTtlMs) this.#mustBeReborn = true;', replace: '' },
      { find: 'return event.incarnation === this.#self.incarnation ? this.#loseLife(event.atMs) : undefined;', replace: 'return undefined;' },
    ],
    heldBy: FROZEN,
  },
  {
    name: 'simulated-no-incidents',
    without: 'no-incidents: a renewal that does not get through to the database ends as a rejection that nobody handles.',
    file: `${ROUTER}membership/neuron-membership.ts`,
    find: "this.#step({ type: 'database', reachable: false, atMs: this.#clock.monotonic() });\n      return undefined;",
    replace: "this.#step({ type: 'database', reachable: false, atMs: this.#clock.monotonic() });\n      throw error;",
    heldBy: SIMULATED,
  },
  {
    name: 'simulated-presence-true',
    without: 'presence-true: who leaves stays in the slots.',
    file: `${ROUTER}subscriptions/slot-writer.ts`,
    find: 'this.#plan.leave(planned);',
    replace: '',
    heldBy: SIMULATED,
  },
  {
    name: 'simulated-presence-told',
    without: 'presence-told: who moves with another state is not told to have another state.',
    file: `${ROUTER}subscriptions/directory.ts`,
    find: 'if (!moved || !isSameState(previous, peer))',
    replace: 'if (!moved)',
    heldBy: SIMULATED,
  },
  {
    name: 'simulated-kicked-gone',
    without: 'kicked-gone: a kick does not get to other neurons.',
    file: `${ROUTER}routing/routing-desk.ts`,
    find: 'else links.send(name, kickEnvelope(kick, number), (outcome) => this.#failed(number, name, outcome));',
    replace: 'else if (kickEnvelope(kick, number) !== links) this.#dispatches.answer(number, { neuron: name, reached: 1, written: 0 });',
    heldBy: SIMULATED,
  },
  {
    name: 'simulated-fifo',
    without: 'fifo: what is not stored does not wait for what has to be stored before it.',
    file: `${ROUTER}routing/append-gate.ts`,
    find: '(isAppend ? this.#appends < this.#maxWaiting : this.#appends === 0)',
    replace: '(isAppend ? this.#appends < this.#maxWaiting : true)',
    heldBy: SIMULATED,
  },
  {
    name: 'simulated-delivered-once',
    without: 'delivered-once: what is stored again with its id is handed again to who comes back.',
    file: `${ROUTER}history/first-versions.ts`,
    find: 'if (isNear && first.position < position) return true;',
    replace: '',
    heldBy: SIMULATED,
  },
  {
    name: 'simulated-acknowledged-delivered',
    without: 'acknowledged-delivered: what was never written counts as written.',
    file: `${ROUTER}routing/local-delivery.ts`,
    find: 'if (written) count.written += 1;',
    replace: 'count.written += Number(written) >= 0 ? 1 : 0;',
    heldBy: SIMULATED,
  },
  {
    name: 'simulated-nothing-lost-silently',
    without: 'nothing-lost-silently: what a link could not deliver is not reported.',
    file: `${ROUTER}routing/routing-desk.ts`,
    find: "          if (outcome !== 'delivered') this.#report(",
    replace: "          if (outcome === undefined) this.#report(",
    heldBy: SIMULATED,
  },
  {
    name: 'simulated-recovered-whole',
    without: 'recovered-whole, positions-chain: the first message that was missed is left out.',
    file: `${ROUTER}history/channel-history.ts`,
    find: 'chained(await this.#withoutRepetitions(messages, position), position)',
    replace: 'chained((await this.#withoutRepetitions(messages, position)).slice(1), position)',
    heldBy: SIMULATED,
  },
  {
    name: 'simulated-dead-gone-in-time',
    without: 'dead-gone-in-time: a neuron whose host refuses is given up seconds later.',
    file: `${ROUTER}membership/times.ts`,
    find: 'DEFAULT_REFUSED_LEASE_TTL_MS = 2000;',
    replace: 'DEFAULT_REFUSED_LEASE_TTL_MS = 7000;',
    heldBy: KILLS,
  },
  {
    name: 'simulated-one-janitor',
    without: 'one-janitor, system-settled: who cleans up does not take the lease over.',
    file: `${ROUTER}membership/lease-store.ts`,
    find: 'return this.#writeIfHeld({ ...seen, takenBy: by }, seen.version);',
    replace: 'return { ...seen, takenBy: by };',
    also: [{ find: 'return (await this.#store.delete(leaseAddress(neuron)', replace: "return neuron === '' && (await this.#store.delete(leaseAddress(neuron)" }],
    heldBy: KILLS,
  },
  {
    name: 'simulated-system-settled',
    without: 'system-settled: what a life has left is not deleted.',
    file: `${ROUTER}subscriptions/tidy-slots.ts`,
    find: 'if (writtenIn !== undefined && writtenIn > incarnation) continue;',
    replace: "if (writtenIn !== '' && incarnation !== '') continue;",
    heldBy: KILLS,
  },
];
