import { SYSTEM_LOGIN } from '../rest-request.ts';
import type { NeuronProcess } from '../servers/neuron.ts';

const ASKED_AT_ONCE = 50;

/** Tokens with which users connect to any channel, as they stand in a URL. */
export async function tokensOf({ restPort }: NeuronProcess, users: readonly string[]): Promise<string[]> {
  const tokens: string[] = [];
  for (let from = 0; from < users.length; from += ASKED_AT_ONCE) {
    const answers = users.slice(from, from + ASKED_AT_ONCE).map(async (user) => {
      const answer = await fetch(`http://127.0.0.1:${restPort}/_token?k=${user}`, { method: 'PUT', headers: { authorization: SYSTEM_LOGIN } });
      const { v } = (await answer.json()) as { readonly v: string };
      return encodeURIComponent(v);
    });
    tokens.push(...(await Promise.all(answers)));
  }
  return tokens;
}
