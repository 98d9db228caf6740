import type { Recovery, EndReason, LocalPeer, Message, OutboxSink, PresenceChange, Receiver, SendReport, SlowReceiverPolicy } from '@xir/router';
import { Outbox, type OutboxSchedule } from '@xir/router';
import type { Recorder } from '../world/recorder.ts';
import type { ConnectionEnd, ConnectionHistory, HandedOver } from './messaging-history.ts';

/** Bytes that wait for a slow reader at most: a few frames, which are four bytes each. */
const MAX_WAITING_BYTES = 24;
const FRAME_BYTES = 4;

/** What a {@link Connection} is made with. */
export interface ConnectionOptions {
  readonly history: ConnectionHistory;
  readonly recorder: Recorder;
  readonly schedule: OutboxSchedule;
  readonly policy: SlowReceiverPolicy;
  /** The connection is over, as the neuron sees it. */
  readonly onEnd: (connection: Connection) => void;
  /** A message of the client could not be delivered after all. */
  readonly onUndelivered: (report: SendReport, id: string | undefined) => void;
}

/** The neuron's end of a client's connection, and the socket between: the first two bytes of a frame say which entry of its history it carries. */
export class Connection implements Receiver, OutboxSink {
  readonly history: ConnectionHistory;
  readonly #options: ConnectionOptions;
  readonly #outbox: Outbox;
  /** What the socket has taken and the client has not read. */
  #unread: { readonly bytes: Uint8Array; readonly onWritten: ((written: boolean) => void) | undefined }[] = [];
  #isSlow = false;
  peer: LocalPeer | undefined;
  /** Told each time that something was written, in order. */
  onWritten: (handed: HandedOver) => void = () => undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.history = options.history;
    this.#outbox = new Outbox({ schedule: options.schedule, policy: options.policy, maxWaitingBytes: MAX_WAITING_BYTES, sink: this });
  }

  get isOpen(): boolean {
    return this.history.ended === undefined;
  }

  deliver(message: Message, onWritten?: (written: boolean) => void): void {
    this.#push('message', message, onWritten);
  }

  stored(message: Message): void {
    this.#push('stored', message);
  }

  presence({ type, peer }: PresenceChange): void {
    const { told } = this.history;
    const name = `${peer.user} ${peer.device}`;
    if (type === 'leave') told.delete(name);
    else told.set(name, peer.state === undefined ? undefined : JSON.stringify(peer.state));
    this.#options.recorder.note(`c${this.history.number} is told ${type} ${name}`);
  }

  undelivered(report: SendReport, id: string | undefined): void {
    this.#options.onUndelivered(report, id);
  }

  /** The router has looked up what was missed. */
  recovered(recovery: Recovery): void {
    this.history.recovery = recovery;
    const { recorder } = this.#options;
    const { history } = this;
    history.handed.push({ type: 'recovered', order: recorder.tick(), atMs: recorder.nowMs, message: -1, position: recovery.position, previous: undefined, recovery });
    recorder.note(`c${history.number} recovered ${recovery.recovered} ${recovery.position ?? ''}`);
    this.#outbox.push(frameOf(history.handed.length - 1));
  }

  end(reason: EndReason): void {
    this.close(reason);
  }

  /** The connection is over. Idempotent. */
  close(by: ConnectionEnd): void {
    const { history } = this;
    if (history.ended !== undefined) return;
    const { recorder, onEnd } = this.#options;
    history.ended = { order: recorder.tick(), atMs: recorder.nowMs, by };
    recorder.note(`c${history.number} ${by}`);
    if (by !== 'process-ended') {
      this.#outbox.close();
      for (const { onWritten } of this.#unread.splice(0)) onWritten?.(false);
      if (by === 'left') this.peer?.leave();
      else if (by !== 'kicked' && by !== 'replaced' && by !== 'closed') this.peer?.disconnect();
    }
    onEnd(this);
  }

  write(bytes: Uint8Array, onWritten?: (written: boolean) => void): boolean {
    if (!this.isOpen) {
      onWritten?.(false);
      return true;
    }
    if (this.#isSlow) {
      this.#unread.push({ bytes, onWritten });
      return false;
    }
    this.#written(bytes);
    onWritten?.(true);
    return true;
  }

  cut(): void {
    this.close('too-slow');
  }

  /** The client reads no more, until it does again. */
  setSlow(isSlow: boolean): void {
    this.#isSlow = isSlow;
    if (isSlow || !this.isOpen) return;
    for (const { bytes, onWritten } of this.#unread.splice(0)) {
      this.#written(bytes);
      onWritten?.(true);
    }
    this.#outbox.drained();
  }

  #push(type: 'message' | 'stored', message: Message, onWritten?: (written: boolean) => void): void {
    const { history } = this;
    const { recorder } = this.#options;
    const number = Number(message.content);
    history.handed.push({ type, order: recorder.tick(), atMs: recorder.nowMs, message: number, position: message.position, previous: message.previous });
    recorder.note(`c${history.number} ${type} ${number} ${message.position ?? ''} behind ${message.previous ?? ''}`);
    // As the signalling face has it: of what is kept of a slow reader's messages, the own that were stored are never dropped.
    this.#outbox.push(frameOf(history.handed.length - 1), type === 'stored' ? undefined : { key: `${message.user}/${message.event}`, onWritten });
  }

  #written(bytes: Uint8Array): void {
    const { history } = this;
    for (let at = 0; at < bytes.length; at += FRAME_BYTES) {
      const handed = history.handed[((bytes[at] as number) << 8) | (bytes[at + 1] as number)];
      if (handed === undefined) continue;
      handed.writtenOrder = this.#options.recorder.tick();
      this.onWritten(handed);
    }
  }
}

function frameOf(index: number): Uint8Array {
  return Uint8Array.of(index >> 8, index & 0xff, 0, 0);
}
