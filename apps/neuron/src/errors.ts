/** The stable codes of {@link NeuronError}. */
export const NEURON_ERROR_CODES = [
  'NEURON_BAD_OPTION',
  'NEURON_CONFIG_FILE',
  'NEURON_DATABASE_OPEN_TO_ALL',
  'NEURON_DATABASE_REFUSED',
  'NEURON_DATABASE_UNREACHABLE',
  'NEURON_DATA_DIRECTORY',
  'NEURON_DEFAULT_SECRET',
  'NEURON_EXPORT_DIFFERS',
  'NEURON_EXPORT_FAILED',
  'NEURON_LISTEN_FAILED',
  'NEURON_OPTION_CONFLICT',
  'NEURON_SUPERSEDED',
  'NEURON_SYSTEM_SECRET_DIFFERS',
  'NEURON_TLS_FILE',
  'NEURON_UNKNOWN_OPTION',
] as const;

/** A code of {@link NeuronError}. */
export type NeuronErrorCode = (typeof NEURON_ERROR_CODES)[number];

/** What is wrong, why, and what to do about it. Texts hold no secrets. */
export interface NeuronProblem {
  readonly code: NeuronErrorCode;
  /** The option's name, with where its value came from: `--rest-port (XIR_REST_PORT)`. */
  readonly option?: string;
  readonly cause: string;
  readonly fix: string;
}

/** The exit status for wrong configuration (sysexits: EX_CONFIG): a supervisor need not try again. */
export const EXIT_CONFIGURATION = 78;
/** The exit status for anything else that kept the neuron from starting or running. */
export const EXIT_FAILURE = 1;

/** Every failure a neuron reports on purpose: one or several problems, each with option, cause and fix. */
export class NeuronError extends Error {
  override readonly name = 'NeuronError';
  /** The code of the first problem. */
  readonly code: NeuronErrorCode;
  readonly problems: readonly NeuronProblem[];

  constructor(problems: readonly [NeuronProblem, ...NeuronProblem[]], cause?: unknown) {
    super(problems.map(describeProblem).join('\n'), cause === undefined ? undefined : { cause });
    this.code = problems[0].code;
    this.problems = problems;
  }
}

/** One problem in one line: code, option, cause, fix. */
export function describeProblem({ code, option, cause, fix }: NeuronProblem): string {
  return `${code}: ${option === undefined ? '' : `${option}: `}${cause}. ${fix}`;
}
