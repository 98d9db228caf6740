export { createWebSocketFace, WEBSOCKET_SUBPROTOCOL, type WebSocketFace } from './websocket-face.ts';
export { createWebSocketServer, DEFAULT_DRAIN_MS, type WebSocketServerHandle, type WebSocketServerOptions } from './websocket-server.ts';
export { attachWebSocketFace, WEBSOCKET_PATH, type UpgradeRoute } from './attach.ts';
export {
  DEFAULT_LOGIN_TIMEOUT_MS,
  DEFAULT_MAX_BUFFERED_INPUT_BYTES,
  DEFAULT_MAX_CONNECTIONS,
  DEFAULT_MAX_FRAME_BYTES,
  DEFAULT_MAX_OUTPUT_BYTES,
  DEFAULT_MAX_REQUESTS_IN_FLIGHT,
  DEFAULT_MAX_WATCHES,
  DEFAULT_OUTPUT_TIMEOUT_MS,
  DEFAULT_PING_INTERVAL_MS,
  type WebSocketLimits,
  type WebSocketOptions,
} from './options.ts';
export { WEBSOCKET_ERROR_CODES, WEBSOCKET_ERROR_STRINGS, WebSocketError, type WebSocketErrorCode } from './errors.ts';
export type { WebSocketMetricsSnapshot } from './metrics.ts';
