import { environmentName, hasFile, NEURON_OPTIONS, type OptionDefinition } from './options.ts';

/** The reference of every option (`docs/configuration.md`), generated from the options table. */
export function configurationReference(): string {
  const definitions: OptionDefinition<unknown>[] = Object.values(NEURON_OPTIONS);
  return `${HEADER}\n${definitions.map(section).join('\n')}${FOOTER}`;
}

function section(definition: OptionDefinition<unknown>): string {
  const { flag, kind, help, defaultText, absent, secret = false } = definition;
  const rows = [
    ['flag', `\`--${flag} ${kind.placeholder}\`${kind.repeatable === true ? ', may be repeated' : ''}`],
    ['environment', `\`${environmentName(flag)}\``],
    ['value', kind.description],
    ['default', defaultText === undefined ? (absent ?? 'none') : `\`${defaultText}\``],
    ...(hasFile(definition)
      ? [['from a file', `\`--${flag}-file <path>\`, \`${environmentName(`${flag}-file`)}\`${secret ? '; the flag itself shows in the process list, so prefer these' : ''}`]]
      : []),
  ];
  const table = ['| | |', '|---|---|', ...rows.map(([name, value]) => `| ${name} | ${value?.replaceAll('|', '\\|')} |`)].join('\n');
  return `## ${flag}\n\n${help}\n\n${table}\n${kind.details === undefined ? '' : `\n${kind.details}\n`}`;
}

const HEADER = `# Configuration

<!-- Generated from apps/neuron/src/options.ts; \`pnpm --filter @xir/neuron docs\` writes it anew. -->

Every option of \`neuron\` is a flag, an environment variable and a key of the configuration file. A flag wins over the environment, the
environment over the file, the file over the default. An environment variable that is empty counts as not set.

The file is given with \`--config <path>\` or \`XIR_CONFIG\`; it is YAML or JSON, with the flags without dashes as keys:

\`\`\`yaml
rest-port: 4006
couchdb-url-file: /run/secrets/couchdb-url
retention:
  - '*data=100v'
  - '*logs=30d'
\`\`\`

Wrong configuration ends the process with status 78 before anything is opened, and names every problem at once: a stable code, the option
and where its value came from, the cause, and what to do. Values of secrets are never repeated.
`;

const FOOTER = `
## What is refused

| code | when |
|---|---|
| \`NEURON_BAD_OPTION\` | a value is not what the option expects |
| \`NEURON_UNKNOWN_OPTION\` | there is no such flag, or no such key in the file |
| \`NEURON_OPTION_CONFLICT\` | two options contradict one another, or one port is given twice |
| \`NEURON_CONFIG_FILE\` | the configuration file, or the file of a value, cannot be read |
| \`NEURON_TLS_FILE\` | the certificate or the key cannot be read or do not fit |
| \`NEURON_DEFAULT_SECRET\` | \`--host\` is not a loopback address and the system secret is the default |
| \`NEURON_DATABASE_OPEN_TO_ALL\` | \`--serve-database\` is not on a loopback address and no \`--database-admin\` is set |
`;
