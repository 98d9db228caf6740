import type { BanList } from '@xir/accounts';
import type { Clock } from '@xir/couch-client';
import type { TokenClaims } from '@xir/protocol';
import type { Router, SlowReceiverPolicy, Standing } from '@xir/router';

/** Default of {@link SignallingLimits.maxConnections}. */
export const DEFAULT_MAX_CONNECTIONS = 20_000;
/** Default of {@link SignallingLimits.maxFrameBytes}. */
export const DEFAULT_MAX_FRAME_BYTES = 262_144;
/** Default of {@link SignallingLimits.maxFramesPerSecond}: old clients send some 250 heartbeats in a second. */
export const DEFAULT_MAX_FRAMES_PER_SECOND = 2_000;
/** Default of {@link SignallingLimits.pingIntervalMs}. */
export const DEFAULT_PING_INTERVAL_MS = 30_000;

/** What bounds the face. */
export interface SignallingLimits {
  /** Connections at a time; who comes after that gets HTTP status 503. */
  readonly maxConnections: number;
  /** Bytes of one frame of a client. */
  readonly maxFrameBytes: number;
  /** Frames of one client in a second, heartbeats included; twice as many at once after a pause. Who sends more is cut. */
  readonly maxFramesPerSecond: number;
  /** Bytes that wait for a slow reader, before the policy of the channel decides. */
  readonly maxWaitingBytes: number;
  /** Milliseconds between two pings; a client that was silent from one to the next is cut. */
  readonly pingIntervalMs: number;
}

/** How the face is made. */
export interface SignallingOptions {
  /** Not closed with the face. */
  readonly router: Router;
  /** The claims of a token that is good; `undefined`: it is not. */
  readonly verifyToken: (token: string) => TokenClaims | undefined;
  /** Who may not come. Not closed with the face. */
  readonly bans: BanList;
  /** Whether somebody with these claims may connect to that path now; default: yes. */
  readonly mayConnect?: (claims: TokenClaims, path: string) => Promise<boolean>;
  /** What happens to slow receivers on a channel; default: `cut`. */
  readonly slowReceiverPolicy?: (bucket: string, path: string) => SlowReceiverPolicy;
  /**
   * What the neuron is to its clients at this moment; default: `serving`. While it is `holding`, what clients send waits, and so does who comes; in `isolated` and `away` nobody may come.
   * A change is to be followed by {@link SignallingFace.recheck}.
   */
  readonly standing?: () => Standing;
  /** Where a client should go when the face closes, or sends its clients away, for example `wss://host/ws`; default: they are not told. */
  readonly nextHost?: () => string | undefined;
  readonly clock?: Clock;
  /** Take the client's address from the last entry of `X-Forwarded-For`, which a trusted proxy has set. Default false. */
  readonly trustProxy?: boolean;
  readonly limits?: Partial<SignallingLimits>;
  /** Told about failures that nobody planned for. */
  readonly onError?: (error: unknown) => void;
}

/** The limits with defaults for what was not given. Throws `TypeError` for a limit that is no positive number. */
export function completeLimits(limits: Partial<SignallingLimits>, maxWaitingBytes: number): SignallingLimits {
  const complete: SignallingLimits = {
    maxConnections: limits.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
    maxFrameBytes: limits.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES,
    maxFramesPerSecond: limits.maxFramesPerSecond ?? DEFAULT_MAX_FRAMES_PER_SECOND,
    maxWaitingBytes: limits.maxWaitingBytes ?? maxWaitingBytes,
    pingIntervalMs: limits.pingIntervalMs ?? DEFAULT_PING_INTERVAL_MS,
  };
  for (const [name, value] of Object.entries(complete)) if (!(value >= 1)) throw new TypeError(`${name} must be at least 1`);
  return complete;
}
