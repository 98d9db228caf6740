/** A request, or one whose answer differs from Redis' for a reason. */
export type Step = readonly (string | Buffer)[] | { readonly request: readonly (string | Buffer)[]; readonly differs: string };

const differs = (reason: string, ...request: readonly string[]): Step => ({ request, differs: reason });
const words = (text: string): readonly string[] => text.split(' ');

const BYTES = Buffer.from([0, 255, 128, 13, 10]);
const LONG = 'x'.repeat(5000);

/** What is asked of Redis and of the neuron, in groups that begin with an empty database. */
export const COMPARISON: ReadonlyArray<readonly [title: string, steps: readonly Step[]]> = [
  [
    'connection',
    [
      words('PING'), ['PING', 'hello there'], words('PING a b'), ['ECHO', 'ä€'], ['ECHO', BYTES], words('ECHO'), words('SELECT 0'), words('SELECT 1000'), words('SELECT x'),
      words('CLIENT GETNAME'), words('CLIENT SETNAME me'), words('CLIENT GETNAME'), ['CLIENT', 'SETNAME', 'a b'], words('CLIENT NO-EVICT on'), words('CLIENT NO-EVICT x'), words('CLIENT SETNAME'), words('client getname'),
      words('CLIENT REPLY ON'), words('CLIENT REPLY x'), words('CLIENT'), words('nonsense a b'), words('GET'), words('get a b'), words('SET a'), words('HELLO 4'), words('HELLO x'),
      words('CONFIG GET save'), words('CONFIG GET appendonly'), words('CONFIG GET nothing-like-that'), ['', 'a'],
    ],
  ],
  [
    'strings',
    [
      words('GET a'), words('SET a 1'), words('GET a'), words('SET a hello GET'), words('SET none x GET'), words('SET none y NX'), words('SET none z XX'), words('GET none'), words('SET nothing x XX'), words('SET nothing x XX GET'),
      words('SET a 1 NX GET'), words('SET a x NX XX'), words('SET a x EX'), words('SET a x EX 0'), words('SET a x EX -1'), words('SET a x EX abc'), words('SET a x PX 0'), words('SET a x EX 10 PX 10'), words('SET a x KEEPTTL EX 10'), words('SET a x nonsense'),
      words('SET t x EX 100'), words('TTL t'), words('SET t y KEEPTTL'), words('TTL t'), words('SET t z'), words('TTL t'), words('SET t x EXAT 4000000000'), words('EXPIRETIME t'), words('SET t x PXAT 4000000000400'), words('EXPIRETIME t'), differs('at most a hundred years from now', 'SET', 't', 'x', 'EXAT', '9999999999'), words('SET t x EXAT 1'), words('GET t'),
      ['SET', 'b', BYTES], ['GET', 'b'], ['STRLEN', 'b'], ['SET', 'u', 'ä€😀'], ['GET', 'u'], ['STRLEN', 'u'], ['SET', 'l', LONG], ['GET', 'l'], ['SET', 'j', '{"a": 1}'], ['GET', 'j'], ['SET', 'j', '{"a":1}'], ['GET', 'j'], ['SET', 'e', ''], ['GET', 'e'], ['STRLEN', 'e'],
      ['SET', 'q', '"quoted\\"'], ['GET', 'q'], ['SET', 'n', '007'], ['GET', 'n'], ['SET', 'n', '1.50'], ['GET', 'n'], ['SET', 'n', 'null'], ['GET', 'n'], ['SET', 'n', '{"$bytes":"AA=="}'], ['GET', 'n'],
      words('STRLEN missing'), words('GETDEL a'), words('GETDEL a'), words('SETNX s 1'), words('SETNX s 2'), words('GET s'), words('SETEX s 100 v'), words('TTL s'), words('SETEX s 0 v'), words('PSETEX s 100000 v'), words('TTL s'), words('GETSET s w'), words('TTL s'), words('GETSET gs w'),
      words('GETEX s'), words('GETEX s EX 100'), words('TTL s'), words('GETEX s PERSIST'), words('TTL s'), words('GETEX s EX 0'), words('GETEX s nonsense'), words('GETEX missing EX 10'),
      words('MSET m1 1 m2 2'), words('MGET m1 m2 missing'), words('MSET m1'), words('MSET m1 1 m2'), words('MGET'),
      words('APPEND ap abc'), words('APPEND ap def'), words('GET ap'), ['APPEND', 'ap', BYTES], words('STRLEN ap'), words('GETRANGE ap 1 3'), words('GETRANGE ap -3 -1'), words('GETRANGE ap 5 1'), words('GETRANGE missing 0 -1'), words('GETRANGE ap a b'),
      ['SET', 'a key with spaces', '1'], ['GET', 'a key with spaces'], ['SET', '/path/to/key', '1'], ['GET', '/path/to/key'], ['SET', 'schlüssel', '1'], ['GET', 'schlüssel'],
    ],
  ],
  [
    'counters',
    [
      words('INCR c'), words('INCR c'), words('DECR c'), words('INCRBY c 10'), words('DECRBY c 3'), words('GET c'), words('INCRBY c x'), words('INCRBY c 1.5'), words('INCRBY c 99999999999999999999'), words('DECRBY c -5'),
      words('SET c abc'), words('INCR c'), words('SET c 9223372036854775806'), words('INCR c'), words('INCR c'), words('GET c'), words('SET c -9223372036854775807'), words('DECR c'), words('DECR c'), words('DECRBY c -9223372036854775808'),
      ['SET', 'c', ' 1'], words('INCR c'), words('SET c 01'), words('INCR c'), words('SET c 1 EX 100'), words('INCR c'), words('TTL c'), words('INCRBYFLOAT f 1.5'), words('INCRBYFLOAT f 2'), words('INCRBYFLOAT f x'), words('GET f'),
      words('SET c abc'), words('INCRBYFLOAT c 1'), words('HINCRBY h n 5'), words('HINCRBY h n -7'), words('HINCRBY h n x'), words('HSET h t abc'), words('HINCRBY h t 1'),
    ],
  ],
  [
    'names and expiries',
    [
      words('SET a 1'), words('SET b 2'), words('EXISTS a b c a'), words('EXISTS'), words('TYPE a'), words('TYPE missing'), words('TOUCH a missing'), words('DEL a missing'), words('UNLINK b'), words('DEL'), words('DBSIZE'),
      words('SET a 1'), words('TTL a'), words('PTTL a'), words('EXPIRETIME a'), words('TTL missing'), words('PTTL missing'), words('EXPIRE a 100'), words('TTL a'), words('EXPIRE a 50 GT'), words('EXPIRE a 200 GT'), words('TTL a'), words('EXPIRE a 300 LT'), words('EXPIRE a 100 LT'),
      words('EXPIRE a 10 NX'), words('EXPIRE a 1000 XX'), words('TTL a'), words('EXPIRE a 10 nonsense'), words('EXPIRE a x'), words('EXPIRE missing 10'), words('PERSIST a'), words('PERSIST a'), words('PERSIST missing'), words('EXPIRE a 10 XX'),
      words('PEXPIRE a 100000'), words('TTL a'), words('EXPIREAT a 4000000000'), words('EXPIRETIME a'), words('PEXPIREAT a 4000000000400'), words('EXPIRETIME a'), words('EXPIRE a -1'), words('EXISTS a'), words('SET a 1'), words('EXPIREAT a 1'), words('GET a'),
      words('SET k1 1'), words('KEYS k*'), words('KEYS none*'), words('SCAN 0 MATCH k1'), words('SCAN x'), words('SCAN 0 COUNT 0'), words('SCAN 0 nonsense'), words('SCAN 0 MATCH k* TYPE string'), words('SCAN 0 TYPE list'), words('DBSIZE'),
    ],
  ],
  [
    'hashes',
    [
      words('HSET h a 1 b 2'), words('HSET h b 3 c 4'), words('HSET h'), words('HSET h a'), words('HSET h a 1 b'), words('HGET h a'), words('HGET h missing'), words('HGET missing a'), words('HMGET h a missing c'), words('HMGET h'), words('HGETALL h'), words('HGETALL missing'),
      words('HKEYS h'), words('HVALS h'), words('HLEN h'), words('HLEN missing'), words('HEXISTS h a'), words('HEXISTS h missing'), words('HSTRLEN h b'), words('HSTRLEN h missing'), words('HSETNX h a 9'), words('HSETNX h d 9'), words('HMSET h e 5'), words('HSCAN h 0'), words('HSCAN h 0 MATCH a'),
      words('HDEL h a missing'), words('HDEL missing a'), words('TYPE h'), words('EXISTS h'), ['HSET', 'h', 'bytes', BYTES], words('HGET h bytes'), ['HSET', '/a/path', 'f', '{"x":1}'], words('HGET /a/path f'), words('DEL h'), words('EXISTS h'), words('HGETALL h'),
      words('HSET z b 1 a 2'),
      differs('fields are ordered by name, not by when they came', 'HGETALL', 'z'),
      words('SET s 1'),
      differs('a name can be both a key and a hash', 'HSET', 's', 'f', '1'),
      differs('a hash is no key: nil, not WRONGTYPE', 'GET', 'z'),
      differs('a hash cannot expire as a whole', 'EXPIRE', 'z', '10'),
      differs('the fields of hashes are keys: they are counted and listed, hashes are not', 'DBSIZE'),
    ],
  ],
  [
    'transactions',
    [
      words('MULTI'), words('SET a 1'), words('INCR a'), words('GET a'), words('EXEC'), words('EXEC'), words('DISCARD'), words('MULTI'), words('MULTI'), words('SET a 5'), words('DISCARD'), words('GET a'), words('MULTI'), words('nonsense'), words('SET a 9'), words('EXEC'), words('GET a'),
      words('MULTI'), words('SET a'), words('EXEC'), words('MULTI'), words('EXEC'), words('SET t abc'), words('MULTI'), words('INCR t'), words('SET t 2'), words('EXEC'), words('GET t'),
      words('WATCH a'), words('SET a 7'), words('MULTI'), words('SET a 8'), words('EXEC'), words('GET a'), words('WATCH a b'), words('MULTI'), words('SET a 9'), words('SET a 10'), words('EXEC'), words('GET a'), words('WATCH a'), words('SET a 1'), words('UNWATCH'), words('MULTI'), words('GET a'), words('EXEC'),
      words('MULTI'), words('WATCH a'), words('EXEC'), words('WATCH'),
    ],
  ],
  [
    'messages and tracking',
    [
      words('PUBLISH c hello'), words('PUBSUB CHANNELS'), words('PUBSUB NUMSUB a b'), words('PUBSUB NUMPAT'), words('UNSUBSCRIBE'), words('PUNSUBSCRIBE'), words('PUBSUB nonsense'),
      words('CLIENT TRACKINGINFO'), words('CLIENT GETREDIR'), words('CLIENT TRACKING on NOLOOP'), words('CLIENT TRACKINGINFO'), words('CLIENT GETREDIR'), words('CLIENT TRACKING on BCAST'), words('CLIENT TRACKING off'), words('CLIENT TRACKING on OPTIN'), words('CLIENT CACHING yes'), words('CLIENT TRACKINGINFO'),
      words('CLIENT CACHING no'), words('CLIENT TRACKING off'), words('CLIENT CACHING yes'), words('CLIENT TRACKING on OPTIN OPTOUT'), words('CLIENT TRACKING on BCAST OPTIN'), words('CLIENT TRACKING on PREFIX a'), words('CLIENT TRACKING on REDIRECT 99999'), words('CLIENT TRACKING on REDIRECT x'), words('CLIENT TRACKING nonsense'),
      words('CLIENT TRACKING on BCAST PREFIX user: PREFIX /a/b/'), words('CLIENT TRACKINGINFO'), words('CLIENT TRACKING off'), words('COMMAND GETKEYS MSET a 1 b 2'), words('COMMAND GETKEYS PING'), words('COMMAND GETKEYS nonsense a'), words('COMMAND GETKEYS ECHO a'), words('COMMAND GETKEYS GET a b'), words('COMMAND INFO nonsense'), words('COMMAND nonsense'),
    ],
  ],
];
