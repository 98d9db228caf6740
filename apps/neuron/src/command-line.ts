import { Command, CommanderError, Option } from 'commander';
import { NeuronError } from './errors.ts';
import { environmentName, hasFile, NEURON_OPTIONS, type OptionDefinition } from './options.ts';
import { optionFlags } from './resolve-options.ts';

/** What the command line asks for. */
export interface Invocation {
  /** Flag name without dashes to its text; only what was given. */
  readonly flags: Readonly<Record<string, string>>;
  /** `--config`. */
  readonly configPath?: string;
}

/** What the commands do; handed in, so that the command line can be tested without doing it. */
export interface CommandActions {
  readonly run: (invocation: Invocation) => Promise<void>;
  readonly exportDatabase: (invocation: Invocation, target: ExportTarget) => Promise<void>;
}

/** Where `export-database` writes to. */
export interface ExportTarget {
  /** URL of the CouchDB server, with or without credentials; absent: taken from `XIR_EXPORT_TO`. */
  readonly to?: string;
  /** The database's name there; absent: as here. */
  readonly targetDatabase?: string;
  /** URL of a server to read from, such as a running neuron's served database; absent: the data directory is opened. */
  readonly from?: string;
}

/** What is printed where. */
export interface CommandOutput {
  readonly version: string;
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

const DESCRIPTION = `One neuron: a cached four-dimensional key/value memory over one CouchDB database, served over REST.
Every option is also an environment variable (--rest-port: XIR_REST_PORT) and a key of the --config file.`;

/**
 * Reads the command line and does what it says. Throws {@link NeuronError} `NEURON_UNKNOWN_OPTION` or `NEURON_BAD_OPTION` for what it
 * does not understand; `--help` and `--version` resolve after printing.
 */
export async function runCommandLine(parameters: readonly string[], actions: CommandActions, output: CommandOutput): Promise<void> {
  const program = configure(new Command('neuron'), output)
    .description(DESCRIPTION)
    .version(output.version)
    .addOption(configOption())
    .action((_, command: Command) => actions.run(invocationOf(command)));
  addNeuronOptions(program, Object.values(NEURON_OPTIONS));
  const exporter = configure(program.command('export-database'), output)
    .description('Copies the embedded database to a CouchDB server, with its whole history, and verifies the copy. May be repeated.')
    .option('--to <url>', 'the CouchDB server, such as http://admin:password@couch:5984 (environment: XIR_EXPORT_TO, which the process list does not show)')
    .option('--target-database <name>', 'the database there (default: the same name); created when it is not there')
    .option('--from <url>', 'read from this server, such as the served database of a neuron that runs (environment: XIR_EXPORT_FROM); default: open the data directory')
    .addOption(configOption())
    .action((given: ExportTarget, command: Command) => {
      const { to, targetDatabase, from } = given;
      const target = { to, targetDatabase, from };
      const present = Object.entries(target).filter(([, value]) => value !== undefined);
      return actions.exportDatabase(invocationOf(command), Object.fromEntries(present));
    });
  addNeuronOptions(exporter, [NEURON_OPTIONS.database, NEURON_OPTIONS.dataDir, NEURON_OPTIONS.logLevel]);
  // Options of the neuron stand before or after a command's name; each command reads its own.
  program.enablePositionalOptions();
  try {
    await program.parseAsync([...parameters], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return rethrow(error);
    throw error;
  }
}

function configure(command: Command, output: CommandOutput): Command {
  return command
    .exitOverride()
    .allowExcessArguments(false)
    .showSuggestionAfterError(true)
    .configureOutput({ writeOut: output.out, writeErr: output.error, outputError: () => {} })
    .configureHelp({ helpWidth: 110 });
}

function configOption(): Option {
  return new Option('--config <path>', 'a YAML or JSON file of options (environment: XIR_CONFIG)');
}

function addNeuronOptions(command: Command, definitions: readonly OptionDefinition<unknown>[]): void {
  for (const definition of definitions) {
    const { flag, kind } = definition;
    command.addOption(collecting(new Option(`--${flag} ${kind.placeholder}`, describe(definition)), kind.repeatable === true));
    if (hasFile(definition)) command.addOption(new Option(`--${flag}-file <path>`, `read --${flag} from this file`));
  }
}

function collecting(option: Option, repeatable: boolean): Option {
  if (!repeatable) return option;
  return option.argParser((text: string, earlier: string | undefined) => (earlier === undefined ? text : `${earlier} ${text}`));
}

function describe({ flag, kind, help, defaultText, absent }: OptionDefinition<unknown>): string {
  const value = kind.description.replaceAll('`', '');
  const byDefault = defaultText ?? absent ?? 'none';
  return `${help}\n${value}; default: ${byDefault.replaceAll('`', '')}; ${environmentName(flag)}`;
}

function invocationOf(command: Command): Invocation {
  const known = new Set(optionFlags());
  const flags: Record<string, string> = {};
  let configPath: string | undefined;
  for (const option of command.options) {
    const value: unknown = command.getOptionValue(option.attributeName());
    const flag = option.long?.slice(2);
    // A toggle without a value means true.
    const text = value === true ? 'true' : value;
    if (flag === undefined || typeof text !== 'string') continue;
    if (flag === 'config') configPath = text;
    else if (known.has(flag)) flags[flag] = text;
  }
  return { flags, ...(configPath === undefined ? {} : { configPath }) };
}

const HARMLESS = new Set(['commander.helpDisplayed', 'commander.help', 'commander.version']);

function rethrow(error: CommanderError): void {
  if (HARMLESS.has(error.code)) return;
  const unknown = error.code === 'commander.unknownOption' || error.code === 'commander.unknownCommand' || error.code === 'commander.excessArguments';
  const cause = error.message.replace(/^error: /, '').replace(/\s+/g, ' ').trim();
  throw new NeuronError([{ code: unknown ? 'NEURON_UNKNOWN_OPTION' : 'NEURON_BAD_OPTION', cause, fix: 'See neuron --help.' }]);
}
