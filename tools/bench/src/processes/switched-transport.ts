import { CouchError, undiciTransport, type CouchTransport } from '@xir/couch-client';

/** A transport that can be cut off from its server, as by an outage, at no cost while it is not. */
export interface SwitchedTransport extends CouchTransport {
  /** Breaks what is on its way and refuses what comes. */
  cut(): void;
  /** Lets requests pass again. */
  mend(): void;
  /** When the first request of a feed passed since the last `mend`, in monotonic milliseconds. */
  readonly feedAtMs: number | undefined;
}

/** Wraps the default transport. */
export function switchedTransport(url: string): SwitchedTransport {
  const inner = undiciTransport({ url });
  let outage = new AbortController();
  let isCut = false;
  let feedAtMs: number | undefined;
  return {
    get feedAtMs() {
      return feedAtMs;
    },
    cut() {
      isCut = true;
      outage.abort();
    },
    mend() {
      isCut = false;
      outage = new AbortController();
      feedAtMs = undefined;
    },
    async request(request) {
      if (isCut) throw new CouchError('COUCH_UNREACHABLE', 'cut off');
      if (request.path.includes('/_changes') && request.path.includes('feed=continuous')) feedAtMs ??= performance.now();
      const signal = request.signal === undefined ? outage.signal : AbortSignal.any([request.signal, outage.signal]);
      return inner.request({ ...request, signal });
    },
    close: () => inner.close(),
  };
}
