import type { Mutant } from '../mutant.ts';

const PARSER = 'packages/stem-sdk/src/event-stream.ts';
const TEST = { file: 'packages/stem-sdk/test/event-splits.test.ts', suite: 'EventStreamParser however its bytes are cut' };

/** Defects of the SDK's reading of server-sent events that going through every cut found, and that were mended: each mutant takes the fix back. */
export const EVENT_STREAM_MUTANTS: readonly Mutant[] = [
  {
    name: 'carriage-return-forgotten',
    without: 'A line feed that came as a piece of its own behind a carriage return swallows the next one, and with it the end of an event.',
    file: PARSER,
    find: "this.#sawCarriageReturn = piece.endsWith('\\r');",
    replace: "if (text !== '') this.#sawCarriageReturn = text.endsWith('\\r');",
    heldBy: { ...TEST, title: 'ends of lines of every kind' },
  },
  {
    name: 'too-long-depends-on-the-cut',
    without: 'Whether an event counts as too long depends on where it was cut.',
    file: PARSER,
    find: 'this.#rest = this.#within(line, line.length);',
    replace: 'this.#rest = this.#within(line, line.length + this.#size);',
    heldBy: { ...TEST, title: 'lines of exactly the length' },
  },
];
