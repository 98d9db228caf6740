/** A request as the cluster sees it. */
export interface ClusterRequest {
  readonly method: string;
  /** Decoded parts of the path. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** An answer that is whole. */
export interface ClusterAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Reads a request of a transport. Pure. */
export function readRequest(request: { readonly method: string; readonly path: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: string | Uint8Array }): ClusterRequest {
  const mark = request.path.indexOf('?');
  const path = mark < 0 ? request.path : request.path.slice(0, mark);
  const { body } = request;
  return {
    method: request.method,
    segments: path.split('/').slice(1).map(decodeURIComponent),
    query: new URLSearchParams(mark < 0 ? '' : request.path.slice(mark + 1)),
    body: body === undefined ? '' : typeof body === 'string' ? body : Buffer.from(body).toString('utf8'),
    headers: request.headers ?? {},
  };
}

/** An answer with a JSON body. Pure. */
export function answer(status: number, body: unknown): ClusterAnswer {
  return { status, text: JSON.stringify(body) };
}

/** CouchDB's errors by status and name. Pure. */
export function refusal(status: number, error: string, reason: string): ClusterAnswer {
  return answer(status, { error, reason });
}
