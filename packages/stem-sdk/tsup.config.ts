import { packageBuild } from '../../tsup.shared.ts';

// Each door a build of its own, so that neither leans on a file with a name that changes.
export default [packageBuild(), packageBuild({ entry: ['src/browser.ts'], clean: false })];
