export { DEFAULT_DATABASE_WAIT_MS } from './await-database.ts';
export { configurationReference } from './documentation.ts';
export {
  describeProblem,
  EXIT_CONFIGURATION,
  EXIT_FAILURE,
  NEURON_ERROR_CODES,
  NeuronError,
  type NeuronErrorCode,
  type NeuronProblem,
} from './errors.ts';
export { exportDatabase, type ExportReport } from './export/export-database.ts';
export type { DatabaseLocation } from './export/replicate.ts';
export type { Comparison } from './export/verify.ts';
export type { HostAndPort, NameAndPassword, OptionKind } from './option-kinds.ts';
export {
  DEFAULT_DRAIN_MS,
  DEFAULT_FEED_HEARTBEAT_MS,
  DEFAULT_SYSTEM_SECRET,
  environmentName,
  NEURON_OPTIONS,
  type NeuronSettings,
  type OptionDefinition,
} from './options.ts';
export type { NamedSettings } from './named-settings.ts';
export { FEED_DEADLINE_HEARTBEATS } from './neuron-memory.ts';
export { NEURON_VERSION } from './package-version.ts';
export type { ReadyRecord } from './ready-record.ts';
export { isLoopback, refuseUnsafeSettings } from './refusals.ts';
export { MAX_OPTION_LENGTH, resolveOptions, type OptionSources } from './resolve-options.ts';
export { startNeuron, type Neuron } from './start-neuron.ts';
