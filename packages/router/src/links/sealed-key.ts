import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import type { JsonObject, JsonValue } from '@xir/kv4-core';
import { LinkError } from './errors.ts';

/** Cost of turning the system secret into a key (scrypt): 2^15 rounds of 8 blocks, 32 MiB, about a tenth of a second. */
export const SEAL_COST = 32_768;
const BLOCK_SIZE = 8;
const MAX_COST = 1_048_576;
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Seals bytes for a secret: scrypt makes the key, at a cost that is a power of two, AES-256-GCM encrypts; `label` says what they are and is authenticated too. */
export async function seal(bytes: Uint8Array, secret: string, label: string, cost = SEAL_COST): Promise<JsonObject> {
  const salt = randomBytes(SALT_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', await deriveKey(secret, salt, cost), nonce);
  cipher.setAAD(Buffer.from(label, 'utf8'));
  const data = Buffer.concat([cipher.update(bytes), cipher.final()]);
  return { kdf: 'scrypt', cost, cipher: 'aes-256-gcm', salt: salt.toString('base64'), nonce: nonce.toString('base64'), tag: cipher.getAuthTag().toString('base64'), data: data.toString('base64') };
}

/** Opens what {@link seal} made. Rejects with `LINK_WRONG_SECRET`, or with `LINK_AUTHORITY_DAMAGED` where it is nothing of the kind. */
export async function unseal(sealed: JsonValue, secret: string, label: string): Promise<Buffer> {
  const { cost, salt, nonce, tag, data } = readSealed(sealed);
  const decipher = createDecipheriv('aes-256-gcm', await deriveKey(secret, salt, cost), nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(label, 'utf8'));
  decipher.setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(data), decipher.final()]);
  } catch (error) {
    throw new LinkError('LINK_WRONG_SECRET', 'the key of the system authority is sealed for another system secret', error);
  }
}

function readSealed(value: JsonValue) {
  const sealed = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  const { kdf, cipher, cost } = sealed;
  const [salt, nonce, tag, data] = [sealed['salt'], sealed['nonce'], sealed['tag'], sealed['data']].map((text) => Buffer.from(typeof text === 'string' ? text : '', 'base64')) as [Buffer, Buffer, Buffer, Buffer];
  const isKnown = kdf === 'scrypt' && cipher === 'aes-256-gcm' && typeof cost === 'number' && Number.isInteger(Math.log2(cost)) && cost > 1 && cost <= MAX_COST;
  if (!isKnown || salt.length === 0 || nonce.length !== NONCE_BYTES || tag.length !== TAG_BYTES || data.length === 0) {
    throw new LinkError('LINK_AUTHORITY_DAMAGED', 'the sealed key of the system authority is in no form that this version knows');
  }
  return { cost, salt, nonce, tag, data };
}

function deriveKey(secret: string, salt: Buffer, cost: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, KEY_BYTES, { N: cost, r: BLOCK_SIZE, p: 1, maxmem: 256 * cost * BLOCK_SIZE + 1_048_576 }, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}
