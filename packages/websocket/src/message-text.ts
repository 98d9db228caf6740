import { watchEventText, type WatchEvent } from '@xir/kv4-core';
import type { WebSocketErrorBody, WebSocketId } from '@xir/protocol';

/** What was found, as JSON text. */
export interface Outcome {
  readonly text: string;
  /** The age of a cached answer, in milliseconds. */
  readonly ageMs?: number | undefined;
}

/** The text of an id. */
export function idText(id: WebSocketId | null): string {
  return typeof id === 'string' ? JSON.stringify(id) : String(id);
}

/** An answer. Hot. */
export function answerText(id: WebSocketId, { text, ageMs }: Outcome): string {
  const age = ageText(ageMs);
  return '{"id":' + idText(id) + ',"result":' + text + age + '}';
}

/** `,"ageMs":…`, or nothing where the age is not known. */
export function ageText(ageMs: number | undefined): string {
  return ageMs === undefined || !Number.isFinite(ageMs) ? '' : ',"ageMs":' + Math.round(ageMs);
}

/** A failed answer. */
export function failureText(id: WebSocketId | null, error: WebSocketErrorBody): string {
  return `{"id":${idText(id)},"error":${JSON.stringify(error)}}`;
}

/** An event of a watch. */
export function eventText(watch: WebSocketId, event: WatchEvent): string {
  return `{"watch":${idText(watch)},${watchEventText(event).slice(1)}`;
}

/** The last word of a watch that the client did not stop itself. */
export function endText(watch: WebSocketId, error: WebSocketErrorBody | undefined): string {
  return `{"watch":${idText(watch)},"event":"end"${error === undefined ? '' : `,"error":${JSON.stringify(error)}`}}`;
}

/** Told to every client when the neuron drains. */
export function goAwayText(graceMs: number): string {
  return `{"notice":"go-away","graceMs":${graceMs}}`;
}
