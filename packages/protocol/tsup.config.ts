import { packageBuild } from '../../tsup.shared.ts';

// Each door a build of its own, so that clients of the Redis protocol load nothing else.
export default [packageBuild(), packageBuild({ entry: { resp: 'src/resp/door.ts' }, clean: false })];
