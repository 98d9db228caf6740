/** What is done with a key besides reading and writing it; it decides which promises can be checked. */
export type KeyRole = 'plain' | 'expiring' | 'conflicting' | 'purged';

/** A key of the test. */
export interface TestKey {
  /** `<layer> <path> <key>`: how histories name it. */
  readonly name: string;
  readonly layer: string;
  readonly path: string;
  readonly key: string;
  readonly role: KeyRole;
}

/** Layers in use. */
export const LAYERS = ['*data', 'logs'] as const;
/** Paths in use: one beneath another, one beside them. */
export const PATHS = ['/o/a', '/o/a/b', '/o/c'] as const;
/** The path whose keys are deleted all at once now and then. */
export const CLEARED_PATH = '/o/c';

const KEYS: readonly (readonly [string, KeyRole])[] = [
  ['k0', 'plain'],
  ['k1', 'plain'],
  ['k2', 'plain'],
  ['k3', 'plain'],
  ['k4', 'plain'],
  ['expiring', 'expiring'],
  ['conflicting', 'conflicting'],
  ['purged', 'purged'],
];

/** The name of a key in histories. */
export function keyName(layer: string, path: string, key: string): string {
  return `${layer} ${path} ${key}`;
}

/** Every key of the test. */
export const TEST_KEYS: readonly TestKey[] = LAYERS.flatMap((layer) =>
  PATHS.flatMap((path) => KEYS.map(([key, role]) => ({ name: keyName(layer, path, key), layer, path, key, role }))),
);

const ROLES: ReadonlyMap<string, KeyRole> = new Map(TEST_KEYS.map(({ name, role }) => [name, role]));

/** The role of a key by its name; keys that are not of the test are plain. */
export function roleOf(name: string): KeyRole {
  return ROLES.get(name) ?? 'plain';
}

/** The keys at a path of a layer; with `beneath` those below it too. */
export function keysAt(layer: string, path: string, beneath = false): readonly TestKey[] {
  const inside = (other: string) => other === path || (beneath && (path === '/' || other.startsWith(`${path}/`)));
  return TEST_KEYS.filter((key) => key.layer === layer && inside(key.path));
}
