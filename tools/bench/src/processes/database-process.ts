/** The embedded database in a process of its own, so that what it spends is nobody else's. */
import { startEmbeddedCouch } from '@xir/couch-embedded';

import { serve } from './serve.ts';

serve({
  start: async (directory: string) => (await startEmbeddedCouch({ directory })).url,
});
