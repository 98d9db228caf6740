import { judgeMessaging } from '../checks/messaging/judge-messaging.ts';
import type { ScheduleResult } from '../run/run-schedule.ts';
import { SeededRandom } from '../seeded-random.ts';
import type { Profile } from '../world/profile.ts';
import { World } from '../world/world.ts';
import { openAudience } from './audience.ts';
import { LinkNetwork } from './link-network.ts';
import { injectMessagingFault, planMessagingFaults } from './messaging-faults.ts';
import { MessagingHistory } from './messaging-history.ts';
import { observeDeath, observeService } from './observations.ts';
import { differences, listPresence, noteKeptMessages } from './quiet.ts';
import { SimulatedUser } from './simulated-user.ts';
import { SystemNeuron } from './system-neuron.ts';

/** Simulated time in which everything must be as it should once the faults are over, in milliseconds. */
const CONVERGENCE_MS = 40_000;
const OPENING_MS = 15_000;
/** Checks that may still find what is only on its way. */
const STILL_COMING = ['presence-told', 'nothing-lost-silently', 'positions-chain', 'heard-whole'];
const USERS = ['ann', 'bob', 'cyd'];
const DEVICES = ['d1', 'd2'];

/** Runs the schedule of messages that a seed decides, and judges it. */
export async function runMessaging(seed: number, profile: Profile, traced = false): Promise<ScheduleResult> {
  const layout = new SeededRandom(seed ^ 0x5bd1e995);
  const size = layout.pick(profile.systemSizes ?? [2]);
  const world = new World({ seed, shape: { shards: layout.pick([1, 1, 2]), replicas: 1 }, neurons: 0, traced });
  const { clock, loop, recorder, random } = world;
  const history = new MessagingHistory();
  const network = new LinkNetwork(clock, random.fork());
  const limits = profile.slotSubscriptions === undefined ? {} : { maxSlotSubscriptions: profile.slotSubscriptions };
  const neurons = Array.from({ length: size }, (_, index) => new SystemNeuron({ name: `n${index + 1}`, world, network, history, random: random.fork(), limits }));
  const onRejection = (error: unknown): void => recorder.incident(`unhandled rejection: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  process.on('unhandledRejection', onRejection);
  const heals: (() => void)[] = [];
  let isQuiet = false;
  try {
    for (const neuron of neurons) neuron.start();
    await loop.run(OPENING_MS, () => neurons.every(({ running }) => running !== undefined));
    const users = openUsers(world, history, neurons, profile.operationsPerClient);
    let busy = users.length + (profile.audience === true ? 1 : 0);
    // Before the users, so that who listens hears everything.
    if (profile.audience === true) void openAudience({ world, history, neurons, random: random.fork(), messages: profile.operationsPerClient }).finally(() => (busy -= 1));
    for (const user of users) void user.run().finally(() => (busy -= 1));
    const withinMs = 180 * profile.operationsPerClient;
    const scene = { world, network, history, neurons, onKill: (neuron: SystemNeuron) => observeDeath(world, history, neurons, neuron) };
    for (const fault of planMessagingFaults(world, size, { kinds: [...profile.faults, ...(profile.systemFaults ?? [])], maxFaults: profile.maxFaults, withinMs })) {
      clock.schedule(fault.atMs, () => {
        if (isQuiet) return;
        const heal = injectMessagingFault(scene, fault);
        heals.push(heal);
        clock.schedule(fault.forMs, heal);
      });
    }
    const endOfObserving = observeService(world, history, neurons);
    await loop.run(withinMs * 3, () => busy === 0);
    for (const user of users) user.stop();
    isQuiet = true;
    recorder.note('quiet');
    for (const heal of heals) heal();
    if (!neurons.some(({ isStaying }) => isStaying)) neurons[0]?.startAgain();
    const quietAtMs = clock.monotonic();
    history.quietAtMs = quietAtMs;
    const left = await settle(world, history, neurons);
    const convergedMs = clock.monotonic() - quietAtMs;
    endOfObserving();
    listPresence(history, neurons);
    const violations = [...judgeMessaging(history, recorder.faults), ...left.map((what) => ({ check: 'system-settled', what }))];
    await end(world, neurons, layout.chance(0.1));
    return summary(seed, world, history, { violations: [...violations, ...recorder.incidents.map((what) => ({ check: 'no-incidents', what }))], convergedMs });
  } catch (error) {
    recorder.incident(error instanceof Error ? (error.stack ?? error.message) : String(error));
    world.abandon();
    return summary(seed, world, history, { violations: recorder.incidents.map((what) => ({ check: 'no-incidents', what })), convergedMs: 0 });
  } finally {
    process.off('unhandledRejection', onRejection);
  }
}

function openUsers(world: World, history: MessagingHistory, neurons: readonly SystemNeuron[], operations: number): SimulatedUser[] {
  const { random } = world;
  const places = USERS.flatMap((user) => DEVICES.filter((device) => device === 'd1' || random.chance(0.25)).map((device) => ({ user, device })));
  return places.map(({ user, device }) => new SimulatedUser({ user, device, world, history, neurons, random: random.fork(), operations, names: USERS }));
}

/** Waits until nothing is left to be done, at most so long. What is left is the answer. */
async function settle(world: World, history: MessagingHistory, neurons: readonly SystemNeuron[]): Promise<string[]> {
  const endMs = world.clock.monotonic() + CONVERGENCE_MS;
  // What is on its way is not seen by looking: time for it to come.
  await world.loop.run(300);
  for (let stepMs = 100; ; stepMs = Math.min(800, stepMs * 1.5)) {
    const left = differences(world, history, neurons);
    noteKeptMessages(world, history);
    const isOver = world.clock.monotonic() >= endMs;
    // What is only on its way is not lost.
    if ((left.length === 0 && judgeMessaging(history, world.recorder.faults, STILL_COMING).length === 0) || isOver) return left;
    await world.loop.run(stepMs);
  }
}

/** Ends every neuron, in good order or not, and gives the platform's `setImmediate` back. */
async function end(world: World, neurons: readonly SystemNeuron[], isOrderly: boolean): Promise<void> {
  if (isOrderly) {
    let isOver = false;
    void Promise.all(neurons.map((neuron) => neuron.close())).then(() => (isOver = true));
    await world.loop.run(60_000, () => isOver);
    if (!isOver) world.recorder.incident('closing took more than a minute');
  }
  for (const neuron of neurons) neuron.kill();
  await world.close();
}

function summary(seed: number, world: World, history: MessagingHistory, found: Pick<ScheduleResult, 'violations' | 'convergedMs'>): ScheduleResult {
  const { recorder, loop, clock } = world;
  const { sent, connections, kicks } = history;
  const handed = connections.flatMap((connection) => connection.handed);
  return {
    seed,
    ...found,
    hash: recorder.hash,
    events: loop.events,
    simulatedMs: clock.monotonic(),
    writes: sent.length,
    acknowledged: sent.filter(({ level, reports }) => level !== 'accepted' && reports.some(({ report }) => report.reached > 0)).length,
    reads: 0,
    watchEvents: 0,
    faults: recorder.faults,
    counters: {
      messagesHanded: handed.filter(({ type }) => type === 'message').length,
      connectionsOpened: connections.length,
      recoveries: connections.filter(({ since, recovery }) => since !== undefined && since !== '' && recovery?.recovered === true).length,
      recoveriesRefused: connections.filter(({ since, recovery }) => since !== undefined && since !== '' && recovery?.recovered === false).length,
      messagesUndelivered: sent.filter(({ reports, undelivered }) => undelivered.length > 0 || reports.some(({ report }) => report.undelivered.length > 0)).length,
      peersKicked: connections.filter(({ ended }) => ended?.by === 'kicked').length,
      peersReplaced: connections.filter(({ ended }) => ended?.by === 'replaced').length,
      receiversCut: connections.filter(({ ended }) => ended?.by === 'too-slow').length,
      kicksAnswered: kicks.filter(({ report }) => report !== undefined).length,
      cleanUps: history.tidied.length,
    },
    lines: recorder.lines,
  };
}
