/** What every relying party does with a token before its own rules: read it, find the key, check the signature, the issuer, the audience and the times. */
import { compactVerify, importJWK, type JWK } from 'jose';
import { ask, type Fields, isFields, readFields } from '../http.ts';

/** Why a token or a document was refused. The text is for the proof only: most parties never say it on the wire. */
export class Denial extends Error {}

export function deny(reason: string): never {
  throw new Denial(reason);
}

/** By issuer URL: where on loopback its discovery document is. An issuer that is not listed cannot be reached. */
export type Reach = Readonly<Record<string, string>>;

export interface Keys {
  readonly keys: readonly JWK[];
}

/** Fetches the keys of an issuer as its discovery document tells. The document has to name the very issuer. */
export async function discover(issuer: string, reach: Reach, base: string = issuer): Promise<Keys> {
  const place = Object.hasOwn(reach, base) ? reach[base] : undefined;
  if (place === undefined) return deny(`the discovery document of ${base} cannot be fetched`);
  const document = (await ask('GET', `${place}/.well-known/openid-configuration`)).json;
  if (!isFields(document) || document['issuer'] !== issuer) return deny(`the discovery document names another issuer than ${issuer}`);
  const location = document['jwks_uri'];
  if (typeof location !== 'string') return deny('the discovery document has no jwks_uri');
  return readKeys((await ask('GET', location)).json);
}

/** A key set of public keys. */
export function readKeys(value: unknown): Keys {
  if (!isFields(value) || !Array.isArray(value['keys']) || value['keys'].length === 0) return deny('no key set: {"keys": [...]}');
  for (const key of value['keys'] as unknown[]) {
    if (!isFields(key) || typeof key['kty'] !== 'string') return deny('a key of the key set is no JWK');
    if (key['kty'] === 'oct' || ['d', 'p', 'q', 'k'].some((part) => part in key)) return deny('the key set holds a private or symmetric key');
    if (typeof key['kid'] !== 'string') return deny('a key of the key set has no kid');
  }
  return { keys: value['keys'] as JWK[] };
}

export interface Decoded {
  readonly header: Fields;
  readonly claims: Fields;
}

/** Header and claims, nothing checked. */
export function decode(token: string): Decoded {
  const parts = token.split('.');
  const [header, claims] = parts.slice(0, 2).map((part) => readFields(Buffer.from(part, 'base64url').toString('utf8')));
  if (parts.length !== 3 || header === undefined || claims === undefined) return deny('not a JWT');
  return { header, claims };
}

/** Checks the signature with the one key of the token's `kid`. */
export async function checkSignature(token: string, algorithms: readonly string[], keys: Keys): Promise<Decoded> {
  const { header, claims } = decode(token);
  const { alg, kid, crit } = header;
  if (typeof alg !== 'string' || !algorithms.includes(alg)) return deny(`algorithm ${String(alg)} is not taken`);
  if (crit !== undefined) return deny('a critical header is not understood');
  if (typeof kid !== 'string') return deny('the token names no key (kid)');
  const [key, ...more] = keys.keys.filter((one) => one.kid === kid);
  if (key === undefined || more.length > 0) return deny(`no single key ${kid}`);
  if (key.alg !== undefined && key.alg !== alg) return deny(`key ${kid} is not for ${alg}`);
  if (key.use !== undefined && key.use !== 'sig') return deny(`key ${kid} is not for signing`);
  try {
    await compactVerify(token, await importJWK(key, alg), { algorithms: [alg] });
  } catch {
    return deny('the signature does not match');
  }
  return { header, claims };
}

export interface TimeRules {
  /** Seconds that clocks may differ. */
  readonly leeway: number;
  /** Largest `exp - iat`, seconds. */
  readonly longest?: number;
}

/** `exp` and `iat` have to be there. Gives the seconds that remain. */
export function checkTimes(claims: Fields, { leeway, longest }: TimeRules, now = Math.floor(Date.now() / 1000)): number {
  const { exp, iat, nbf } = claims;
  if (typeof exp !== 'number') return deny('no exp');
  if (typeof iat !== 'number') return deny('no iat');
  if (nbf !== undefined && typeof nbf !== 'number') return deny('nbf is no number');
  if (exp <= now - leeway) return deny('expired');
  if (iat > now + leeway) return deny('issued in the future');
  if (typeof nbf === 'number' && nbf > now + leeway) return deny('not valid yet');
  if (longest !== undefined && exp - iat > longest) return deny(`lives ${exp - iat} s, more than ${longest} s`);
  return exp - now;
}

/** Each element of `aud`. */
export function audiences(claims: Fields): readonly string[] {
  const { aud } = claims;
  const list = Array.isArray(aud) ? (aud as unknown[]) : [aud];
  return list.filter((one): one is string => typeof one === 'string');
}

export function subjectOf(claims: Fields): string {
  const { sub } = claims;
  return typeof sub === 'string' && sub !== '' ? sub : deny('no sub');
}

/** Host and path of a shared issuer, as parties list them: `gitlab.com`. */
export function withoutScheme(issuer: string): string {
  return issuer.replace(/^https:\/\//, '');
}

export const RSA_AND_EC = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'] as const;
