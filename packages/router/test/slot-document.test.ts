import type { JsonValue } from '@xir/kv4-core';
import { expect, it } from 'vitest';

import { decodeSlot, encodeSlot, isUser, MAX_SLOT_SUBSCRIPTIONS, type Slot, type Subscription } from '../src/index.ts';

const alex: Subscription = { bucket: 'cool', path: '/room', user: 'alex', device: 'd1', joinedAtMs: 5 };
const bob: Subscription = { bucket: 'cool', path: '/room', user: 'bob', device: 'd2', joinedAtMs: 6, state: { mood: null } };
const eve: Subscription = { bucket: 'cool)woot', path: '/', user: 'eve', device: 'd3', joinedAtMs: 7, state: null };

it('S7: half a character is in no name', () => {
  expect(isUser('a\ud800')).toBe(false);
  expect(isUser('\u{1f600}')).toBe(true);
});

it('S7: a stored slot says what was encoded, and names a channel once', () => {
  const slot: Slot = { incarnation: 'life1', subscriptions: [alex, bob, eve] };
  const value = JSON.parse(JSON.stringify(encodeSlot(slot))) as JsonValue;
  expect(decodeSlot(value)).toEqual(slot);
  expect(JSON.stringify(value).match(/room/g)).toHaveLength(1);
});

it('S7: a slot says where somebody listens, and slots of earlier versions say nothing of it', () => {
  const slot: Slot = { incarnation: 'life1', subscriptions: [alex], listeners: [{ bucket: 'cool', path: '/room', subtree: false }, { bucket: 'cool', path: '/', subtree: true }] };
  expect(decodeSlot(JSON.parse(JSON.stringify(encodeSlot(slot))) as JsonValue)).toEqual(slot);
  expect(encodeSlot({ incarnation: 'life1', subscriptions: [] })).toEqual({ incarnation: 'life1', channels: [] });
  expect(decodeSlot({ incarnation: 'life1', channels: [] })).toEqual({ incarnation: 'life1', subscriptions: [] });
});

const member = ['alex', 'd1', 5];
const refused: readonly (readonly [string, JsonValue])[] = [
  ['a text', 'slot'],
  ['a list', []],
  ['no incarnation', { channels: [] }],
  ['an empty incarnation', { incarnation: '', channels: [] }],
  ['no channels', { incarnation: 'life1' }],
  ['a path that is not normal', { incarnation: 'life1', channels: [['cool', '/room/', [member]]] }],
  ['an empty bucket', { incarnation: 'life1', channels: [['', '/room', [member]]] }],
  ['a user with a slash', { incarnation: 'life1', channels: [['cool', '/room', [['a/b', 'd1', 5]]]] }],
  ['a device with a slash', { incarnation: 'life1', channels: [['cool', '/room', [['a', 'd/1', 5]]]] }],
  ['no time', { incarnation: 'life1', channels: [['cool', '/room', [['a', 'd1']]]] }],
  ['a member that is none', { incarnation: 'life1', channels: [['cool', '/room', [member, null]]] }],
  ['too many members', { incarnation: 'life1', channels: [['cool', '/room', Array.from({ length: MAX_SLOT_SUBSCRIPTIONS + 1 }, () => member)]] }],
  ['listeners that are no list', { incarnation: 'life1', channels: [], listeners: {} }],
  ['a listener that is none', { incarnation: 'life1', channels: [], listeners: [null] }],
  ['a listener at no path', { incarnation: 'life1', channels: [], listeners: [['cool', 'room', true]] }],
  ['a listener that says not what it hears', { incarnation: 'life1', channels: [], listeners: [['cool', '/room']] }],
  ['too many of both', { incarnation: 'life1', channels: [['cool', '/room', [member]]], listeners: Array.from({ length: MAX_SLOT_SUBSCRIPTIONS }, () => ['cool', '/room', true]) }],
];

it.each(refused)('S7: %s is not believed', (_, value) => {
  expect(decodeSlot(value)).toBeUndefined();
});
