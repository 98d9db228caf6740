import { shownEvents, type ShownEvents } from '@xir/accounts';
import type { Kv4Record, WatchScope } from '@xir/kv4-core';
import { isTruthy, withVersionText } from '@xir/protocol';

import { datumText, versionDatumText } from './datum-text.ts';
import { listForm, shownText, versionText, type ListForm, type Reading } from './key-reading.ts';
import { pagedAnswer } from './list-answer.ts';
import { depthOption, moment, readOptions } from './read-parameters.ts';
import type { EventsAnswer, ListAnswer, ServiceRequest } from './service.ts';

/** Answers a GET of a path: its keys, values or records, with `tree=1` those beneath it too, with `at` as they were. */
export async function readPath(request: ServiceRequest, reading: Reading): Promise<ListAnswer> {
  const { query, context } = request;
  const { store } = context;
  const { address } = reading;
  const tree = isTruthy(query.get('tree')) || query.get('as') === 'tree';
  const form = tree && query.get('as') !== 'values' ? 'datum' : listForm(query);
  const at = query.get('at');
  if (at !== undefined) return readPathAt(request, { reading, form, tree }, moment('at', at));
  const toText = (record: Kv4Record) => recordText(reading, form, record);
  if (tree) return pagedAnswer(request, (page) => store.tree(address, { ...page, ...depthOption(query) }), toText);
  if (form !== 'keys') return pagedAnswer(request, (page) => store.list(address, page), toText);
  return pagedAnswer(request, (page) => store.keys(address, page), (key) => JSON.stringify(key));
}

interface PastListing {
  readonly reading: Reading;
  readonly form: ListForm;
  readonly tree: boolean;
}

async function readPathAt(request: ServiceRequest, listing: PastListing, timeMs: number): Promise<ListAnswer> {
  const { reading, form, tree } = listing;
  if (timeMs < reading.sinceMs) return { kind: 'list', first: [] };
  const depth = tree ? depthOption(request.query) : { depth: 0 };
  const answer = await pagedAnswer(
    request,
    async (page) => {
      const past = await request.context.store.treeAt(reading.address, timeMs, { ...page, ...depth });
      return { ...past, items: past.items.filter((version) => version.timeMs >= reading.sinceMs) };
    },
    (version) => {
      if (form === 'keys') return JSON.stringify(version.address.key);
      const text = versionText(reading, version);
      return form === 'values' ? withVersionText(text, version.version) : versionDatumText(version, text);
    },
  );
  return { ...answer, cached: false };
}

function recordText(reading: Reading, form: ListForm, record: Kv4Record): string {
  const text = shownText(reading, record);
  return form === 'datum' ? datumText(record, text) : withVersionText(text, record.version);
}

/** Whether a GET asks for a watch. */
export function asksForWatch(request: ServiceRequest): boolean {
  return isTruthy(request.query.get('watch'));
}

/** Answers a GET with `watch=1`: a key, a path, with `tree=1` a subtree, with `scope=layer` the whole layer. */
export function watchPath(request: ServiceRequest, reading: Reading): EventsAnswer {
  return watchScopeOf(request, watchScope(request, reading), { sinceMs: reading.sinceMs });
}

/** Answers a GET with `watch=1` whose scope the service has chosen. */
export function watchScopeOf(request: ServiceRequest, scope: WatchScope, shown: Omit<ShownEvents, 'history'>): EventsAnswer {
  const { query, headers, signal, context } = request;
  const history = isTruthy(query.get('history'));
  const lastEventId = headers['last-event-id'];
  const after = typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : query.get('after');
  const initial = query.get('initial');
  const events = context.store.watch(scope, {
    signal,
    ...(after === undefined || after === '' ? {} : { after }),
    ...(initial === undefined ? {} : { initial: isTruthy(initial) }),
    ...(isTruthy(query.get('latest')) ? { latestOnly: true } : {}),
    ...(history ? { history: true } : {}),
  });
  const all = shown.keep === undefined && shown.sinceMs <= 0;
  return { kind: 'events', events: all ? events : shownEvents(events, { ...shown, history }) };
}

function watchScope(request: ServiceRequest, { address }: Reading): WatchScope {
  const { query } = request;
  const key = query.get('k');
  if (key !== undefined && key !== '') return { type: 'key', address: { ...address, key } };
  if (query.get('scope') === 'layer') return { type: 'layer', bucket: address.bucket, layer: address.layer };
  return isTruthy(query.get('tree')) ? { type: 'subtree', address } : { type: 'path', address };
}

/** The paths at or beneath a path that hold keys. */
export function readPaths(request: ServiceRequest, reading: Reading, toText: (path: string) => string): Promise<ListAnswer> {
  const depth = depthOption(request.query);
  return pagedAnswer(request, (page) => request.context.store.paths(reading.address, { ...page, ...depth }), toText);
}

/** The layers of a bucket. */
export async function readLayers(request: ServiceRequest, bucket: string): Promise<ListAnswer> {
  const layers = await request.context.store.layers(bucket, readOptions(request));
  return { kind: 'list', first: layers.map((layer) => JSON.stringify(layer)), cached: true };
}
