import { SYSTEM, type Answer, type CallOptions, type Neuron } from './neuron-fixture.ts';

/** One call of the API, as a mutant may change it. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly options: CallOptions;
}

/** A neuron that gets one thing wrong: it changes calls before they are served, or answers before they are seen. */
export interface Mutant {
  readonly name: string;
  /** The table of facts that must find it. */
  readonly table: string;
  readonly request?: (call: Call) => Call;
  readonly answer?: (answer: Answer, call: Call, serve: Neuron['call']) => Answer | Promise<Answer>;
}

/** The neuron as the mutant shows it. `onFault` is told of mutants that fail themselves: what is noticed then is not the mutation. */
export function mutated(neuron: Neuron, { request, answer }: Mutant, onFault: (error: unknown) => void): Neuron {
  return {
    ...neuron,
    async call(method, path, options = {}) {
      try {
        const call = request?.({ method, path, options }) ?? { method, path, options };
        const given = await neuron.call(call.method, call.path, call.options);
        return answer === undefined ? given : await answer(given, call, neuron.call);
      } catch (error) {
        onFault(error);
        throw error;
      }
    },
  };
}

function saying(answer: Answer, envelope: { readonly v: any; readonly s: string }): Answer {
  return changing(answer, { text: JSON.stringify(envelope) });
}

/** An answer with other parts; the envelope is read from its text when somebody wants it. */
function changing(answer: Answer, parts: Partial<Pick<Answer, 'status' | 'headers' | 'text'>>): Answer {
  const { status, headers, text } = { status: answer.status, headers: answer.headers, text: answer.text, ...parts };
  return {
    status,
    headers,
    text,
    get envelope() {
      return JSON.parse(text) as Answer['envelope'];
    },
    get v() {
      return this.envelope.v;
    },
  };
}

function isJson({ text }: Answer): boolean {
  return text.startsWith('{"v":');
}

/** Changes `v` of answers that are no errors. */
function value(change: (v: any, call: Call) => any): NonNullable<Mutant['answer']> {
  return (answer, call) => (isJson(answer) && answer.envelope.s === 'ok' ? saying(answer, { v: change(answer.v, call), s: 'ok' }) : answer);
}

function refusing(errorString: string, when: (call: Call) => boolean): NonNullable<Mutant['answer']> {
  return (answer, call) => (when(call) ? saying(answer, { v: errorString, s: 'error' }) : answer);
}

/** Changes the object that is written. */
function writing(change: (v: Readonly<Record<string, unknown>>) => Record<string, unknown>): NonNullable<Mutant['request']> {
  return (call) => {
    const body: any = call.options.body;
    if (typeof body?.v !== 'object' || body.v === null || Array.isArray(body.v)) return call;
    return { ...call, options: { ...call.options, body: { ...body, v: change(body.v) } } };
  };
}

function withHeaders(call: Call, headers: Readonly<Record<string, string>>): Call {
  return { ...call, options: { ...call.options, headers: { ...call.options.headers, ...headers } } };
}

function withoutHeader(name: string): NonNullable<Mutant['answer']> {
  return (answer) => {
    const { [name]: _left, ...headers } = answer.headers;
    return changing(answer, { headers });
  };
}

const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v);
const without = (v: Readonly<Record<string, unknown>>, name: string) => Object.fromEntries(Object.entries(v).filter(([field]) => field !== name));
const isSeries = ({ path }: Call) => path.includes('time_series=1') && !path.includes('as=datum');
const rows = (change: (row: any[]) => any[]) => value((v, call) => (isSeries(call) && Array.isArray(v) ? v.map(change) : v));
const rewriting = (pattern: RegExp, replacement: (match: string, group: string) => string) => (call: Call) => ({ ...call, path: call.path.replace(pattern, replacement) });

/** The mutants. Each must be found by a fact of its table. */
export const mutants: readonly Mutant[] = [
  { name: 'errors carry their HTTP status', table: 'transport', request: (call) => withHeaders(call, { prefer: 'status=http' }) },
  { name: 'a missing key is an error of another name', table: '_data', answer: (answer) => (isJson(answer) && answer.v === 'not_found' ? saying(answer, { v: 'no_key', s: 'error' }) : answer) },
  { name: 'a missing key is null', table: '_data', answer: (answer) => (isJson(answer) && answer.v === 'not_found' ? saying(answer, { v: null, s: 'ok' }) : answer) },
  { name: '_ver_ is missing in answers', table: '_data', answer: value((v) => (isObject(v) ? without(v, '_ver_') : v)) },
  { name: '_ver_ is missing in listings of values', table: '_data', answer: value((v, { path }) => (path.includes('as=values') ? v.map((one: Record<string, unknown>) => without(one, '_ver_')) : v)) },
  { name: 'double slashes make an empty segment', table: 'transport', request: rewriting(/(?<=\w)\/\//, () => '/%20/') },
  { name: 'a trailing slash is a segment', table: 'transport', request: rewriting(/\/(?=$|\?)/, () => '/%20') },
  { name: 'depth counts one too many', table: '_ns', request: rewriting(/depth=(\d+)/, (_match, depth) => `depth=${Number(depth) + 1}`) },
  { name: 'depth counts one too few', table: '_ns', request: rewriting(/depth=(\d+)/, (_match, depth) => `depth=${Math.max(0, Number(depth) - 1)}`) },
  { name: 'namespaces are listed with a leading slash', table: '_ns', answer: value((v, { method }) => (method === 'GET' ? v.map((path: string) => `/${path}`) : v)) },
  { name: 'an existing namespace is created again', table: '_ns', answer: (answer) => (answer.v === 'path_exists' ? saying(answer, { v: { _ver_: 'x' }, s: 'ok' }) : answer) },
  { name: 'namespaces are listed out of order', table: '_ns', answer: value((v) => (Array.isArray(v) ? v.toReversed() : v)) },
  { name: 'keys are listed out of order', table: '_data', answer: value((v, { method }) => (method === 'GET' && Array.isArray(v) && typeof v[0] === 'string' ? v.toReversed() : v)) },
  { name: 'a path without keys is not_found', table: '_data', answer: (answer, { method }) => (method === 'GET' && answer.text === '{"v":[],"s":"ok"}' ? saying(answer, { v: 'not_found', s: 'error' }) : answer) },
  { name: 'the lock is ignored', table: '_data', request: writing((v) => ({ ...v, _ver_: '_splat_' })) },
  { name: '_splat_ is a version like others', table: '_data', request: writing((v) => (v['_ver_'] === '_splat_' ? { ...v, _ver_: 'splat' } : v)) },
  {
    name: 'a _ver_ is compared although the key does not exist',
    table: '_data',
    request: (call) => {
      const version: unknown = (call.options.body as { v?: { _ver_?: unknown } | null } | undefined)?.v?._ver_;
      return typeof version === 'string' && version !== '_splat_' ? withHeaders(call, { 'if-match': `"${version}"` }) : call;
    },
  },
  { name: 'null removes a field', table: '_data', request: writing((v) => Object.fromEntries(Object.entries(v).filter(([, field]) => field !== null))) },
  { name: 'scalars are wrapped', table: '_data', answer: value((v, { method }) => (method === 'PUT' && !isObject(v) ? { value: v } : v)) },
  { name: 'as=1 lists keys', table: '_data', request: rewriting(/as=1/, () => 'as=keys') },
  { name: 'a series is oldest first', table: '_data', answer: value((v, call) => (isSeries(call) && Array.isArray(v) ? v.toReversed() : v)) },
  { name: 'a series has milliseconds', table: '_data', answer: rows(([time, ...rest]) => [time * 1000, ...rest]) },
  { name: 'a deletion is left out of a series', table: '_data', answer: value((v, call) => (isSeries(call) && Array.isArray(v) ? v.filter((row) => row[2] !== null) : v)) },
  { name: 'groups of time need zero-padding', table: '_data', answer: refusing('bad_option', ({ path }) => /[?&]g[se]=[^&]*:\d(?::|&|$)/.test(path)) },
  { name: 'a deletion counts one too many', table: '_data', answer: value((v, { method }) => (method === 'DELETE' ? v + 1 : v)) },
  { name: 'a deletion of nothing is not_found', table: '_data', answer: (answer, { method }) => (method === 'DELETE' && answer.v === 0 ? saying(answer, { v: 'not_found', s: 'error' }) : answer) },
  { name: 'answers allow no other origin', table: 'transport', answer: withoutHeader('access-control-allow-origin') },
  { name: 'a preflight needs a login', table: 'transport', answer: (answer, { method }) => (method === 'OPTIONS' ? changing(answer, { status: 401 }) : answer) },
  { name: 'an empty body is refused', table: 'transport', answer: refusing('bad_body', ({ method, options }) => (method === 'PUT' || method === 'POST') && options.body === undefined && (options.raw ?? '') === '') },
  { name: 'JSON needs its Content-Type', table: 'transport', answer: refusing('bad_body', ({ options }) => options.raw?.toString().startsWith('{') === true && options.headers?.['content-type'] !== 'application/json') },
  { name: 'forms do not nest', table: 'transport', request: (call) => ({ ...call, options: typeof call.options.raw === 'string' ? { ...call.options, raw: call.options.raw.replace(/v\[\w*\]/g, 'v') } : call.options }) },
  { name: 'the author of an administrator is the account', table: 'login', answer: value((v) => (Array.isArray(v) && isObject(v[0]) ? v.map((record) => (record.a === 'anna' ? { ...record, a: record.w } : record)) : v)) },
  { name: 'a series shows another author', table: '_data', answer: rows(([time, _author, shown]) => [time, '$sys', shown]) },
  { name: 'no login is an empty answer', table: 'login', answer: (answer) => (isJson(answer) && answer.v === 'unauthorized' ? changing(answer, { text: '' }) : answer) },
  {
    name: 'a ban holds on its path alone',
    table: '_auth',
    answer: (answer, { method, path, options }, serve) => {
      const below = path.split('?')[0]?.split('/').length ?? 0;
      if (!isJson(answer) || answer.v !== 'unauthorized' || below < 4) return answer;
      return serve(method, `${path}${path.includes('?') ? '&' : '?'}w=elena`, { ...options, login: SYSTEM });
    },
  },
  { name: 'addresses are kept as they were written', table: '_auth', answer: value((v) => (Array.isArray(v) ? v.map((address: string) => address.replace('::', ':0:')) : v)) },
  { name: 'a read of an account shows its secret', table: '_acc', answer: value((v, { method }) => (method === 'GET' && isObject(v) ? { ...v, secret: 'x' } : v)) },
  { name: 'a creation does not show the secret', table: '_acc', answer: value((v, { method }) => (method === 'PUT' && isObject(v) ? without(v, 'secret') : v)) },
  { name: 'a change answers nothing', table: '_acc', answer: value((v, { method }) => (method === 'POST' ? {} : v)) },
  { name: 'an administrator is shown with the password', table: '_acc/users/admins', answer: value((v) => (isObject(v) ? { ...v, password: 'x' } : v)) },
  { name: 'paths are listed without a leading slash', table: '_ds', answer: value((v, { path }) => (path.includes('a=paths') ? v.map((one: string) => one.slice(1)) : v)) },
  { name: 'a token lives a second longer', table: '_token', request: (call) => (call.path.includes('expire') ? call : { ...call, path: `${call.path}${call.path.includes('?') ? '&' : '?'}expire=61` }) },
  { name: 'TURN servers come in another order', table: '_turn', answer: value((v) => (Array.isArray(v.iceServers) ? { iceServers: v.iceServers.toReversed() } : v)) },
  { name: 'a user with two topics is listed twice', table: '_subs', answer: value((v, { method }) => (method === 'GET' && Array.isArray(v) && typeof v[0] === 'string' ? [...v, v.at(-1)] : v)) },
  { name: 'there is no ETag', table: 'conditional requests', answer: withoutHeader('etag') },
  { name: 'p is not part of the path', table: 'what has no room elsewhere', request: rewriting(/([?&])p=/, (_match, mark) => `${mark}q=`) },
];
