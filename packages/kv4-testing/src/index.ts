export {
  DEFAULT_REFERENCE_AUTHOR,
  DEFAULT_REFERENCE_NEURON,
  MemoryReferenceStore,
  type MemoryReferenceStoreOptions,
  type WallClock,
} from './reference/memory-reference-store.ts';
export { REFERENCE_LOG_EVENTS } from './reference/watch-hub.ts';
