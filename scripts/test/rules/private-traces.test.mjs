import { expect, it } from 'vitest';
import { repositoryOf } from '../../lint/repository.mjs';
import { check } from '../../lint/rules/private-traces.mjs';

const found = (text, file = 'packages/a/src/a.ts') => check(repositoryOf({ [file]: text }));

it.each(['/home/alice/project/x', '/Users/alice/x', 'https://registry.corp.example/x', '-----BEGIN RSA PRIVATE KEY-----', `ghp_${'a'.repeat(36)}`, '//host/:_authToken=x', 'https://bob:hunter2@db.internal/x'])('refuses %s', (text) => {
  expect(found(text)).toHaveLength(1);
});

it.each(['/usr/local/bin', 'src/work/item.ts', 'http://name:password@couch.example:5984', 'http://admin:secret@127.0.0.1:5984', 'http://${name}:${password}@host'])('accepts %s', (text) => {
  expect(found(text)).toEqual([]);
});

it('lets tests make up logins', () => {
  expect(found('http://bob:hunter2@db/x', 'packages/a/test/a.test.ts')).toEqual([]);
});
