import { startEmbeddedCouch } from '@xir/couch-embedded';

/** A database process of its own, for tests that kill it: `<directory> <port>`. */
const [directory = '', port = '0'] = process.argv.slice(2);
const database = await startEmbeddedCouch({ directory, port: Number(port) });
process.stdout.write(`${database.url}\n`);
