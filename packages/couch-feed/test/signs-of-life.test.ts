import { describe, expect, it } from 'vitest';
import { COUNT_EVERY_MS, QUIET_MS, RUN_MS, SignsOfLife } from '../src/signs-of-life.ts';

const LEASE_MS = 10_000;

/** Of a feed that was heard of at 0. */
function signs() {
  const each = new SignsOfLife(LEASE_MS);
  let seq = 0;
  const rows = (atMs: number, scanned = 1): void => {
    each.heard(atMs);
    seq += scanned;
    each.took({ scanned, heartbeats: 0, seq: String(seq), end: undefined });
  };
  const heartbeat = (atMs: number): void => {
    each.heard(atMs);
    each.took({ scanned: 0, heartbeats: 1, seq: undefined, end: undefined });
  };
  each.proved(0);
  return { each, rows, heartbeat };
}

describe('F14: signs that everything is received', () => {
  it('a heartbeat is one, and so is a row that comes by itself', () => {
    const { each, rows, heartbeat } = signs();
    heartbeat(1_000);
    expect(each.lastMs).toBe(1_000);
    rows(2_000);
    expect(each.lastMs).toBe(2_000);
    rows(2_000 + QUIET_MS);
    expect(each.lastMs).toBe(2_000 + QUIET_MS);
  });

  it('of rows that come one upon the other only the first is one', () => {
    const { each, rows } = signs();
    for (let atMs = 1_000; atMs < 1_000 + RUN_MS; atMs += QUIET_MS - 1) rows(atMs);
    expect(each.lastMs).toBe(1_000);
  });

  it('what had to come when the database was asked proves the moment of the question, and not a row earlier', () => {
    const { each, rows } = signs();
    let atMs = 1_000;
    for (; atMs <= 1_000 + RUN_MS; atMs += 10) rows(atMs);
    const count = each.beginCount();
    if (count === undefined) throw new Error('the database was not asked');
    const askedAtMs = atMs - 10;
    each.counted(count, 3);
    rows(atMs);
    rows(atMs + 10);
    expect(each.lastMs).toBe(1_000);
    rows(atMs + 20);
    expect(each.lastMs).toBe(askedAtMs);
  });

  it('rows that came while the database was being asked count', () => {
    const { each, rows } = signs();
    let atMs = 1_000;
    for (; atMs <= 1_000 + RUN_MS; atMs += 10) rows(atMs);
    const count = each.beginCount();
    if (count === undefined) throw new Error('the database was not asked');
    rows(atMs, 3);
    each.counted(count, 3);
    expect(each.lastMs).toBe(atMs - 10);
  });

  it('under steady rows that keep up the age stays below the time between two questions', () => {
    const { each, rows } = signs();
    let oldestMs = 0;
    for (let atMs = 10; atMs < 60_000; atMs += 10) {
      rows(atMs);
      const count = each.beginCount();
      if (count !== undefined) each.counted(count, 0);
      oldestMs = Math.max(oldestMs, atMs - (each.lastMs ?? 0));
    }
    expect(oldestMs).toBeLessThanOrEqual(COUNT_EVERY_MS + RUN_MS);
  });

  it('a database that does not count is not asked more often, and rows alone prove nothing', () => {
    const { each, rows } = signs();
    let questions = 0;
    for (let atMs = 10; atMs < 10_010; atMs += 10) {
      rows(atMs);
      const count = each.beginCount();
      if (count === undefined) continue;
      questions += 1;
      each.counted(count, undefined);
    }
    expect(questions).toBeLessThanOrEqual(10_000 / COUNT_EVERY_MS);
    expect(each.lastMs).toBe(10);
  });

  it('after an interruption rows are none until something is proved, and older answers count for nothing', () => {
    const { each, rows, heartbeat } = signs();
    for (let atMs = 1_000; atMs <= 1_000 + RUN_MS; atMs += 10) rows(atMs);
    const count = each.beginCount();
    if (count === undefined) throw new Error('the database was not asked');
    each.disturbed();
    each.counted(count, 0);
    rows(5_000);
    expect(each.lastMs).toBe(1_000);
    heartbeat(6_000);
    rows(7_000);
    expect(each.lastMs).toBe(7_000);
  });
});
