/**
 * The packages by role, and for each the workspace packages its sources may import. This is the table of docs/design.md; nothing
 * else is allowed. Tests may use whatever their package declares, testing packages included.
 */
export const ROLES = [
  { role: 'Start here', packages: ['@xir/neuron', '@xir/stem-sdk'] },
  { role: 'Faces of a neuron', packages: ['@xir/rest', '@xir/websocket', '@xir/signalling', '@xir/messaging', '@xir/legacy-rest', '@xir/resp', '@xir/operations', '@xir/accounts'] },
  { role: 'Messaging', packages: ['@xir/router', '@xir/webhooks'] },
  { role: 'Memory', packages: ['@xir/kv4', '@xir/kv4-couch', '@xir/kv4-core', '@xir/protocol'] },
  { role: 'CouchDB, with or without Xir', packages: ['@xir/couch-feed', '@xir/couch-client', '@xir/couch-embedded'] },
  { role: 'For those who implement a contract', packages: ['@xir/kv4-testing', '@xir/couch-testing'] },
];

/** Allowed imports of sources, per package. Faces import `@xir/couch-client` for its `Clock` and `Random`. */
export const ALLOWED = {
  '@xir/kv4-core': [],
  '@xir/protocol': [],
  '@xir/couch-client': [],
  '@xir/couch-feed': ['@xir/couch-client'],
  '@xir/couch-embedded': [],
  '@xir/kv4-couch': ['@xir/kv4-core', '@xir/couch-client'],
  '@xir/kv4': ['@xir/kv4-core', '@xir/kv4-couch', '@xir/couch-feed', '@xir/couch-client'],
  '@xir/accounts': ['@xir/kv4-core', '@xir/protocol', '@xir/couch-client'],
  '@xir/router': ['@xir/couch-client', '@xir/kv4-core'],
  '@xir/rest': ['@xir/accounts', '@xir/couch-client', '@xir/kv4', '@xir/kv4-core', '@xir/protocol'],
  '@xir/resp': ['@xir/accounts', '@xir/couch-client', '@xir/kv4-core', '@xir/protocol'],
  '@xir/websocket': ['@xir/accounts', '@xir/couch-client', '@xir/kv4-core', '@xir/protocol'],
  '@xir/signalling': ['@xir/accounts', '@xir/couch-client', '@xir/kv4-core', '@xir/protocol', '@xir/router'],
  '@xir/legacy-rest': ['@xir/protocol', '@xir/rest'],
  '@xir/messaging': ['@xir/accounts', '@xir/couch-client', '@xir/kv4-core', '@xir/protocol', '@xir/rest', '@xir/router', '@xir/signalling', '@xir/webhooks'],
  '@xir/webhooks': ['@xir/couch-client', '@xir/kv4-core', '@xir/router'],
  '@xir/operations': ['@xir/couch-client'],
  '@xir/stem-sdk': ['@xir/kv4-core', '@xir/protocol'],
  '@xir/kv4-testing': ['@xir/kv4-core'],
  '@xir/couch-testing': ['@xir/couch-client'],
  '@xir/neuron': [
    '@xir/accounts',
    '@xir/couch-client',
    '@xir/couch-embedded',
    '@xir/couch-feed',
    '@xir/kv4',
    '@xir/kv4-core',
    '@xir/kv4-couch',
    '@xir/legacy-rest',
    '@xir/messaging',
    '@xir/operations',
    '@xir/protocol',
    '@xir/resp',
    '@xir/rest',
    '@xir/router',
    '@xir/signalling',
    // The script of the chat page, which is bundled.
    '@xir/stem-sdk',
    '@xir/webhooks',
    '@xir/websocket',
  ],
  '@xir/mutants': [],
  '@xir/oracle': ['@xir/couch-embedded', '@xir/neuron'],
  '@xir/simulation': ['@xir/accounts', '@xir/couch-client', '@xir/kv4', '@xir/kv4-core', '@xir/protocol', '@xir/resp', '@xir/router', '@xir/websocket'],
  '@xir/bench': ['@xir/couch-client', '@xir/couch-embedded', '@xir/couch-feed', '@xir/kv4', '@xir/kv4-core', '@xir/kv4-couch', '@xir/kv4-testing', '@xir/router', '@xir/rest', '@xir/stem-sdk', '@xir/neuron'],
};

/** Packages without sockets, files, clock or randomness. */
export const PURE = ['@xir/kv4-core', '@xir/protocol'];
