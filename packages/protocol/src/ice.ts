/** The shapes in which `_turn` answers. */
export type IceFormat = 'url' | 'urls' | 'webrtc';

/** One entry of the `url` format: one URL each, as v3's older clients need. */
export interface IceUrlEntry {
  readonly url: string;
  readonly username?: string;
  readonly credential?: string;
}

/** One entry of the `urls` and `webrtc` formats. */
export interface IceUrlsEntry {
  readonly urls: string | readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

/** What `_turn` answers in `v`. */
export interface IceAnswer {
  readonly iceServers: readonly IceUrlEntry[] | readonly IceUrlsEntry[] | IceUrlsEntry;
}

/** Time-limited credentials of a TURN server. */
export interface IceCredentials {
  readonly username: string;
  readonly credential: string;
}

/** The STUN URL and the six TURN URLs of a host, in v3's order. */
export function iceUrls(host: string): { readonly stun: string; readonly turn: readonly string[] } {
  return {
    stun: `stun:${host}`,
    turn: [
      `turn:${host}:80?transport=udp`,
      `turn:${host}:3478?transport=udp`,
      `turn:${host}:80?transport=tcp`,
      `turn:${host}:3478?transport=tcp`,
      `turns:${host}:443?transport=tcp`,
      `turns:${host}:5349?transport=tcp`,
    ],
  };
}

/**
 * The answer of `_turn` for some STUN and TURN URLs: `url` is an array with one URL per entry, `urls` a single object, `webrtc` the
 * array that `RTCPeerConnection` takes.
 */
export function iceAnswer(format: IceFormat, stun: readonly string[], turn: readonly string[], credentials: IceCredentials): IceAnswer {
  const { username, credential } = credentials;
  switch (format) {
    case 'url':
      return { iceServers: [...stun.map((url) => ({ url })), ...turn.map((url) => ({ username, url, credential }))] };
    case 'urls':
      return { iceServers: { username, urls: [...stun, ...turn], credential } };
    case 'webrtc':
      return {
        iceServers: [...(stun.length > 0 ? [{ urls: stun }] : []), ...(turn.length > 0 ? [{ urls: turn, username, credential }] : [])],
      };
  }
}
