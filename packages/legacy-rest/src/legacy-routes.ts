/** What the V2 API can be asked for. */
export type LegacyRoute = 'token' | 'list' | 'ice' | 'domain' | 'application' | 'room';

/** How a request is made: its route, and whether it reads, adds or removes where the route is a name. */
export interface LegacyCall {
  readonly route: LegacyRoute;
  readonly act: 'read' | 'add' | 'remove';
}

const ROUTES: ReadonlyMap<string, LegacyRoute> = new Map<string, LegacyRoute>([
  ['/signal/token', 'token'],
  ['/gettoken', 'token'],
  ['/signal/list', 'list'],
  ['/wslist', 'list'],
  ['/ice', 'ice'],
  ['/geticeservers', 'ice'],
  ['/domain', 'domain'],
  ['/application', 'application'],
  ['/room', 'room'],
]);

/** Older names say what they do: `/addDomain`, `/listRooms`. */
const OLDER = /^\/(add|list)(domain|application|room)s?$/;
const METHODS: ReadonlyMap<string, LegacyCall['act']> = new Map([
  ['GET', 'read'],
  ['POST', 'add'],
  ['PUT', 'add'],
  ['DELETE', 'remove'],
]);

/** The call of a request; `undefined`: there is no such. Names are compared without case, and without slashes at the end. */
export function callOf(method: string, path: string): LegacyCall | undefined {
  const act = METHODS.get(method);
  const name = `/${path.toLowerCase().split('/').filter((segment) => segment !== '').join('/')}`;
  if (act === undefined) return undefined;
  const older = OLDER.exec(name);
  if (older !== null) return { route: older[2] as LegacyRoute, act: older[1] === 'add' ? 'add' : 'read' };
  const route = ROUTES.get(name);
  return route === undefined ? undefined : { route, act };
}
