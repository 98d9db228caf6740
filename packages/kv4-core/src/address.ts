/**
 * Where a listing lives: the first two coordinates of KV4 inside one bucket.
 *
 * `path` is absolute and normalised: `/` is the root, `/a/b` two segments, never a trailing slash
 * (see `normalisePath`).
 */
export interface PathAddress {
  /** The account whose data this is: `$sys`, `cool`, or `cool)woot` for a sub-account. */
  readonly bucket: string;
  /** The layer, for example `*data` or `*stats:router:pkt`. */
  readonly layer: string;
  /** Normalised absolute path. */
  readonly path: string;
}

/** Where a value lives: a listing and a key in it. The fourth coordinate, time, is a version. */
export interface KeyAddress extends PathAddress {
  readonly key: string;
}

/** The additional keys (`k2`, `k3`, `k4`) under which a value may also be found at its path. */
export interface SecondaryKeys {
  readonly k2?: string;
  readonly k3?: string;
  readonly k4?: string;
}

/** Names a secondary key. */
export type SecondaryKeyName = keyof SecondaryKeys;
