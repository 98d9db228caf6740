export type { AcknowledgeLevel, ChannelEvent, ChannelMember, ChannelMessage, SendOptions, SendReport } from './channels/channel-events.ts';
export {
  DEFAULT_CONNECT_TIMEOUT_MS,
  DEFAULT_MAX_PENDING_SENDS,
  DEFAULT_MAX_QUEUED_EVENTS,
  DEFAULT_MAX_REMEMBERED_IDS,
  DEFAULT_MAX_RETRY_MS,
  DEFAULT_SEND_TIMEOUT_MS,
  DEFAULT_SILENCE_MS,
  MAX_SEND_TIMEOUT_MS,
  type ChannelOptions,
  type ChannelSocket,
  type ChannelSocketFactory,
} from './channels/channel-options.ts';
export { openChannel, type Channel, type HistoryRequest, type MessageHistory } from './channels/open-channel.ts';
export { SDK_ERROR_CODES, SdkError, type SdkErrorCode } from './errors.ts';
export type { Credentials } from './location.ts';
export type { Fetch } from './rest-channel.ts';
