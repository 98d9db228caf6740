import { expect } from 'vitest';

import { checkFacts } from './facts.ts';

checkFacts('_ns', [
  [
    'PUT answers only the _ver_; an existing path is path_exists',
    async ({ call }) => {
      expect((await call('PUT', '/_ns/First/b/c')).envelope).toEqual({ v: { _ver_: expect.any(String) }, s: 'ok' });
      expect((await call('PUT', '/_ns/First/b/c')).envelope).toEqual({ v: 'path_exists', s: 'error' });
    },
  ],
  [
    'nodes in between are not listed; paths are relative to the base, without leading slash, sorted',
    async ({ call }) => {
      for (const path of ['Tree/z', 'Tree/a/path/that/lily', 'Tree/a/path', 'Tree/m']) await call('PUT', `/_ns/${path}`);
      expect((await call('GET', '/_ns/Tree')).v).toEqual(['a/path', 'a/path/that/lily', 'm', 'z']);
      expect((await call('GET', '/_ns/Tree/a')).v).toEqual(['path', 'path/that/lily']);
    },
  ],
  [
    'depth is the most segments below the base; the lobby client needs exactly "Lobby" from depth=2',
    async ({ call }) => {
      for (const path of ['root', 'root/Lobby', 'root/x/y/z/a/b']) await call('PUT', `/_ns/${path}`);
      expect((await call('GET', '/_ns/root?depth=2')).v).toEqual(['Lobby']);
      expect((await call('GET', '/_ns/root?depth=5')).v).toEqual(['Lobby', 'x/y/z/a/b']);
      expect((await call('GET', '/_ns/root?depth=4')).v).toEqual(['Lobby']);
    },
  ],
  [
    'without depth everything beneath is listed; depth=depth=10, which a client sends, is 10',
    async ({ call }) => {
      await call('PUT', '/_ns/deep/a/b/c/d/e/f/g/h/i/j');
      await call('PUT', '/_ns/deep/a/b/c/d/e/f/g/h/i/j/k');
      expect((await call('GET', '/_ns/deep')).v).toHaveLength(2);
      expect((await call('GET', '/_ns/deep?depth=depth=10')).v).toEqual(['a/b/c/d/e/f/g/h/i/j']);
      expect((await call('GET', '/_ns/deep?depth=rubbish')).v).toHaveLength(2);
    },
  ],
  [
    'a base that does not exist has nothing beneath it',
    async ({ call }) => {
      expect((await call('GET', '/_ns/not/there')).envelope).toEqual({ v: [], s: 'ok' });
    },
  ],
  [
    'DELETE answers the count and removes everything beneath too; a leaf is 1',
    async ({ call }) => {
      for (const path of ['Del', 'Del/a', 'Del/a/b', 'Del/c', 'Delta']) await call('PUT', `/_ns/${path}`);
      expect((await call('DELETE', '/_ns/Del/c')).v).toBe(1);
      expect((await call('DELETE', '/_ns/Del')).v).toBe(3);
      expect((await call('DELETE', '/_ns/Del')).v).toBe(0);
      expect((await call('GET', '/_ns?depth=1')).v).toContain('Delta');
    },
  ],
  [
    'a namespace can be created again after it was removed',
    async ({ call }) => {
      await call('PUT', '/_ns/Phoenix');
      await call('DELETE', '/_ns/Phoenix');
      expect((await call('PUT', '/_ns/Phoenix')).envelope.s).toBe('ok');
    },
  ],
  [
    'a segment begins with a letter, then letters, digits, _ - . ; domain names are legal, spaces are not',
    async ({ call }) => {
      expect((await call('PUT', '/_ns/www.x.com/app-1/room_2')).envelope.s).toBe('ok');
      for (const path of ['9lives', 'a/b%20c', '_x/y', 'a/-b', 'a/%C3%A4', '']) expect((await call('PUT', `/_ns/${path}`)).v).toBe('bad_segment');
    },
  ],
]);
