import type { FrameOptions, Message, PresenceChange } from '@xir/router';

import { messageFrame, presenceFrame } from './frames.ts';

/** Frames for what many receivers get one after another: each is made once. One for those who want details, one for all others. */
export class FrameCache {
  readonly #details: boolean;
  #message: Message | undefined;
  #messageFrame: Uint8Array = new Uint8Array(0);
  #messageOptions: FrameOptions = {};
  #change: PresenceChange | undefined;
  #changeFrame: Uint8Array = new Uint8Array(0);

  constructor(details = false) {
    this.#details = details;
  }

  ofMessage(message: Message): Uint8Array {
    if (this.#message !== message) {
      this.#message = message;
      this.#messageFrame = messageFrame(message, this.#details);
      this.#messageOptions = { key: `${message.user}/${message.event}` };
    }
    return this.#messageFrame;
  }

  /** How the frame of the message that was asked for last is treated. */
  get optionsOfMessage(): FrameOptions {
    return this.#messageOptions;
  }

  ofChange(change: PresenceChange): Uint8Array {
    if (this.#change !== change) {
      this.#change = change;
      this.#changeFrame = presenceFrame(change, this.#details);
    }
    return this.#changeFrame;
  }
}
