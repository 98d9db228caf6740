import type { EndReason, Message, PresenceChange, Receiver, SendReport } from '../src/index.ts';

/** A receiver that writes down what it is told. */
export class ReceiverRecord implements Receiver {
  readonly messages: Message[] = [];
  readonly changes: string[] = [];
  readonly failures: SendReport[] = [];
  endedBy: EndReason | undefined;
  /** Messages whose writing was asked after, in order; tests say when it happened. */
  readonly unwritten: ((written: boolean) => void)[] = [];
  writesAtOnce = true;

  deliver(message: Message, onWritten?: (written: boolean) => void): void {
    this.messages.push(message);
    if (onWritten === undefined) return;
    if (this.writesAtOnce) onWritten(true);
    else this.unwritten.push(onWritten);
  }

  presence({ type, peer }: PresenceChange): void {
    this.changes.push(`${type} ${peer.user}`);
  }

  undelivered(report: SendReport): void {
    this.failures.push(report);
  }

  end(reason: EndReason): void {
    this.endedBy = reason;
  }

  /** The contents, parsed. */
  get contents(): unknown[] {
    return this.messages.map(({ content }) => JSON.parse(content) as unknown);
  }
}
