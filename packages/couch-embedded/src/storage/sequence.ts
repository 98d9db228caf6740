import { badRequest } from '../couch-error.ts';

/**
 * Update sequences as clients see them: `<number>-<opaque>`, the opaque part being the database's uuid. A sequence of another
 * database, or of an earlier life of this one, is well-formed but foreign: reading it starts from the beginning.
 */
export class SequenceFormat {
  /** What follows the number. */
  readonly suffix: string;

  constructor(databaseUuid: string) {
    this.suffix = `-x1${Buffer.from(databaseUuid, 'hex').toString('base64url')}`;
  }

  encode(sequence: number): string {
    return `${sequence}${this.suffix}`;
  }

  /**
   * The number to start after; 0 for a foreign sequence and for one beyond `current` (the files were restored from an older
   * copy). Throws CouchDB's `bad_request` for what no server can have issued.
   */
  decode(text: string, current: number): number {
    const bare = text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
    if (bare === '' || bare === '0') return 0;
    if (bare === 'now') return current;
    const match = /^([0-9]{1,15})-([A-Za-z0-9_-]{8,4096})$/.exec(bare);
    if (match === null) throw badRequest("Malformed sequence supplied in 'since' parameter.");
    const sequence = Number(match[1]);
    return `-${match[2]}` === this.suffix && sequence <= current ? sequence : 0;
  }
}
