export { readClientFrame, type ClientFrame } from './client-frame.ts';
export { FrameCache } from './frame-cache.ts';
export { frameText, peersFrame, presenceFrame, recoveredFrame, reportFrame, storedFrame } from './frames.ts';
export { SIGNALLING_CLOSE_CODES } from './connection.ts';
export {
  DEFAULT_MAX_CONNECTIONS,
  DEFAULT_MAX_FRAME_BYTES,
  DEFAULT_MAX_FRAMES_PER_SECOND,
  DEFAULT_PING_INTERVAL_MS,
  type SignallingLimits,
  type SignallingOptions,
} from './options.ts';
export type { SignallingMetrics } from './metrics.ts';
export { createSignallingFace, type SignallingFace } from './signalling-face.ts';
export { KICK_MEMORY_MS, TokenGate, type TokenGateOptions } from './token-gate.ts';
