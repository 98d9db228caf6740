import { createPrivateKey, randomBytes, webcrypto, type X509Certificate } from 'node:crypto';

/** A certificate with its private key. */
export interface KeyedCertificate {
  /** PEM. */
  readonly certificate: string;
  /** PKCS #8, DER. */
  readonly key: Uint8Array;
}

/** From when to when a certificate holds, in milliseconds since 1970 UTC. */
export interface Validity {
  readonly fromMs: number;
  readonly toMs: number;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const SERIAL_BYTES = 16;

/** Makes an authority: a self-signed certificate (ECDSA P-256) that may sign those of neurons and nothing else. */
export async function makeAuthority(name: string, { fromMs, toMs }: Validity): Promise<KeyedCertificate> {
  const x509 = await library();
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: [{ CN: [name] }],
    notBefore: new Date(fromMs),
    notAfter: new Date(toMs),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true), await x509.SubjectKeyIdentifierExtension.create(keys.publicKey)],
  });
  return { certificate: certificate.toString('pem'), key: await exportKey(keys.privateKey) };
}

/** Issues the certificate of a neuron, good for both ends of a link. The neuron's name is its common name. */
export async function issueCertificate(authority: KeyedCertificate, neuron: string, { fromMs, toMs }: Validity): Promise<KeyedCertificate> {
  const x509 = await library();
  const issuer = new x509.X509Certificate(authority.certificate);
  const keys = await newKeys();
  const signingKey = await webcrypto.subtle.importKey('pkcs8', authority.key, ALGORITHM, false, ['sign']);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: [{ CN: [neuron] }],
    issuer: issuer.subject,
    notBefore: new Date(fromMs),
    notAfter: new Date(toMs),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: serverNameOf(neuron) }]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { certificate: certificate.toString('pem'), key: await exportKey(keys.privateKey) };
}

/** The name by which TLS asks for a neuron, wherever it is. */
export function serverNameOf(neuron: string): string {
  return `${neuron}.neuron.internal`;
}

/** The neuron whose certificate this is; `undefined` for a certificate of another kind. */
export function neuronOf(certificate: X509Certificate): string | undefined {
  const names = /^CN=([a-z0-9]{1,24})$/.exec(certificate.subject);
  return names?.[1] !== undefined && certificate.checkHost(serverNameOf(names[1])) !== undefined ? names[1] : undefined;
}

/** A private key in PEM, as TLS wants it. */
export function pemKey({ key }: KeyedCertificate): string {
  return createPrivateKey({ key: Buffer.from(key), format: 'der', type: 'pkcs8' }).export({ format: 'pem', type: 'pkcs8' }).toString();
}

/** Loaded on first use: who brings a transport of their own does without it. */
async function library() {
  // The library's dependency injection needs it to be there first.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  x509.cryptoProvider.set(webcrypto);
  return x509;
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
}

async function exportKey(key: webcrypto.CryptoKey): Promise<Uint8Array> {
  return new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', key));
}

function newSerial(): string {
  const bytes = randomBytes(SERIAL_BYTES);
  // Positive, and of full length.
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}
