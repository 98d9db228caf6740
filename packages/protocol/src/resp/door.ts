export { DEFAULT_MAX_REPLY_BYTES, RespErrorReply, RespPush, RespReplyParser, type RespReply } from './reply-parser.ts';
