import { injectInto } from '../world/faults.ts';
import { SYSTEM_FAULT_KINDS, type FaultKind, type SystemFaultKind } from '../world/profile.ts';
import type { World } from '../world/world.ts';
import type { LinkNetwork } from './link-network.ts';
import type { MessagingHistory } from './messaging-history.ts';
import type { SystemNeuron } from './system-neuron.ts';

/** What faults are made with. */
export interface FaultScene {
  readonly world: World;
  readonly network: LinkNetwork;
  readonly history: MessagingHistory;
  readonly neurons: readonly SystemNeuron[];
  /** A process was killed. */
  readonly onKill: (neuron: SystemNeuron) => void;
}

/** A fault of a schedule. */
export interface PlannedMessagingFault {
  readonly kind: FaultKind | SystemFaultKind;
  readonly atMs: number;
  readonly forMs: number;
  readonly neuron: number;
  readonly other: number;
}

/** Decides which faults a schedule has, and when. */
export function planMessagingFaults(world: World, neurons: number, { kinds, maxFaults, withinMs }: { readonly kinds: readonly (FaultKind | SystemFaultKind)[]; readonly maxFaults: number; readonly withinMs: number }): PlannedMessagingFault[] {
  const { random } = world;
  if (kinds.length === 0 || maxFaults === 0) return [];
  return Array.from({ length: random.below(maxFaults + 1) }, () => {
    const neuron = random.below(neurons);
    return { kind: random.pick(kinds), atMs: random.next() * withinMs, forMs: 100 + random.next() * random.next() * 7_000, neuron, other: (neuron + 1 + random.below(neurons - 1)) % neurons };
  });
}

/** Lets a fault happen. The answer ends it, and says so by being called once or more. */
export function injectMessagingFault(scene: FaultScene, fault: PlannedMessagingFault): () => void {
  const { world, neurons } = scene;
  const neuron = neurons[fault.neuron] as SystemNeuron;
  const other = neurons[fault.other] as SystemNeuron;
  const { kind } = fault;
  const detail = `${neuron.process} ${other.name} for ${Math.round(fault.forMs)} ms`;
  if (!isSystemFault(kind)) return injectInto(world, neuron, { kind, detail });
  const heal = strike(scene, kind, neuron, other);
  if (heal === undefined) return () => undefined;
  world.recorder.fault(kind, detail);
  let over = false;
  return () => {
    if (over) return;
    over = true;
    heal();
    world.recorder.note(`over ${kind} ${neuron.name}`);
  };
}

function isSystemFault(kind: FaultKind | SystemFaultKind): kind is SystemFaultKind {
  return (SYSTEM_FAULT_KINDS as readonly string[]).includes(kind);
}

/** `undefined`: it does not apply now. */
function strike({ world, network, neurons, onKill }: FaultScene, kind: SystemFaultKind, neuron: SystemNeuron, other: SystemNeuron): (() => void) | undefined {
  const others = neurons.filter((each) => each !== neuron);
  switch (kind) {
    case 'link-reset':
      network.cut(neuron.name, other.name, false);
      return () => undefined;
    case 'link-cut':
      network.cut(neuron.name, other.name, true);
      return () => network.cut(neuron.name, other.name, false);
    case 'neuron-cut-off':
      for (const { name } of others) network.cut(neuron.name, name, true);
      return () => others.forEach(({ name }) => network.cut(neuron.name, name, false));
    case 'link-one-way':
      network.condition(neuron.name, other.name, { isBlocked: true });
      return () => network.mend(neuron.name, other.name);
    case 'link-slow':
      network.condition(neuron.name, other.name, { latencyMs: [50, 900] });
      return () => network.mend(neuron.name, other.name);
    case 'neuron-frozen': {
      const { life } = neuron;
      if (neuron.running === undefined || life.isFrozen) return undefined;
      life.freeze();
      return () => life.thaw();
    }
    case 'neuron-killed':
    case 'host-gone':
      if (neuron.running === undefined) return undefined;
      if (kind === 'host-gone') network.silentHosts.add(neuron.name);
      onKill(neuron);
      neuron.kill();
      return world.random.chance(0.7) ? startAgain(neuron) : () => undefined;
    case 'neuron-closed':
      if (neuron.running === undefined || neuron.life.isFrozen) return undefined;
      return closeOrderly(world, neuron);
  }
}

function startAgain(neuron: SystemNeuron): () => void {
  return () => {
    if (!neuron.isWanted) neuron.start();
  };
}

function closeOrderly(world: World, neuron: SystemNeuron): () => void {
  const goesOn = world.random.chance(0.7);
  let isOver = false;
  const closing = neuron.close().then(() => (isOver = true));
  return () => {
    if (isOver) {
      if (goesOn && !neuron.isWanted) neuron.start();
    } else if (goesOn) void closing.then(startAgain(neuron));
  };
}
