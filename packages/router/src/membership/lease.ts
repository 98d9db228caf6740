import type { JsonObject, JsonValue, KeyAddress, PathAddress } from '@xir/kv4-core';
import type { NeuronLife } from '../membership.ts';
import { isIncarnation } from './incarnation.ts';

/** The layer that holds the leases of all neurons; it is to keep no history. */
export const LEASE_LAYER = '*leases';
/** Where the leases of all neurons are: one key for each neuron. */
export const LEASE_PATH: PathAddress = Object.freeze({ bucket: '$sys', layer: LEASE_LAYER, path: '/runtime/hosts/active' });
/** Most characters of a text in a lease (a region, a host, a URL). */
export const MAX_LEASE_TEXT_CHARACTERS = 512;
/** Most signalling URLs in a lease. */
export const MAX_LEASE_URLS = 16;

/** Where a neuron's link is reached. */
export interface LinkAddress {
  readonly host: string;
  readonly port: number;
}

/** What a neuron says of itself, beside that it lives. */
export interface NeuronFacts {
  readonly link?: LinkAddress;
  /** Where clients connect for signalling: `wss://host:port/ws`. */
  readonly signalUrls?: readonly string[];
  readonly region?: string;
  /** How busy it is, from 0 to 1. */
  readonly load: number;
  /** Connected clients. */
  readonly clients: number;
  /** It takes no new clients, and will go soon. */
  readonly draining: boolean;
}

/** What a neuron's lease says. */
export interface Lease extends NeuronLife, NeuronFacts {
  /** Grows with each renewal, so that each differs from the one before. */
  readonly renewal: number;
  /** The process that holds it: two processes of one name are told apart by it. */
  readonly process: string;
  /** This life ended in good order. */
  readonly left: boolean;
  /** Who took the lease over to clean up behind a dead neuron. */
  readonly takenBy?: NeuronLife;
}

/** A lease as it was read, with the version that a change of it has to name. */
export interface StoredLease extends Lease {
  readonly version: string;
}

/** The address of a neuron's lease. */
export function leaseAddress(neuron: string): KeyAddress {
  return { ...LEASE_PATH, key: neuron };
}

/** Whether a text can name a neuron. */
export function isNeuronName(text: unknown): text is string {
  return typeof text === 'string' && /^[a-z0-9]{1,24}$/.test(text);
}

/** The value that is stored for a lease. */
export function encodeLease(lease: Lease): JsonObject {
  const { incarnation, renewal, process, load, clients, draining, left, link, signalUrls, region, takenBy } = lease;
  return {
    incarnation,
    renewal,
    process,
    load,
    clients,
    ...(draining ? { draining } : {}),
    ...(left ? { left } : {}),
    ...(link === undefined ? {} : { link: { host: link.host, port: link.port } }),
    ...(signalUrls === undefined ? {} : { signalUrls: [...signalUrls] }),
    ...(region === undefined ? {} : { region }),
    ...(takenBy === undefined ? {} : { takenBy: { neuron: takenBy.neuron, incarnation: takenBy.incarnation } }),
  };
}

/** Reads a stored lease; `undefined` where the value is none. Facts that make no sense are left out; who holds it has to be clear. */
export function decodeLease(neuron: string, value: JsonValue): Lease | undefined {
  if (!isNeuronName(neuron) || !isObject(value)) return undefined;
  const { incarnation, renewal, process, load, clients } = value;
  if (!isIncarnation(incarnation) || typeof renewal !== 'number' || !isText(process)) return undefined;
  const link = readLink(value['link']);
  const signalUrls = readUrls(value['signalUrls']);
  const takenBy = readLife(value['takenBy']);
  const region = value['region'];
  return {
    neuron,
    incarnation,
    renewal,
    process,
    load: typeof load === 'number' && load >= 0 ? load : 1,
    clients: typeof clients === 'number' && clients >= 0 ? clients : 0,
    draining: value['draining'] === true,
    left: value['left'] === true,
    ...(link === undefined ? {} : { link }),
    ...(signalUrls === undefined ? {} : { signalUrls }),
    ...(isText(region) ? { region } : {}),
    ...(takenBy === undefined ? {} : { takenBy }),
  };
}

function readLink(value: JsonValue | undefined): LinkAddress | undefined {
  if (!isObject(value)) return undefined;
  const { host, port } = value;
  return isText(host) && typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536 ? { host, port } : undefined;
}

function readUrls(value: JsonValue | undefined): readonly string[] | undefined {
  return Array.isArray(value) && value.length <= MAX_LEASE_URLS && value.every(isText) ? (value as readonly string[]) : undefined;
}

function readLife(value: JsonValue | undefined): NeuronLife | undefined {
  if (!isObject(value)) return undefined;
  const { neuron, incarnation } = value;
  return isNeuronName(neuron) && isIncarnation(incarnation) ? { neuron, incarnation } : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_LEASE_TEXT_CHARACTERS;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
