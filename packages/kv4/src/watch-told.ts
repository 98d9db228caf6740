import { EXPIRY_NEURON, expiryVersion, hashText, parseVersion, versionTimeMs, type Kv4Record } from '@xir/kv4-core';

/** Writers whose versions are told apart at most. */
export const MAX_TOLD_NEURONS = 64;
/** Versions that are named one by one at most. */
export const MAX_NAMED_VERSIONS = 128;
/** Named versions that are older than their writer's newest by this, in milliseconds, are covered by its floor... */
export const NAMED_SPAN_MS = 60_000;
/** ...but for those that were told last: a writer's version of one key may lie far above those of others, where a host with a fast clock wrote to it. */
const NAMED_AT_LEAST = 16;
/** By how much a writer's clock may be slow, in milliseconds, for what it wrote to be told whole. */
export const MAX_SLOW_MS = 600_000;
const SLOTS = 36 ** 6;
/** Before every moment. */
const NO_MOMENT = '0000000000000000';
const TOLD = /^[0-9a-f]{16}(?:,[0-9a-z]{1,24}:\*?[0-9a-f]{16}(?:-[0-9a-z]{1,7}_[0-9a-z]{1,10}(?:~[0-9a-z]{1,4})?)*)*$/;

/** What a {@link ToldVersions} is made of. */
export interface ToldParts {
  /** What was made before this moment counts as told. */
  readonly base?: string;
  readonly floors?: Iterable<readonly [neuron: string, moment: string]>;
  readonly slow?: Iterable<string>;
  readonly named?: Iterable<readonly [slot: string, version: string]>;
}

/**
 * Which versions a watch has told, in bounded space: the last version of each key that changed lately by name, and for what is older a floor for each writer,
 * since hosts' clocks differ but each writer makes growing versions. Versions of one key are told in order, so what stands before a told version was told.
 *
 * A floor is raised only over versions that were told. A version below it that was not told is one whose write reached the database behind
 * {@link MAX_NAMED_VERSIONS} later changed keys, or {@link NAMED_SPAN_MS} after a later one of its writer.
 *
 * What was made before a base counts as told too: who watches began about then. A writer that makes news below the base has a slow clock, and is judged by its floor alone
 * from then on: its last version that was shown at a beginning.
 */
export class ToldVersions {
  #base: string;
  readonly #floors: Map<string, string>;
  /** Writers whose clocks are known to be slow: the base does not hold for them. */
  readonly #slow: Set<string>;
  /** By the digest of the key's id; expiries beside them. */
  readonly #named: Map<string, string>;
  #text: string | undefined;

  constructor({ base = NO_MOMENT, floors = [], slow = [], named = [] }: ToldParts = {}) {
    this.#base = base;
    this.#floors = new Map(floors);
    this.#slow = new Set(slow);
    this.#named = new Map(named);
  }

  /** What writers that are not known made before a time counts as told. */
  static at(timeMs: number): ToldVersions {
    return new ToldVersions({ base: momentText(Math.max(0, Math.floor(timeMs)), 0) });
  }

  /** Whether a version of a key was told by the names: not above the last that is named, or the expiry that is. */
  names(id: string, version: string): boolean {
    const slot = slotOf(id);
    if (isExpiryVersion(version)) return this.#named.get(`${slot}x`) === version;
    const last = this.#named.get(slot);
    return last !== undefined && version <= last;
  }

  /** Whether a version is old enough to have been told long ago. Says nothing of expiries, whose versions follow no writer's clock. */
  covers(version: string): boolean {
    return !isExpiryVersion(version) && momentOf(version) <= this.#floorOf(neuronOf(version));
  }

  /** A version of a key has been told, or is known to whoever watches. */
  note(id: string, version: string): void {
    // An expiry that was told does not take the place of the version that expired: a write may have been in time after all.
    this.#note(isExpiryVersion(version) ? `${slotOf(id)}x` : slotOf(id), version);
  }

  /** A version is news. If it is older than the base, its writer's clock is slow: what that writer made since it was seen last counts as told no longer. */
  learnSlowness(version: string): void {
    const neuron = neuronOf(version);
    if (parseVersion(version) === undefined || this.#slow.has(neuron) || !this.covers(version)) return;
    const slowest = momentText(Math.max(0, versionTimeMs(this.#base) - MAX_SLOW_MS), 0);
    const seen = this.#floors.get(neuron) ?? NO_MOMENT;
    const floor = seen > slowest ? seen : slowest;
    // One that is older than others of its writer is merely late.
    if (momentOf(version) <= floor) return;
    this.#makeKnown(neuron);
    this.#slow.add(neuron);
    this.#floors.set(neuron, floor);
    this.#text = undefined;
  }

  #note(slot: string, version: string): void {
    if (parseVersion(version) === undefined) return;
    if (this.covers(version)) return this.#see(version);
    const before = this.#named.get(slot);
    if (before !== undefined && before >= version) return;
    this.#named.delete(slot);
    this.#named.set(slot, version);
    if (!isExpiryVersion(version)) this.#makeKnown(neuronOf(version));
    this.#text = undefined;
    if (this.#named.size > MAX_NAMED_VERSIONS * 2) this.#shrink();
  }

  /** A version that counts as told anyway: from which moment on its writer's versions are news, should its clock be slow. */
  #see(version: string): void {
    const neuron = neuronOf(version);
    const seen = this.#floors.get(neuron);
    if (seen === undefined ? this.#floors.size >= MAX_TOLD_NEURONS : seen >= momentOf(version)) return;
    this.#floors.set(neuron, momentOf(version));
    this.#text = undefined;
  }

  /** The first of a key's versions, oldest first, that was not told; their number where all were. `expiredMs`: until when expiries were told. */
  firstUntold(id: string, versions: readonly string[], expiredMs: number): number {
    let told = 0;
    for (const [index, version] of versions.entries()) {
      const isTold = this.names(id, version) || this.covers(version) || (told === index && isExpiryVersion(version) && versionTimeMs(version) <= expiredMs);
      if (isTold) told = index + 1;
    }
    return told;
  }

  /** Everything that was told elsewhere counts as told here too, but for versions that are left out. */
  absorb(other: ToldVersions, leaveOut: ReadonlySet<string>): void {
    for (const [neuron, floor] of other.#floors) {
      const seen = this.#floors.get(neuron);
      this.#makeKnown(neuron);
      if (other.#slow.has(neuron) && !this.#slow.has(neuron)) {
        this.#slow.add(neuron);
        this.#raise(neuron, seen !== undefined && seen < this.#base && seen > floor ? seen : floor);
      } else if (floor > (this.#floors.get(neuron) ?? floor)) this.#raise(neuron, floor);
    }
    for (const [slot, version] of other.#named) if (!leaveOut.has(version)) this.#note(slot, version);
    this.#text = undefined;
  }

  copy(): ToldVersions {
    return new ToldVersions({ base: this.#base, floors: this.#floors, slow: this.#slow, named: this.#named });
  }

  toString(): string {
    this.#text ??= this.#encode();
    return this.#text;
  }

  /** Reads what `toString` wrote; `undefined` for any other text. */
  static parse(text: string): ToldVersions | undefined {
    if (!TOLD.test(text)) return undefined;
    const [base, ...groups] = text.split(',');
    const floors: [string, string][] = [];
    const slow: string[] = [];
    const named: [string, string][] = [];
    for (const group of groups) {
      const [neuron = '', list = ''] = group.split(':');
      const [first = '', ...distances] = list.split('-');
      const floor = first.replace('*', '') || NO_MOMENT;
      if (first.startsWith('*')) slow.push(neuron);
      if (neuron !== EXPIRY_NEURON) floors.push([neuron, floor]);
      for (const distance of distances) {
        const [slot = '', rest] = distance.split('_');
        const [ms = '', counter = '0'] = (rest ?? '').split('~');
        const timeMs = versionTimeMs(floor) + Number.parseInt(ms, 36);
        if (!(timeMs <= 0xffff_ffff_ffff)) return undefined;
        const version = `${momentText(timeMs, Number.parseInt(counter, 36) & 0xffff)}-${neuron}`;
        named.push([slot, version]);
      }
    }
    if (floors.length > MAX_TOLD_NEURONS || named.length > MAX_NAMED_VERSIONS) return undefined;
    return new ToldVersions({ ...(base === undefined ? {} : { base }), floors, slow, named });
  }

  #floorOf(neuron: string): string {
    const floor = this.#floors.get(neuron) ?? NO_MOMENT;
    return this.#slow.has(neuron) || floor > this.#base ? floor : this.#base;
  }

  #raise(neuron: string, floor: string): void {
    this.#floors.set(neuron, floor);
    for (const [slot, version] of this.#named) if (neuronOf(version) === neuron && momentOf(version) <= floor) this.#named.delete(slot);
  }

  #makeKnown(neuron: string): void {
    if (this.#floors.has(neuron)) return;
    this.#floors.set(neuron, this.#base);
    if (this.#floors.size > MAX_TOLD_NEURONS) this.#forgetOldest(neuron);
  }

  /** The writer that has been silent longest is told apart no more. */
  #forgetOldest(except: string): void {
    const newest = new Map(this.#floors);
    for (const version of this.#named.values()) {
      const neuron = neuronOf(version);
      if (momentOf(version) > (newest.get(neuron) ?? '')) newest.set(neuron, momentOf(version));
    }
    newest.delete(except);
    newest.delete(EXPIRY_NEURON);
    const [neuron, moment] = [...newest].reduce((least, each) => (each[1] < least[1] ? each : least));
    this.#floors.delete(neuron);
    this.#slow.delete(neuron);
    for (const [slot, version] of this.#named) if (neuronOf(version) === neuron) this.#named.delete(slot);
    if (moment > this.#base) this.#base = moment;
  }

  /** Names no more than may be named: the oldest go beneath their writers' floors, those of the writer with most names first. */
  #shrink(): void {
    const byNeuron = new Map<string, [slot: string, version: string][]>();
    for (const entry of this.#named) {
      const neuron = neuronOf(entry[1]);
      const group = byNeuron.get(neuron);
      if (group === undefined) byNeuron.set(neuron, [entry]);
      else group.push(entry);
    }
    const last = new Set([...this.#named.keys()].slice(-NAMED_AT_LEAST));
    for (const group of byNeuron.values()) group.sort((a, b) => (a[1] < b[1] ? 1 : -1));
    const drop = (neuron: string, group: [string, string][]): void => {
      const [slot, version] = group.pop() as [string, string];
      this.#named.delete(slot);
      if (neuron !== EXPIRY_NEURON) this.#floors.set(neuron, momentOf(version));
    };
    for (const [neuron, group] of byNeuron) {
      const newestMs = versionTimeMs((group[0] as [string, string])[1]);
      for (let oldest = group.at(-1); oldest !== undefined && versionTimeMs(oldest[1]) < newestMs - NAMED_SPAN_MS && !last.has(oldest[0]); oldest = group.at(-1)) drop(neuron, group);
    }
    while (this.#named.size > MAX_NAMED_VERSIONS) drop(...[...byNeuron].reduce((most, each) => (each[1].length > most[1].length ? each : most)));
    this.#text = undefined;
  }

  #encode(): string {
    this.#shrink();
    const groups = new Map<string, string>([...this.#floors].map(([neuron, floor]) => [neuron, `${neuron}:${this.#slow.has(neuron) ? '*' : ''}${floor}`]));
    for (const [slot, version] of this.#named) {
      const neuron = neuronOf(version);
      const floor = this.#floors.get(neuron) ?? NO_MOMENT;
      const ms = (versionTimeMs(version) - versionTimeMs(floor)).toString(36);
      const counter = Number.parseInt(version.slice(12, 16), 16);
      groups.set(neuron, `${groups.get(neuron) ?? `${neuron}:${floor}`}-${slot}_${ms}${counter === 0 ? '' : `~${counter.toString(36)}`}`);
    }
    return [this.#base, ...groups.values()].join(',');
  }
}

/** The version of the deletion that a record's expiry is. */
export function expiryVersionOf(record: Kv4Record): string {
  return expiryVersion({ _id: '', ver: record.version, by: record.author, v: null, x: record.expiresAtMs ?? 0 })[0];
}

/** Whether a version is that of a deletion by expiry. */
export function isExpiryVersion(version: string): boolean {
  return version.endsWith(`-${EXPIRY_NEURON}`) && version.length === 17 + EXPIRY_NEURON.length;
}

/** Six characters of base 36: 31 bits of the id's digest, enough to tell some hundred keys apart. */
function slotOf(id: string): string {
  return (hashText(id) % SLOTS).toString(36).padStart(6, '0');
}

function momentText(timeMs: number, counter: number): string {
  return `${timeMs.toString(16).padStart(12, '0')}${counter.toString(16).padStart(4, '0')}`;
}

function momentOf(version: string): string {
  return version.slice(0, 16);
}

function neuronOf(version: string): string {
  return version.slice(17);
}
