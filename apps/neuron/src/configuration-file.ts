import { readFileSync, statSync } from 'node:fs';
import { parse } from 'yaml';
import { NeuronError } from './errors.ts';

/** Largest configuration file, in bytes. */
export const MAX_CONFIGURATION_BYTES = 1024 * 1024;

/**
 * Reads a configuration file: a YAML (or JSON, which YAML includes) mapping from flags without dashes to values. Throws
 * `NEURON_CONFIG_FILE` when it cannot be read, is too large, or is no mapping; messages do not repeat the file's content.
 */
export function readConfigurationFile(path: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    if (statSync(path).size > MAX_CONFIGURATION_BYTES) throw new RangeError(`it is larger than ${MAX_CONFIGURATION_BYTES} bytes`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw fileProblem(path, `cannot be read: ${error instanceof Error ? error.message : String(error)}`, 'Check the path and the permissions.');
  }
  return parseConfiguration(text, path);
}

/** Reads the text of a configuration file. Throws `NEURON_CONFIG_FILE`. */
export function parseConfiguration(text: string, path: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0, prettyErrors: false });
  } catch (error) {
    const line = error instanceof Error && 'pos' in error && Array.isArray(error.pos) ? lineOf(text, Number(error.pos[0])) : undefined;
    throw fileProblem(path, `is not valid YAML or JSON${line === undefined ? '' : ` (line ${line})`}`, 'Correct the syntax.');
  }
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw fileProblem(path, 'is not a mapping of options', 'Write one option a line, such as rest-port: 4006.');
  }
  return { ...value };
}

function lineOf(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}

function fileProblem(path: string, cause: string, fix: string): NeuronError {
  return new NeuronError([{ code: 'NEURON_CONFIG_FILE', option: '--config', cause: `${path} ${cause}`, fix }]);
}
