import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

/** A key and a certificate for it, PEM. */
export interface SelfSigned {
  readonly cert: string;
  readonly key: string;
}

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';
const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17';

/** Makes a certificate (X.509 v3, RFC 5280; ECDSA on P-256) for 127.0.0.1 that is valid from yesterday until tomorrow and signed by its own key. */
export function selfSigned(nowMs: number = Date.now()): SelfSigned {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const certificate = certificateOf(publicKey, privateKey, nowMs);
  const base64 = certificate.toString('base64').replace(/.{64}/g, '$&\n');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function certificateOf(publicKey: KeyObject, privateKey: KeyObject, nowMs: number): Buffer {
  const day = 86_400_000;
  const name = sequence(der(0x31, sequence(objectId(COMMON_NAME), der(0x0c, Buffer.from('127.0.0.1')))));
  const alternativeName = sequence(der(0x87, Buffer.from([127, 0, 0, 1])));
  const algorithm = sequence(objectId(ECDSA_WITH_SHA256));
  const toBeSigned = sequence(
    der(0xa0, integer(2)),
    integer(1),
    algorithm,
    name,
    sequence(utcTime(nowMs - day), utcTime(nowMs + day)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(sequence(objectId(SUBJECT_ALTERNATIVE_NAME), der(0x04, alternativeName)))),
  );
  const signature = sign('sha256', toBeSigned, privateKey);
  return sequence(toBeSigned, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
}

/** A tag, a length and contents (X.690, 8.1), up to 65,535 bytes. */
function der(tag: number, contents: Buffer): Buffer {
  const { length } = contents;
  const lengthBytes = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...lengthBytes]), contents]);
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function integer(value: number): Buffer {
  return der(0x02, Buffer.from([value]));
}

function utcTime(timeMs: number): Buffer {
  return der(0x17, Buffer.from(`${new Date(timeMs).toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`));
}

function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}
