import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

import { openFixture } from './face-fixture.ts';

/** What a Python program writes without knowing of neurons; run by Debian's Python with its package python3-redis. */
const PROGRAM = `
import redis, sys
r = redis.Redis(port=int(sys.argv[1]), username='elena', password='elenas', decode_responses=True)
assert r.ping()
assert r.set('/py/a', 'ä', ex=100) and r.get('/py/a') == 'ä' and 0 < r.ttl('/py/a') <= 100
assert r.hset('/py/h', mapping={'one': 1, 'two': 'zwei'}) == 2 and r.hgetall('/py/h') == {'one': '1', 'two': 'zwei'}
assert r.incrby('/py/n', 5) == 5 and r.decr('/py/n') == 4
assert sorted(r.scan_iter('/py/*', count=2)) == ['/py/a', '/py/h/one', '/py/h/two', '/py/n']
assert r.pipeline(transaction=True).set('/py/n', 1).incr('/py/n').execute() == [True, 2]
def add(pipe):
    value = int(pipe.get('/py/n'))
    pipe.multi()
    pipe.set('/py/n', value + 1)
assert r.transaction(add, '/py/n') == [True] and r.get('/py/n') == '3'
s = r.pubsub()
s.psubscribe('__keyspace@0__:/py/*')
assert s.get_message(timeout=5)['type'] == 'psubscribe'
r.set('/py/a', 'b')
assert s.get_message(timeout=5)['data'] == 'set'
raw = redis.Redis(port=int(sys.argv[1]), username='elena', password='elenas')
raw.set('/py/bytes', bytes(range(256)))
assert raw.get('/py/bytes') == bytes(range(256))
try:
    r.execute_command('NONSENSE')
    assert False
except redis.ResponseError as error:
    assert 'unknown command' in str(error)
print('done')
`;

it("K5 Python's redis writes, reads, scans, counts, watches and listens", async () => {
  await using fixture = await openFixture();
  const { stdout } = await promisify(execFile)('/usr/bin/python3', ['-c', PROGRAM, String(fixture.server.port)]);
  expect(stdout).toBe('done\n');
});
