/**
 * An OpenID Connect issuer on loopback. Its tokens carry the true `iss` of a platform; a relying party is told to fetch that issuer's keys here.
 */
import { exportJWK, generateKeyPair, type GenerateKeyPairResult, type JWK, SignJWT } from 'jose';
import { randomUUID } from 'node:crypto';
import { listen } from './http.ts';

export type Claims = Readonly<Record<string, unknown>>;

export interface MintOptions {
  readonly alg?: 'RS256' | 'ES256';
  /** Sign with a key that is not published, under the published `kid`. */
  readonly wrongKey?: boolean;
  /** `none`: the signature is left out and the header says so. `hmac`: signed with HS256, the text of the public key as the secret. */
  readonly forge?: 'none' | 'hmac';
  readonly kid?: string | null;
  /** Seconds from now. */
  readonly issuedAt?: number;
  /** Seconds after `iat`. */
  readonly lifetime?: number;
}

export interface Issuer {
  /** The `iss` of the tokens. */
  readonly issuer: string;
  /** Where the discovery document is: `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly jwks: () => { readonly keys: readonly JWK[] };
  /** A signed token. Claims given win over the standard ones; a claim of `undefined` is left out. */
  readonly mint: (claims: Claims, options?: MintOptions) => Promise<string>;
  /** Times keys were fetched. */
  readonly fetched: () => number;
  readonly stop: () => Promise<void>;
}

/** GitHub's tokens live this long. */
const LIFETIME = 300;

interface KeyPairs {
  readonly rsa: GenerateKeyPairResult;
  readonly ec: GenerateKeyPairResult;
}
/** RSA keys are slow to make, so an issuer has the same ones for as long as the process runs. */
const made = new Map<string, Promise<KeyPairs>>();

function keysOf(name: string): Promise<KeyPairs> {
  const known = made.get(name);
  if (known !== undefined) return known;
  const pairs = Promise.all([generateKeyPair('RS256', { extractable: true }), generateKeyPair('ES256', { extractable: true })]).then(([rsa, ec]) => ({ rsa, ec }));
  made.set(name, pairs);
  return pairs;
}

export async function startIssuer(issuer: string): Promise<Issuer> {
  const [{ rsa, ec }, unpublished] = await Promise.all([keysOf(issuer), keysOf('')]);
  const keys: JWK[] = [
    { ...(await exportJWK(rsa.publicKey)), kid: `rsa-${randomUUID()}`, alg: 'RS256', use: 'sig' },
    { ...(await exportJWK(ec.publicKey)), kid: `ec-${randomUUID()}`, alg: 'ES256', use: 'sig' },
  ];
  let fetches = 0;
  const server = await listen(({ path, method }) => {
    if (method !== 'GET') return { status: 405, body: {} };
    if (path === '/.well-known/openid-configuration') {
      return {
        status: 200,
        body: {
          issuer,
          jwks_uri: `${server.url}/jwks`,
          id_token_signing_alg_values_supported: ['RS256', 'ES256'],
          response_types_supported: ['id_token'],
          subject_types_supported: ['public'],
        },
      };
    }
    if (path === '/jwks') {
      fetches += 1;
      return { status: 200, body: { keys } };
    }
    return { status: 404, body: {} };
  });

  const mint = async (claims: Claims, options: MintOptions = {}): Promise<string> => {
    const now = Math.floor(Date.now() / 1000) + (options.issuedAt ?? 0);
    const alg = options.alg ?? 'RS256';
    const payload = dropUndefined({ iss: issuer, iat: now, nbf: now, exp: now + (options.lifetime ?? LIFETIME), jti: randomUUID(), ...claims });
    const kid = options.kid === undefined ? keys[alg === 'RS256' ? 0 : 1]?.kid : options.kid;
    const named = kid === null || kid === undefined ? {} : { kid };
    if (options.forge === 'none') return `${segment({ alg: 'none', typ: 'JWT', ...named })}.${segment(payload)}.`;
    const header = { alg: options.forge === 'hmac' ? 'HS256' : alg, typ: 'JWT', ...named };
    const pair = alg === 'RS256' ? { own: rsa, other: unpublished.rsa } : { own: ec, other: unpublished.ec };
    const key = options.forge === 'hmac' ? Buffer.from(JSON.stringify(keys[0])) : options.wrongKey === true ? pair.other.privateKey : pair.own.privateKey;
    return new SignJWT(payload).setProtectedHeader(header).sign(key);
  };

  return { issuer, url: server.url, jwks: () => ({ keys }), mint, fetched: () => fetches, stop: server.stop };
}

function dropUndefined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function segment(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
