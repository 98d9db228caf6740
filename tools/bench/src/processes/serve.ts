/** A command of the harness to one of its processes; the answer must survive JSON. */
export type Handler = (argument: never) => unknown;

interface Question {
  readonly number: number;
  readonly name: string;
  readonly argument: unknown;
}

/**
 * The process's side of {@link startWorker}: answers the harness's commands by their names, and ends when the harness goes.
 */
export function serve(handlers: Readonly<Record<string, Handler>>): void {
  const answer = async ({ number, name, argument }: Question): Promise<void> => {
    try {
      const handler = handlers[name];
      if (handler === undefined) throw new TypeError(`there is no command ${name}`);
      process.send?.({ number, result: await handler(argument as never) });
    } catch (error) {
      process.send?.({ number, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  };
  process.on('message', (question) => void answer(question as Question));
  process.on('disconnect', () => process.exit(0));
  process.send?.({ ready: true });
}
