import { packageBuild } from '../../tsup.shared.ts';

// The doors share no file, so that clients of the Redis protocol load nothing else. One build: two at once clear each other's output away.
export default packageBuild({ entry: { index: 'src/index.ts', resp: 'src/resp/door.ts' }, splitting: false });
