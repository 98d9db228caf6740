import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { NeuronError } from './errors.ts';

/** A certificate chain and its key, PEM. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Reads and checks certificate and key. Throws `NEURON_TLS_FILE`, whose message holds nothing of the key. */
export function readTlsFiles(certPath: string, keyPath: string): TlsFiles {
  const files = { cert: read('--tls-cert', certPath), key: read('--tls-key', keyPath) };
  try {
    createSecureContext(files);
    return files;
  } catch (error) {
    throw problem('--tls-cert', `certificate and key do not fit (${codeOf(error)})`, 'Give the PEM files of one certificate chain and of its private key.');
  }
}

function read(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw problem(option, `${path} cannot be read (${codeOf(error)})`, 'Check the path and the permissions.');
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown reason';
}

function problem(option: string, cause: string, fix: string): NeuronError {
  return new NeuronError([{ code: 'NEURON_TLS_FILE', option, cause, fix }]);
}
