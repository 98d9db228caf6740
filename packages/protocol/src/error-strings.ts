/** What an error string of the v3 API means and which HTTP status describes it. */
export interface ErrorStringInfo {
  /** The HTTP status that a client gets when it asks for precise statuses (`Prefer: status=http`). */
  readonly status: number;
  /** `v3`: a string that existing clients know. `xir`: added for a situation that v3 has no word for. */
  readonly origin: 'v3' | 'xir';
  /** One sentence for the reference. */
  readonly meaning: string;
}

const v3 = (status: number, meaning: string): ErrorStringInfo => ({ status, origin: 'v3', meaning });
const xir = (status: number, meaning: string): ErrorStringInfo => ({ status, origin: 'xir', meaning });

/**
 * Every string that may stand in `v` of an error envelope, with its meaning.
 *
 * The strings of origin `v3` keep the spelling existing clients compare with.
 */
export const ERROR_STRINGS = {
  internal: v3(500, 'The neuron failed; nothing is known about the request.'),
  not_found: v3(404, 'There is nothing at this path and key.'),
  unauthorized: v3(401, 'The login is missing, wrong, inactive, banned from this path, or not allowed to do this.'),
  bad_name: v3(400, 'The key is missing, or is not a name that this service accepts.'),
  malformed_partner: v3(400, 'A partner name is not well formed.'),
  invalid_account: v3(400, 'The account named in the request does not exist.'),
  email_exists: v3(409, 'Another account of the same parent has this email address.'),
  username_exists: v3(409, 'Another account of the same parent has this name.'),
  bad_username: v3(400, 'An account name begins with a letter, followed by letters, digits, `_`, `-`, `.`; at most 63 characters.'),
  bad_segment: v3(400, 'A path segment begins with a letter, followed by letters, digits, `_`, `-`, `.`.'),
  bad_domain_format: v3(400, 'A domain name is not well formed.'),
  bad_app_format: v3(400, 'An application name is not well formed.'),
  bad_room_format: v3(400, 'A room name is not well formed.'),
  path_exists: v3(409, 'The namespace exists already.'),
  domain_exists: v3(409, 'The domain exists already.'),
  application_exists: v3(409, 'The application exists already.'),
  room_exists: v3(409, 'The room exists already.'),
  no_namespace: v3(404, 'The channel was not created with `_ns`.'),
  no_domain: v3(404, 'The domain does not exist.'),
  no_application: v3(404, 'The application does not exist.'),
  no_room: v3(404, 'The room does not exist.'),
  user_not_admin: v3(403, 'The administrator has another role than `admin`, which this needs.'),
  require_email: v3(400, 'An administrator needs an email address.'),
  require_password: v3(400, 'An administrator needs a password.'),
  bad_password_format: v3(400, 'The password or secret is too short, too long, or has characters that a login cannot carry.'),
  bad_me_context: v3(400, 'The login has no account of its own, or no accounts beneath it.'),
  unauthorized_domain: v3(403, 'The login may not use this domain.'),
  bad_layer_prefix: v3(400, 'The layer is missing, or is not one that this service may touch.'),
  value_missing: v3(400, 'The body holds no `v`.'),
  _ver_missing: v3(428, 'The key exists; its current `_ver_` must be inside `v`.'),
  version_conflict: v3(412, 'The `_ver_` (or `If-Match`) is not the current one, or the key exists although it must not.'),
  locked: v3(423, 'The key is being written by somebody else.'),
  require_type_param: v3(400, 'The parameter `type` is missing.'),
  unrecognized_type_param: v3(400, 'The parameter `type` has a value that is not known.'),
  require_account_details: v3(400, 'The value of an account must be an object.'),
  bad_email: v3(400, 'The email address is missing or not well formed.'),
  username_is_immutable: v3(400, 'An account cannot be renamed.'),

  bad_request: xir(400, 'The request line, the path or the query cannot be decoded.'),
  bad_body: xir(400, 'The body is not UTF-8, not JSON, or nested too deeply.'),
  bad_value: xir(400, 'The value cannot be stored, for example a number beyond the range of JSON numbers.'),
  bad_option: xir(400, 'A parameter has a value that cannot be used.'),
  method_not_allowed: xir(405, 'The service does not know this method.'),
  unknown_service: xir(404, 'No service has this name.'),
  unsupported: xir(501, 'The store behind this neuron cannot do this.'),
  too_large: xir(413, 'The body, or the value in it, is larger than the limit.'),
  url_too_long: xir(414, 'The path and query are longer than the limit.'),
  headers_too_large: xir(431, 'The headers are larger than the limit.'),
  timeout: xir(408, 'The request did not arrive, or could not be answered, in time.'),
  rate_limited: xir(429, 'The account, or the peer, sent too many messages in a second; try again later.'),
  no_history: xir(404, 'The channel keeps no messages.'),
  busy: xir(503, 'A limit of the neuron is reached (requests, watches, queued writes); try again.'),
  not_fresh: xir(503, 'The freshness that was asked for could not be proved in time.'),
  unavailable: xir(503, 'The database cannot be reached and the answer is not at hand.'),
  outcome_unknown: xir(504, 'The connection to the database broke during the write, and whether it happened cannot be found out.'),
} as const satisfies Record<string, ErrorStringInfo>;

/** A string that may stand in `v` of an error envelope. */
export type ErrorString = keyof typeof ERROR_STRINGS;

/** All error strings, in the order of {@link ERROR_STRINGS}. */
export const ERROR_STRING_LIST = Object.keys(ERROR_STRINGS) as readonly ErrorString[];

/** Whether a string is one of {@link ERROR_STRING_LIST}. */
export function isErrorString(text: string): text is ErrorString {
  return Object.hasOwn(ERROR_STRINGS, text);
}
