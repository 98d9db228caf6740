/** A part of the sources that is taken out, and the test that has to notice. */
export interface Mutant {
  /** Unique; what the command is called with. Begins with the trap's number where it belongs to one. */
  readonly name: string;
  /** What the product no longer does, in one sentence. */
  readonly without: string;
  /** The source, from the root of the repository. */
  readonly file: string;
  /** Text that occurs in it exactly once. */
  readonly find: string;
  readonly replace: string;
  /** More of the same source, where a fix stands in several places. */
  readonly also?: readonly { readonly find: string; readonly replace: string }[];
  readonly heldBy: HoldingTest;
  /** A race: the test notices most of the time. Run by name, not by `npm test`. */
  readonly byChance?: true;
}

/** The test that fails without what a mutant takes out. */
export interface HoldingTest {
  /** The test file, from the root of the repository. */
  readonly file: string;
  /** Words of its title, as they stand there. */
  readonly title: string;
  /** Words of the suite it stands in, where one title stands in several. */
  readonly suite?: string;
}

/** What became of a mutant. */
export type Verdict =
  /** The test failed: the handling is held. */
  | { readonly type: 'caught'; readonly message: string }
  /** The test passed all the same. */
  | { readonly type: 'survived' }
  /** No such test ran, or the run broke otherwise. */
  | { readonly type: 'unknown'; readonly message: string };
