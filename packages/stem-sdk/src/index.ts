export { connect } from './connect.ts';
export { DEFAULT_CREDENTIALS, DEFAULT_WATCH_RETRY_MS, DEFAULT_WATCH_SILENCE_MS, type ConnectOptions, type StemClient } from './stem-client.ts';
export type { SocketFactory, SocketLike } from './socket-channel.ts';
export { SDK_ERROR_CODES, SdkError, type SdkErrorCode } from './errors.ts';
export { DEFAULT_NEURON_URL, DEFAULT_REST_PORT, type Credentials } from './location.ts';
export { REMOTE_SUPPORTS } from './remote-store.ts';
export { DEFAULT_REQUEST_TIMEOUT_MS } from './request-timeout.ts';
export type { Fetch } from './rest-channel.ts';
export { DEFAULT_UPDATE_ATTEMPTS, type Change, type UpdateOptions } from './update.ts';
