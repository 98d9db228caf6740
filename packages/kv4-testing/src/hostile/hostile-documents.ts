/** A document under the id of a head that no neuron writes. */
export interface HostileDocument {
  readonly name: string;
  /** JSON text of the document without its braces and without `_id`. */
  readonly fields: string;
  /** What a reader of the key sees: its value, or nothing. */
  readonly shows: 'value' | 'nothing';
}

const VERSION = '"ver":"0000000000010000-n","by":"x"';
/** Noon of the last day of the year 9999. */
const YEAR_9999 = 'e677cf8cae000000-n';
/** No version is above it. */
const LAST_VERSION = 'ffffffffffffffff-zzzzzzzzzzzzzzzzzzzzzzzz';

function deep(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

function hidden(name: string, fields: string): HostileDocument {
  return { name, fields, shows: 'nothing' };
}

function shown(name: string, fields: string): HostileDocument {
  return { name, fields, shows: 'value' };
}

/** One wrong type after the other in every field of a head. */
const WRONG_TYPES: readonly HostileDocument[] = ['null', '7', '-0', '1e308', 'true', '""', '[]', '{}', '[[]]', '{"length":9}'].flatMap((wrong) => [
  hidden(`ver is ${wrong}`, `"v":1,"by":"x","ver":${wrong}`),
  ...(wrong === '""' ? [] : [hidden(`by is ${wrong}`, `"v":1,"ver":"0000000000010000-n","by":${wrong}`)]),
  ...(wrong === 'true' ? [] : [hidden(`gone is ${wrong}`, `${VERSION},"gone":${wrong}`)]),
  ...(wrong === '[]' ? [] : [hidden(`tail is ${wrong}`, `"v":1,${VERSION},"tail":${wrong}`)]),
  ...(wrong.startsWith('{') ? [] : [hidden(`m is ${wrong}`, `"v":1,${VERSION},"m":${wrong}`)]),
  ...(['7', '-0', '1e308'].includes(wrong) ? [] : [hidden(`x is ${wrong}`, `"v":1,${VERSION},"x":${wrong}`)]),
]);

/** Deleted documents that have a body all the same. */
const DELETED_STUBS: readonly HostileDocument[] = [
  hidden('a deleted stub with a value', `"_deleted":true,"v":1,${VERSION}`),
  hidden('a deleted stub of the year 9999', `"_deleted":true,"v":1,"ver":"${YEAR_9999}","by":"x"`),
  hidden('a deleted stub with a deletion of the year 9999', `"_deleted":true,"gone":true,"ver":"${YEAR_9999}","by":"x"`),
  hidden('a deleted stub with the last version there can be', `"_deleted":true,"v":1,"ver":"${LAST_VERSION}","by":"x"`),
  hidden('a deleted stub with a version that is none', '"_deleted":true,"v":1,"ver":"e677cf8cae000000","by":"x"'),
  hidden('a deleted stub with a tail and an expiry', `"_deleted":true,"v":1,${VERSION},"x":9999999999999,"tail":[["0000000000000001-n","x",0]]`),
  hidden('a deleted stub that is no head', '"_deleted":true,"ver":7,"v":{"__proto__":{"polluted":true}}'),
  hidden('a deleted stub of a million characters', `"_deleted":true,"v":"${'y'.repeat(1_000_000)}",${VERSION}`),
];

/** Documents that a database holds without complaint. */
export const STORABLE_HOSTILE_DOCUMENTS: readonly HostileDocument[] = [
  hidden('no field at all', '"nonsense":true'),
  hidden('neither value nor deletion', VERSION),
  hidden('value and deletion', `"v":1,"gone":true,${VERSION}`),
  hidden('a version that is none', '"v":1,"ver":"zzzzzzzzzzzzzzzz-n","by":"x"'),
  hidden('a version without a neuron', '"v":1,"ver":"0000000000010000","by":"x"'),
  hidden('a negative version', '"v":1,"ver":"-000000000001000-n","by":"x"'),
  hidden('a tail whose versions rise', `"v":1,${VERSION},"tail":[["0000000000020000-n","x",1]]`),
  hidden('a tail of odd entries', `"v":1,${VERSION},"tail":[["0000000000000001-n"],null,7]`),
  hidden('ten thousand brackets', `"v":${deep(10_000)},${VERSION}`),
  hidden('a thousand objects', `"v":${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)},${VERSION}`),
  hidden('a lone surrogate in the value', `"v":"\\ud800",${VERSION}`),
  hidden('a lone surrogate in a name', `"v":{"\\udfff":1},${VERSION}`),
  shown('__proto__ in the value', `"v":{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}},${VERSION}`),
  hidden('__proto__ in place of the fields', `"__proto__":{"v":1,${VERSION}}`),
  shown('constructor beside the fields', `"constructor":{"prototype":{"polluted":true}},"toString":1,"v":1,${VERSION}`),
  shown('negative zero', `"v":-0,${VERSION}`),
  shown('names twice', `"v":0,"v":2,${VERSION},"ver":"0000000000010001-n"`),
  shown('attachments that are a name only', `"v":{"_attachments":{"a":{"data":"!"}},"_conflicts":["1-a"]},${VERSION}`),
  shown('a string of a million characters', `"v":"${'y'.repeat(1_000_000)}",${VERSION}`),
  shown('a string of nearly eight million characters', `"v":"${'y'.repeat(7_900_000)}",${VERSION}`),
  shown('a version of the year 9999', `"v":1,"ver":"${YEAR_9999}","by":"x"`),
  shown('a version of the year 9999 above one of now', `"v":1,"ver":"${YEAR_9999}","by":"x","tail":[["018bcfe568000000-n","x",0]]`),
  hidden('a deletion of the year 9999', `"gone":true,"ver":"${YEAR_9999}","by":"x"`),
  hidden('a version of the year 9999 that has expired', `"v":1,"ver":"${YEAR_9999}","by":"x","x":1`),
  shown('a value that expires in the year 9999', `"v":1,${VERSION},"x":253402257600000`),
  shown('a value that expires after the last version there can be', `"v":1,${VERSION},"x":1e308`),
  hidden('a value that expired before 1970', `"v":1,${VERSION},"x":-1e308`),
  shown('the last version there can be', `"v":1,"ver":"${LAST_VERSION}","by":"x"`),
  hidden('the last version there can be, expired', `"v":1,"ver":"${LAST_VERSION}","by":"x","x":1`),
  hidden('the last version there can be, a deletion', `"gone":true,"ver":"${LAST_VERSION}","by":"x"`),
  ...DELETED_STUBS,
  shown('NUL and control characters', `"v":"\\u0000\\u0007\\n",${VERSION}`),
  ...WRONG_TYPES,
];

/** Documents that databases refuse or change, which reach a neuron only as raw text of a broken server or proxy. */
export const RAW_HOSTILE_DOCUMENTS: readonly HostileDocument[] = [
  hidden('1e400 in the value', `"v":1e400,${VERSION}`),
  hidden('a raw lone surrogate, broken UTF-8', `"v":"\u{D800}",${VERSION}`),
  hidden('a hundred thousand brackets', `"v":${deep(100_000)},${VERSION}`),
  hidden('no JSON', `"v":}{,${VERSION}`),
  hidden('an id of another document', `"v":1,${VERSION},"_id":"d!b!*data!a!!good"`),
  hidden('a revision that is a number', `"v":1,${VERSION},"_rev":7`),
  hidden('8 MB of arrays', `"v":[${'[],'.repeat(2_700_000)}1],${VERSION},"by":7`),
  shown('8 MB in one string', `"v":"${'y'.repeat(8_000_000)}",${VERSION}`),
];

/** Ids that are no head's, or nobody's, most of them among the keys of the path `/a` of bucket `b`, layer `*data`. */
export const HOSTILE_IDS: readonly string[] = [
  'stranger',
  'd!',
  'd!half',
  'd!!!!',
  'd!b',
  'd!b!*data!a!',
  'd!b!*data!a!!',
  'd!b!*data!!!k',
  'd!b!*data!a!!k!k',
  'd!b!*data!a!!"',
  'd!b!*data!a!!""',
  'd!b!*data!a!!"\u0080',
  'd!b!*data!a%2Fb!!k',
  'd!b!*data!a!!a+b c',
  'd!b!*data!a!!\u0000',
  'd!b!*data!a!!水💧',
  's!b!*data!a!!k',
  's!b!*data!a!!k!zz',
  's!b!*data!a!!k!e677cf8cae000000-n',
  's!b!*data!a!!good!',
  's!b!*data!a!!!0000000000010000-n',
  'x!unknown',
  '__proto__',
  'constructor',
];
