import { startEmbeddedCouch } from '@xir/couch-embedded';

/** An embedded database as a process of its own: `<directory> <port>`. Its first line is its URL. */
const [directory = '', port = '0'] = process.argv.slice(2);
const database = await startEmbeddedCouch({ directory, port: Number(port) });
process.stdout.write(`${database.url}\n`);
process.once('SIGTERM', () => {
  database.close().then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
});
