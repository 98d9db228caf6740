import { packageBuild } from '../../tsup.shared.ts';

// Each door a build of its own, so that neither leans on a file with a name that changes. They run side by side: each clears its own output only.
export default [
  packageBuild({ clean: ['!browser.*', '!channels.*'] }),
  packageBuild({ entry: { browser: 'src/browser.ts' }, clean: ['!index.*', '!channels.*'] }),
  packageBuild({ entry: { channels: 'src/channels.ts' }, clean: ['!index.*', '!browser.*'] }),
];
