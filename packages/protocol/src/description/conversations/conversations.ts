import type { Conversation } from './conversation.ts';
import { DATA_CONVERSATION } from './data-conversation.ts';
import { REFUSED_CONVERSATION } from './refused-conversation.ts';
import { WATCH_CONVERSATION } from './watch-conversation.ts';

/** The conversations of the AsyncAPI document, in the order in which they are held, each over a connection of its own. */
export const CONVERSATIONS: readonly Conversation[] = [DATA_CONVERSATION, REFUSED_CONVERSATION, WATCH_CONVERSATION];
