import * as z from 'zod';

import { ACCOUNT_NAME, EMAIL, MAX_ACCOUNT_NAME_CHARACTERS, MAX_EMAIL_CHARACTERS, MAX_PASSWORD_CHARACTERS, MIN_PASSWORD_CHARACTERS, PASSWORD, SECRET } from '../names.ts';

const text = z.string().max(1024);
/** Forms carry booleans as texts. */
const flag = z.union([z.boolean(), z.enum(['true', 'false', '1', '0']), z.literal([1, 0])]);
const name = z.string().max(MAX_ACCOUNT_NAME_CHARACTERS).regex(ACCOUNT_NAME);
const email = z.string().max(MAX_EMAIL_CHARACTERS).regex(EMAIL);
const password = z.string().min(MIN_PASSWORD_CHARACTERS).max(MAX_PASSWORD_CHARACTERS).regex(PASSWORD);
const secret = z.string().min(MIN_PASSWORD_CHARACTERS).max(MAX_PASSWORD_CHARACTERS).regex(SECRET);

/** The fields of an account that a client may set. */
export const accountDetailsSchema = z.object({
  email,
  secret: secret.nullable().optional().describe('generated (a UUID) unless given'),
  password: z.union([password, z.literal('')]).nullable().optional(),
  first_name: text.nullable().optional(),
  last_name: text.nullable().optional(),
  company: text.nullable().optional(),
  customer_id: text.nullable().optional(),
  plan: text.nullable().optional(),
  term: text.nullable().optional(),
  active: flag.nullable().optional(),
});

/** The fields that an update may carry: any of them. */
export const accountUpdateSchema = accountDetailsSchema.partial();

/** Body of `PUT /_acc/accounts`. */
export const accountCreateBodySchema = z.looseObject({ k: name.optional().describe('the name; may stand in the query instead'), v: accountDetailsSchema });

/** What everybody who may list accounts sees of one. */
export const publicAccountSchema = z.object({
  username: z.string(),
  email: z.string(),
  first_name: z.string(),
  last_name: z.string(),
  company: z.string(),
  created: z.int().describe('unix seconds'),
  active: z.boolean(),
  _ver_: z.string(),
}).meta({ id: 'Account' });

/** The reply to the creation of an account; the secret is never shown again. */
export const createdAccountSchema = publicAccountSchema.extend({
  secret: z.string(),
  password: z.string(),
  customer_id: z.string().nullable(),
  plan: z.string(),
  term: z.string(),
}).meta({ id: 'CreatedAccount' });

/** The reply to a change of an account, and the own account: all but secret and password. */
export const detailedAccountSchema = publicAccountSchema.extend({ customer_id: z.string().nullable(), plan: z.string(), term: z.string() }).meta({ id: 'DetailedAccount' });

/** The fields of an administrator that a client may set. */
export const administratorDetailsSchema = z.object({
  password: password,
  email,
  first_name: text.nullable().optional(),
  last_name: text.nullable().optional(),
  role: text.nullable().optional(),
});

/** Body of a write to `/_acc/users/admins`. */
export const administratorWriteBodySchema = z.looseObject({ k: name.optional().describe('the name; may stand in the query instead'), v: administratorDetailsSchema.partial() });

/** An administrator as it is answered. */
export const publicAdministratorSchema = z.object({
  email: z.string(),
  first_name: z.string(),
  last_name: z.string(),
  role: z.string(),
  created: z.int().describe('unix seconds'),
  _ver_: z.string(),
}).meta({ id: 'Administrator' });

/** The fields of an account that a client may set. */
export type AccountDetails = z.infer<typeof accountDetailsSchema>;
/** What everybody who may list accounts sees of one. */
export type PublicAccount = z.infer<typeof publicAccountSchema>;
/** The reply to the creation of an account. */
export type CreatedAccount = z.infer<typeof createdAccountSchema>;
/** The fields of an administrator that a client may set. */
export type AdministratorDetails = z.infer<typeof administratorDetailsSchema>;
/** An administrator as it is answered. */
export type PublicAdministrator = z.infer<typeof publicAdministratorSchema>;
