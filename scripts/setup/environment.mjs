import { delimiter, join } from 'node:path';
import { root } from './root.mjs';

/** Where the bootstrapped pnpm lives; in no way a global install. */
export const toolsDirectory = join(root, '.tools');

/**
 * The environment every child process gets: the bootstrapped pnpm first on PATH (turbo looks for it there), and nothing
 * that calls out to any host but the package registry.
 */
export function childEnvironment(extra = {}) {
  const path = [join(toolsDirectory, 'pnpm', 'node_modules', '.bin'), join(root, 'node_modules', '.bin'), process.env.PATH ?? ''];
  return {
    ...process.env,
    PATH: path.join(delimiter),
    DO_NOT_TRACK: '1',
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
    NO_UPDATE_NOTIFIER: '1',
    // A log file is for reading; colours are for terminals.
    ...(process.stdout.isTTY ? {} : { NO_COLOR: '1' }),
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
    ...extra,
  };
}
