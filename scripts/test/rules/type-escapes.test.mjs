import { expect, it } from 'vitest';
import { repositoryOf } from '../../lint/repository.mjs';
import { check } from '../../lint/rules/type-escapes.mjs';

const found = (text) => check(repositoryOf({ 'packages/a/src/a.ts': text }));

it.each(['x as any;', 'const y = <any>x;', '// oxlint-disable-next-line', '// @ts-expect-error', 'try { a(); } catch {}', 'try { a(); } catch (error) { }'])('refuses %s', (text) => {
  expect(found(text)).toHaveLength(1);
});

it.each(['x as unknown;', '// as any other', "'as any'", 'try { a(); } catch { /* closed already */ }', 'const anything: anyOf = x;'])('accepts %s', (text) => {
  expect(found(text)).toEqual([]);
});
