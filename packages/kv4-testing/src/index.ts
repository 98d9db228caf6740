export {
  DEFAULT_REFERENCE_AUTHOR,
  DEFAULT_REFERENCE_NEURON,
  MemoryReferenceStore,
  type MemoryReferenceStoreOptions,
  type WallClock,
} from './reference/memory-reference-store.ts';
export { REFERENCE_LOG_EVENTS } from './reference/watch-hub.ts';
export { DEFAULT_PATIENCE_MS, DEFAULT_SUITE_LAYERS, type Kv4StoreHarness, type OpenedKv4Store } from './suite/harness.ts';
export { kv4Case, type Kv4StoreCase, type Kv4StoreNeed } from './suite/case.ts';
export { CaseContext } from './suite/case-context.ts';
export { applicableKv4StoreCases, runKv4StoreCase, type Kv4StoreCaseOutcome } from './suite/run-case.ts';
export { kv4StoreSuite } from './suite/kv4-store-suite.ts';
export { WatchRecorder, versionOf, type WatchRecorderOptions } from './suite/watch-recorder.ts';
export { watchViolations } from './suite/watch-violations.ts';
export { kv4StoreCases } from './cases/kv4-store-cases.ts';
export type { Kv4Operation } from './cases/lifecycle-cases.ts';
export { kv4Mutant, openMutant, type Kv4StoreMutant } from './mutants/mutant.ts';
export { kv4StoreMutants } from './mutants/kv4-store-mutants.ts';
export { HOSTILE_IDS, RAW_HOSTILE_DOCUMENTS, STORABLE_HOSTILE_DOCUMENTS, type HostileDocument } from './hostile/hostile-documents.ts';
