import { textOfBytes } from './byte-text.ts';
import { RespError } from './errors.ts';

/** The layer of names that name none: user data, which REST serves as `_data`. */
export const DEFAULT_LAYER = '*data';

/** Where a name leads, without the bucket. */
export interface NamedKey {
  readonly layer: string;
  readonly path: string;
  readonly key: string;
}

/** Where the name of a hash leads, without the bucket. */
export interface NamedPath {
  readonly layer: string;
  readonly path: string;
}

const SLASH = 0x2f;

/**
 * The place of a key's name (byte text): `[layer:]/path/key`; a name that does not begin like that is a key at the root path, as it stands, so that `user:1000` and
 * `http://example.org/x` are. Throws `RESP_BAD_NAME` for what is no UTF-8, empty, or a path with an empty segment; `RESP_FORBIDDEN` for layers of other services.
 */
export function parseKeyName(bytes: string): NamedKey {
  const name = nameText(bytes);
  const colon = layerEnd(name);
  if (colon < 0) return { layer: DEFAULT_LAYER, path: '/', key: name };
  const layer = colon === 0 ? DEFAULT_LAYER : allowedLayer(name.slice(0, colon));
  const start = colon === 0 ? 0 : colon + 1;
  const last = name.lastIndexOf('/');
  const key = name.slice(last + 1);
  const path = last === start ? '/' : name.slice(start, last);
  if (key === '' || name.includes('//', start)) throw new RespError('RESP_BAD_NAME', 'a name is [layer:]/path/key, without empty segments');
  return { layer, path, key };
}

/** The place of a hash's name (byte text): `[layer:]/path`; a name without `/` is a path of one segment. Throws as {@link parseKeyName}. */
export function parsePathName(bytes: string): NamedPath {
  const name = nameText(bytes);
  const colon = layerEnd(name);
  if (colon < 0) {
    if (name.includes('/')) throw new RespError('RESP_BAD_NAME', 'the name of a hash is [layer:]/path, or has no slash');
    return { layer: DEFAULT_LAYER, path: `/${name}` };
  }
  const layer = colon === 0 ? DEFAULT_LAYER : allowedLayer(name.slice(0, colon));
  const path = colon === 0 ? name : name.slice(colon + 1);
  if (path.includes('//') || (path.length > 1 && path.endsWith('/'))) throw new RespError('RESP_BAD_NAME', 'the name of a hash is [layer:]/path, without empty segments');
  return { layer, path };
}

/** The field of a hash (byte text): a key at its path. Throws `RESP_BAD_NAME`. */
export function parseField(bytes: string): string {
  return nameText(bytes);
}

/** The name of a key, as {@link parseKeyName} reads it; `undefined` where no name leads there (a key with a slash beneath the root). */
export function keyNameOf({ layer, path, key }: NamedKey): string | undefined {
  const prefix = layer === DEFAULT_LAYER ? '' : `${layer}:`;
  if (path !== '/') return key.includes('/') ? undefined : `${prefix}${path}/${key}`;
  if (prefix !== '') return key.includes('/') ? undefined : `${prefix}/${key}`;
  return layerEnd(key) < 0 ? key : undefined;
}

/** The name of a hash, as {@link parsePathName} reads it. */
export function pathNameOf({ layer, path }: NamedPath): string {
  if (layer !== DEFAULT_LAYER) return `${layer}:${path}`;
  const bare = path.slice(1);
  return bare === '' || bare.includes('/') || layerEnd(bare) >= 0 ? path : bare;
}

/** The path in which all names lie that begin with a prefix (byte text), as far as the prefix tells. Throws as {@link parseKeyName}. */
export function placeOfPrefix(bytes: string): NamedPath {
  const prefix = textOfBytes(bytes);
  if (prefix === undefined) throw new RespError('RESP_BAD_NAME', 'a name must be UTF-8');
  const end = layerEnd(prefix);
  if (end < 0) return { layer: DEFAULT_LAYER, path: '/' };
  const layer = end === 0 ? DEFAULT_LAYER : allowedLayer(prefix.slice(0, end));
  const folder = prefix.slice(end === 0 ? 0 : end + 1, prefix.lastIndexOf('/'));
  if (folder.includes('//')) throw new RespError('RESP_BAD_NAME', 'a name is [layer:]/path/key, without empty segments');
  return { layer, path: folder === '' ? '/' : folder };
}

/** Every name under which a client may have read a key, or the hash it is a field of. */
export function namesOfChange(address: NamedKey): string[] {
  const { layer, path, key } = address;
  const prefix = layer === DEFAULT_LAYER ? '' : `${layer}:`;
  const names = new Set<string>();
  const name = keyNameOf(address);
  if (name !== undefined) names.add(name);
  if (path === '/' && !key.includes('/')) names.add(`${prefix}/${key}`);
  names.add(pathNameOf({ layer, path }));
  names.add(`${prefix}${path}`);
  return [...names];
}

/** Where the layer of a name ends: 0 where it begins with a path, -1 where it has neither. */
export function layerEnd(name: string): number {
  if (name.charCodeAt(0) === SLASH) return 0;
  const colon = name.indexOf(':/');
  return colon > 0 && name.charCodeAt(colon + 2) !== SLASH && name.lastIndexOf('/', colon) < 0 ? colon : -1;
}

/** A layer of the account's own: a name without `*`, `*data` or `*data:…`. Throws `RESP_FORBIDDEN`. */
export function allowedLayer(layer: string): string {
  if (layer.startsWith('*') && layer !== DEFAULT_LAYER && !layer.startsWith('*data:')) throw new RespError('RESP_FORBIDDEN', 'this layer belongs to another service');
  return layer;
}

function nameText(bytes: string): string {
  const text = textOfBytes(bytes);
  if (text === undefined) throw new RespError('RESP_BAD_NAME', 'a name must be UTF-8');
  if (text === '') throw new RespError('RESP_BAD_NAME', 'a name must not be empty');
  return text;
}
