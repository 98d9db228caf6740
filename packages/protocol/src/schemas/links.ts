import * as z from 'zod';

const name = z.string().regex(/^[0-9a-z]{1,64}$/).describe('the name of a neuron, or the serial number of a certificate in lower-case hexadecimal digits');

/** Body of `PUT /_links/revoked`. */
export const revocationBodySchema = z.looseObject({ k: name.optional() });

/** A revocation as it is answered. */
export const revocationAnswerSchema = z.object({ k: name, _ver_: z.string() });

/** Who is revoked, since when and by whom. */
export const revocationListSchema = z.array(z.object({ k: name, t: z.number().describe('since when, unix seconds'), a: z.string().describe('author: who revoked it') }));
