import { createHash } from 'node:crypto';

import { expect, it } from 'vitest';

import { chatDocument } from '../src/chat/chat-page.ts';

const document = chatDocument(() => ({ protocol: 'https:', port: 4006 }));
const policy = new Map((document.contentSecurityPolicy ?? '').split('; ').map((directive) => [directive.split(' ')[0], directive.split(' ').slice(1)]));

it('the scripts that the chat page holds are those that its policy lets run, and no others', () => {
  const scripts = [...document.render().matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, script = '']) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`);
  expect(scripts.length).toBe(2);
  expect(policy.get('script-src')?.toSorted()).toEqual(scripts.toSorted());
  expect(document.render()).not.toMatch(/<(?:script|link|img|iframe)[^>]* (?:src|href)=| on[a-z]+=/);
});

it('the chat page can be put into no other page, sends its form nowhere, and loads nothing', () => {
  for (const name of ['default-src', 'base-uri', 'form-action', 'frame-ancestors']) expect([name, policy.get(name)]).toEqual([name, ["'none'"]]);
  expect(document.render()).toContain('<form id="login" autocomplete="off" data-protocol="https:" data-port="4006">');
});
