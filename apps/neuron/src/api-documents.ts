import { ACCOUNTS_ERROR_STRINGS } from '@xir/accounts';
import type { OperationsDocument } from '@xir/operations';
import { MESSAGING_ERROR_STRINGS } from '@xir/messaging';
import { apiPage, asyncApiDocument, KV4_ERROR_STRINGS, openApiDocument } from '@xir/protocol';
import { REST_ERROR_STRINGS } from '@xir/rest';
import { WEBSOCKET_ERROR_STRINGS } from '@xir/websocket';
import { NEURON_VERSION } from './package-version.ts';

const JSON_TYPE = 'application/json; charset=utf-8';

/** What describes the faces of a neuron, by its path on the operations port. */
export const API_DOCUMENTS: Readonly<Record<string, OperationsDocument>> = {
  '/openapi.json': { contentType: JSON_TYPE, render: () => JSON.stringify(openApi()) },
  '/asyncapi.json': { contentType: JSON_TYPE, render: () => JSON.stringify(asyncApi()) },
  '/api': { contentType: 'text/html; charset=utf-8', render: () => apiPage(openApi()) },
};

function openApi() {
  return openApiDocument({ version: NEURON_VERSION, errorCodes: { ...REST_ERROR_STRINGS, ...MESSAGING_ERROR_STRINGS, ...ACCOUNTS_ERROR_STRINGS, ...KV4_ERROR_STRINGS } });
}

function asyncApi() {
  return asyncApiDocument({ version: NEURON_VERSION, errorCodes: { ...WEBSOCKET_ERROR_STRINGS, ...ACCOUNTS_ERROR_STRINGS, ...KV4_ERROR_STRINGS } });
}
