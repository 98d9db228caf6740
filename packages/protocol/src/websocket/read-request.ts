import type * as z from 'zod';

import { jsonDepthExceeds, MAX_JSON_DEPTH } from '../body.ts';
import { webSocketIdSchema, webSocketRequestSchema, type WebSocketId, type WebSocketRequest } from './request-schemas.ts';

/** What can be wrong with a message, as stable codes. */
export const WEBSOCKET_PROBLEM_CODES = ['WEBSOCKET_BAD_FIELD', 'WEBSOCKET_BAD_MESSAGE', 'WEBSOCKET_UNKNOWN_OPERATION', 'WEBSOCKET_VALUE_MISSING'] as const;

/** A code of {@link WebSocketProblem}. */
export type WebSocketProblemCode = (typeof WEBSOCKET_PROBLEM_CODES)[number];

/** Why a message is no request. */
export interface WebSocketProblem {
  readonly code: WebSocketProblemCode;
  /** Which field, and what it should be; holds nothing of the message but names of fields. */
  readonly message: string;
  /** The id of the request, where it can be read. */
  readonly id: WebSocketId | null;
}

/** What came of reading a message. */
export type WebSocketReading = { readonly ok: true; readonly request: WebSocketRequest } | { readonly ok: false; readonly problem: WebSocketProblem };

/** Reads a message. Never throws, whatever the text. */
export function readWebSocketRequest(text: string): WebSocketReading {
  const message = parseObject(text);
  if (message === undefined) return bad('WEBSOCKET_BAD_MESSAGE', `a message is one JSON object, nested at most ${MAX_JSON_DEPTH} deep`, null);
  const result = webSocketRequestSchema.safeParse(message);
  const id = idOf(message);
  if (!result.success) return refuse(result.error, id);
  const { data } = result;
  const { op } = data;
  if (op === 'put' && !('value' in message)) return bad('WEBSOCKET_VALUE_MISSING', 'value: is missing', id);
  if (op === 'batch') return checkBatch(data, message, id);
  if (op === 'watch') return checkWatch(data);
  if (op === 'login' && (data.token === undefined) === (data.account === undefined && data.secret === undefined)) return bad('WEBSOCKET_BAD_FIELD', 'a login has either account and secret, or token', id);
  if (op === 'login' && (data.account === undefined) !== (data.secret === undefined)) return bad('WEBSOCKET_BAD_FIELD', 'account and secret belong together', id);
  return { ok: true, request: data };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  if (jsonDepthExceeds(text, MAX_JSON_DEPTH)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    // No JSON: the caller is told.
    return undefined;
  }
}

function checkBatch(batch: WebSocketRequest & { op: 'batch' }, message: Record<string, unknown>, id: WebSocketId | null): WebSocketReading {
  const given = message['requests'] as readonly Record<string, unknown>[];
  const index = batch.requests.findIndex((entry, place) => entry.op === 'put' && !('value' in (given[place] ?? {})));
  return index < 0 ? { ok: true, request: batch } : bad('WEBSOCKET_VALUE_MISSING', `requests.${index}.value: is missing`, id);
}

function checkWatch(watch: WebSocketRequest & { op: 'watch' }): WebSocketReading {
  const { scope, key, path, id } = watch;
  if ((scope === 'key') !== (key !== undefined)) return bad('WEBSOCKET_BAD_FIELD', 'key: belongs to the scope key', id);
  if ((scope === 'layer') !== (path === undefined)) return bad('WEBSOCKET_BAD_FIELD', 'path: belongs to every scope but layer', id);
  return { ok: true, request: watch };
}

function refuse(error: z.ZodError, id: WebSocketId | null): WebSocketReading {
  const [issue] = error.issues;
  const where = issue?.path.join('.') ?? '';
  if (issue?.code === 'invalid_union' && issue.path.at(-1) === 'op') return bad('WEBSOCKET_UNKNOWN_OPERATION', `${where}: there is no such operation`, id);
  if (issue?.code === 'unrecognized_keys') return bad('WEBSOCKET_BAD_FIELD', `${where === '' ? '' : `${where}: `}there is no such field: ${issue.keys.map((key) => JSON.stringify(key.slice(0, 32))).slice(0, 5).join(', ')}`, id);
  return bad('WEBSOCKET_BAD_FIELD', `${where}: ${(issue?.message ?? 'is not valid').slice(0, 200)}`, id);
}

function idOf(message: Record<string, unknown>): WebSocketId | null {
  const result = webSocketIdSchema.safeParse(message['id']);
  return result.success ? result.data : null;
}

function bad(code: WebSocketProblemCode, message: string, id: WebSocketId | null): WebSocketReading {
  return { ok: false, problem: { code, message, id } };
}
