export { ERROR_STRING_LIST, ERROR_STRINGS, isErrorString, type ErrorString, type ErrorStringInfo } from './error-strings.ts';
export { KV4_ERROR_STRINGS } from './kv4-error-strings.ts';
export { errorText, okText, withVersionText, type Envelope, type ErrorEnvelope, type OkEnvelope } from './envelope.ts';
export {
  isAccountName,
  isChannelSegment,
  isEmail,
  isPassword,
  isSecret,
  MAX_ACCOUNT_NAME_CHARACTERS,
  MAX_EMAIL_CHARACTERS,
  MAX_PASSWORD_CHARACTERS,
  MIN_PASSWORD_CHARACTERS,
  normaliseEmail,
} from './names.ts';
export { MAX_AUTHORIZATION_CHARACTERS, parseBasicCredentials, SYSTEM_ACCOUNT, type AdministratorCredentials, type Credentials } from './credentials.ts';
export { decodeComponent, isTruthy, lenientInteger, MAX_QUERY_PARAMETERS, parseQuery, type Query } from './query.ts';
export { MAX_PATH_SEGMENTS, parseTarget, PATH_PARAMETER, type Target } from './target.ts';
export { MAX_FORM_DEPTH, MAX_FORM_FIELDS, parseForm, type FormObject } from './form.ts';
export { jsonDepthExceeds, MAX_JSON_DEPTH, parseBody, type BodyObject, type BodyProblem, type BodyResult, type BodyValue } from './body.ts';
export { MAX_TOKEN_CHARACTERS, parseToken, tokenSigningInput, type TokenClaims, type TokenParts } from './token.ts';
export { iceAnswer, iceUrls, type IceAnswer, type IceCredentials, type IceFormat, type IceUrlEntry, type IceUrlsEntry } from './ice.ts';
export {
  answeredValueSchema,
  countSchema,
  datumSchema,
  errorEnvelopeSchema,
  jsonSchema,
  namesSchema,
  okEnvelopeSchema,
  seriesRowSchema,
  versionedObjectSchema,
  versionOnlySchema,
  type Datum,
  type SeriesRow,
} from './schemas/values.ts';
export { aggregateAnswerSchema, aggregateSchema, dataReadAnswerSchema, dataWriteBodySchema, type AggregateAnswer, type DataWriteBody } from './schemas/data.ts';
export {
  accountCreateBodySchema,
  accountDetailsSchema,
  accountUpdateSchema,
  administratorDetailsSchema,
  administratorWriteBodySchema,
  createdAccountSchema,
  detailedAccountSchema,
  publicAccountSchema,
  publicAdministratorSchema,
  type AccountDetails,
  type AdministratorDetails,
  type CreatedAccount,
  type PublicAccount,
  type PublicAdministrator,
} from './schemas/accounts.ts';
export { measurementSchema, statsAnswerSchema, statsWriteBodySchema, type Measurement } from './schemas/stats.ts';
export { hostAnswerSchema, subscriptionSchema, tokenAnswerSchema, turnAnswerSchema, turnBodySchema, type Subscription } from './schemas/signalling.ts';
export { OPERATIONS } from './schemas/operations.ts';
export { type AnswerForm, type AnswerHeader, type OperationExample, type OperationSchema, type ParameterSchema } from './schemas/operation.ts';
export { parameterCheck, type ParameterCheck } from './schemas/parameter-check.ts';
export { openApiDocument, type DescriptionOptions } from './description/openapi.ts';
export { asyncApiDocument } from './description/asyncapi.ts';
export { apiPage } from './description/api-page.ts';
export { type DocumentPart } from './description/json-schemas.ts';
export {
  DEFAULT_MAX_ARGUMENTS,
  DEFAULT_MAX_BULK_BYTES,
  DEFAULT_MAX_INLINE_BYTES,
  DEFAULT_MAX_REQUEST_BYTES,
  DEFAULT_RESP_REQUEST_LIMITS,
  RESP_PROBLEM_CODES,
  type RespProblem,
  type RespProblemCode,
  type RespRequestLimits,
} from './resp/request-limits.ts';
export { RespRequestParser } from './resp/request-parser.ts';
export { splitInlineRequest } from './resp/inline-request.ts';
export { RespReplyWriter, type RespVersion } from './resp/reply-writer.ts';
export {
  DEFAULT_DATA_TOKEN_SECONDS,
  DEFAULT_SERIES_LIMIT,
  DEFAULT_WATCH_CREDIT_EVENTS,
  MAX_BATCH_REQUESTS,
  MAX_DATA_TOKEN_CHARACTERS,
  MAX_DATA_TOKEN_SECONDS,
  MAX_LISTED_ITEMS,
  MAX_NAME_CHARACTERS,
  MAX_REQUEST_ID_CHARACTERS,
  MAX_WATCH_CREDIT_EVENTS,
} from './websocket/request-limits.ts';
export {
  webSocketBatchEntrySchema,
  webSocketConditionSchema,
  webSocketIdSchema,
  webSocketRequestSchema,
  type WebSocketBatchEntry,
  type WebSocketId,
  type WebSocketRequest,
} from './websocket/request-schemas.ts';
export { readWebSocketRequest, WEBSOCKET_PROBLEM_CODES, type WebSocketProblem, type WebSocketProblemCode, type WebSocketReading } from './websocket/read-request.ts';
export {
  WEBSOCKET_RESULTS,
  webSocketErrorSchema,
  webSocketEventSchema,
  webSocketGoAwaySchema,
  webSocketMessageSchema,
  webSocketRecordSchema,
  webSocketVersionSchema,
  webSocketWriteSchema,
  type WebSocketErrorBody,
  type WebSocketEvent,
  type WebSocketMessage,
} from './websocket/message-schemas.ts';
