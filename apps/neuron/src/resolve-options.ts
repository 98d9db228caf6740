import { redactText } from '@xir/operations';
import { NeuronError, type NeuronErrorCode, type NeuronProblem } from './errors.ts';
import { environmentName, hasFile, NEURON_OPTIONS, type NeuronSettings, type OptionDefinition } from './options.ts';

/** Where values come from, strongest first: flags, environment, configuration file. */
export interface OptionSources {
  /** Flag name (without dashes) to its text. */
  readonly flags: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The configuration file's content: flag names to scalars or lists of scalars. */
  readonly file?: Readonly<Record<string, unknown>>;
  /** Reads the file of a value (`--system-secret-file`). May throw. */
  readonly readSecretFile: (path: string) => string;
}

/** Longest text of an option, in characters. */
export const MAX_OPTION_LENGTH = 65_536;

interface Found {
  readonly text: string;
  readonly origin: string;
}

type Definition = OptionDefinition<unknown>;

/**
 * Every option's value: a flag before the environment before the file before the default. An empty environment variable counts as
 * not set. Throws {@link NeuronError} with every problem there is, not only the first; no message repeats a secret.
 */
export function resolveOptions(sources: OptionSources): NeuronSettings {
  const problems: NeuronProblem[] = unknownFileOptions(sources);
  const settings: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(NEURON_OPTIONS)) {
    const definition = value as Definition;
    try {
      const found = findText(definition, sources) ?? defaultOf(definition);
      if (found !== undefined) settings[key] = parse(definition, found);
    } catch (error) {
      if (!(error instanceof NeuronError)) throw error;
      problems.push(...error.problems);
    }
  }
  const [first, ...rest] = problems;
  if (first !== undefined) throw new NeuronError([first, ...rest]);
  // Each value was parsed by its own definition, which is what the type of the settings is derived from.
  return settings as unknown as NeuronSettings;
}

function findText(definition: Definition, sources: OptionSources): Found | undefined {
  const { flag, kind } = definition;
  for (const lookUp of [fromFlags, fromEnvironment, fromFile]) {
    const direct = lookUp(sources, flag, kind.structured);
    const file = hasFile(definition) ? lookUp(sources, `${flag}-file`) : undefined;
    if (direct !== undefined && file !== undefined) {
      throw problem('NEURON_OPTION_CONFLICT', direct.origin, `${file.origin} is given as well`, 'Give one of the two.');
    }
    if (direct !== undefined) return direct;
    if (file !== undefined) return readSecret(sources, file);
  }
  return undefined;
}

function fromFlags({ flags }: OptionSources, flag: string): Found | undefined {
  const text = flags[flag];
  return text === undefined ? undefined : { text, origin: `--${flag}` };
}

function fromEnvironment({ environment }: OptionSources, flag: string): Found | undefined {
  const name = environmentName(flag);
  const text = environment[name];
  return text === undefined || text === '' ? undefined : { text, origin: `${name} (environment, for --${flag})` };
}

function fromFile({ file }: OptionSources, flag: string, isStructured = false): Found | undefined {
  const value = file?.[flag];
  if (value === undefined || value === null) return undefined;
  const origin = `${flag} (configuration file)`;
  if (isStructured && typeof value === 'object') return { text: JSON.stringify(value), origin };
  const items = Array.isArray(value) ? (value as unknown[]) : [value];
  const texts = items.map((item) => {
    if (typeof item === 'string' || typeof item === 'number' || typeof item === 'boolean') return String(item);
    throw problem('NEURON_BAD_OPTION', origin, 'the value is neither a scalar nor a list of scalars', 'Write it as one word, or quote it.');
  });
  return { text: texts.join(' '), origin };
}

function readSecret(sources: OptionSources, file: Found): Found {
  try {
    return { text: sources.readSecretFile(file.text).replace(/\r?\n$/, ''), origin: file.origin };
  } catch (error) {
    const reason = error instanceof Error ? redactText(error.message) : 'unknown reason';
    throw problem('NEURON_CONFIG_FILE', file.origin, `the file cannot be read (${reason})`, 'Check the path and the permissions.');
  }
}

function defaultOf({ defaultText, flag }: Definition): Found | undefined {
  return defaultText === undefined ? undefined : { text: defaultText, origin: `--${flag} (default)` };
}

function parse(definition: Definition, { text, origin }: Found): unknown {
  if (text === '') throw problem('NEURON_BAD_OPTION', origin, 'the value is empty', 'Give a value, or leave the option out.');
  if (text.length > MAX_OPTION_LENGTH) {
    throw problem('NEURON_BAD_OPTION', origin, `the value is longer than ${MAX_OPTION_LENGTH} characters`, 'Give a shorter one.');
  }
  try {
    return definition.kind.parse(text);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const shown = definition.secret === true ? 'the value is not valid' : `${JSON.stringify(redactText(text.slice(0, 200)))} is not valid`;
    throw problem('NEURON_BAD_OPTION', origin, `${shown}: ${error.message}`, `See --help, or docs/configuration.md#${definition.flag}.`);
  }
}

function unknownFileOptions({ file = {} }: OptionSources): NeuronProblem[] {
  const known = new Set(optionFlags());
  return Object.keys(file)
    .filter((name) => !known.has(name))
    .map((name) => ({
      code: 'NEURON_UNKNOWN_OPTION',
      option: `${name.slice(0, 100)} (configuration file)`,
      cause: 'there is no such option',
      fix: 'Keys are the flags without dashes, such as rest-port; see docs/configuration.md.',
    }));
}

/** Every flag, with the `-file` companions of those that have one. */
export function optionFlags(): readonly string[] {
  return Object.values(NEURON_OPTIONS).flatMap((definition: Definition) =>
    hasFile(definition) ? [definition.flag, `${definition.flag}-file`] : [definition.flag],
  );
}

function problem(code: NeuronErrorCode, option: string, cause: string, fix: string): NeuronError {
  return new NeuronError([{ code, option, cause, fix }]);
}
