export { SDK_ERROR_CODES, SdkError, type SdkErrorCode } from './errors.ts';
export { DEFAULT_NEURON_URL, DEFAULT_REST_PORT, type Credentials } from './location.ts';
