import { crc32 } from 'node:zlib';
import type { ProofName } from '../model/provider.ts';

/** What the inside of a key, or what stands round it, says about it. `facts` are public: they may be printed. */
export interface Proof {
  /** `supported`: its neighbours speak for it, but a made-up key could stand so as well. */
  readonly verdict: 'proven' | 'supported' | 'refuted' | 'unknown';
  readonly reason: string;
  readonly facts: Readonly<Record<string, string>>;
}

/** Names under which a key with another mark may still be one for AI services. */
const AZURE_AI = /openai|cognitive|azure[_.-]?ai|inference|foundry|aoai/i;

/** A key with the text it stands in (decoded, one byte a character), for proofs that need its neighbours. */
export interface Candidate {
  readonly key: string;
  readonly text: string;
  /** Offset of `key` in `text`. */
  readonly at: number;
}

const UNKNOWN: Proof = { verdict: 'unknown', reason: '', facts: {} };

/** Checks the structure of a key. Pure; never throws, whatever the key holds. */
export function prove(name: ProofName, candidate: Candidate): Proof {
  return PROOFS[name](candidate);
}

const PROOFS: Readonly<Record<ProofName, (candidate: Candidate) => Proof>> = {
  'anthropic-tail': ({ key }) => {
    const body = key.replace(/^sk-ant-[a-z]+\d{2}-/, '');
    return body.length === 95 && body.endsWith('AA') ? proven('93 characters and the tail AA') : refuted('not 93 characters and the tail AA');
  },
  'openai-halves': ({ key }) => {
    const [left = '', right = ''] = key.split('T3BlbkFJ');
    const head = left.replace(/^sk-(?:(?:proj|svcacct|service|admin)-|[a-z0-9-]*-)?/, '');
    const plain = left.replace(/^sk-/, '');
    if (right.length === plain.length && plain.length === 20) return proven('equal halves of 20');
    if (right.length !== head.length) return refuted(`unequal halves (${head.length} and ${right.length})`);
    return [20, 58, 74].includes(right.length) ? proven(`equal halves of ${right.length}`) : refuted(`halves of ${right.length}`);
  },
  'azure-mark': ({ key, text }) => {
    if (key.length !== 84 || key.slice(52, 58) !== 'JQQJ99') return refuted('no JQQJ99 at offset 52');
    if (key.slice(76, 80) === 'ACOG') return proven('JQQJ99 and the service mark ACOG');
    // Every Azure service draws its keys in this form; the mark says which.
    return AZURE_AI.test(text) ? UNKNOWN : refuted('the key of another Azure service');
  },
  'aws-account': (candidate) => awsId(candidate),
  'aws-secret': ({ key }) => {
    if (/^[0-9a-f]{40}$/i.test(key)) return refuted('40 hexadecimal digits: a digest, not a key');
    return isMixed(key) ? UNKNOWN : refuted('one kind of character only');
  },
  'bedrock-long': ({ key }) => {
    const text = fromBase64(key.slice(4));
    const parts = /^(BedrockAPIKey[A-Za-z0-9+=,.@_-]*)-at-(\d{12}):./.exec(text);
    if (parts !== null) return { verdict: 'proven', reason: 'decodes to a Bedrock key name and account', facts: { user: `${parts[1]}`, 'aws-account': `${parts[2]}` } };
    return text.startsWith('BedrockAPIKey-') ? proven('decodes to BedrockAPIKey-') : refuted('does not decode to a Bedrock key');
  },
  'bedrock-short': ({ key }) => bedrockShort(key),
  'github-crc32': ({ key }) => {
    const body = key.replace(/^gh[a-z]_/, '');
    if (body.length !== 36) return UNKNOWN;
    return base62(crc32(body.slice(0, 30))).padStart(6, '0') === body.slice(30) ? proven('checksum holds') : refuted('checksum does not hold');
  },
  'google-auth-key': ({ key }) => (key.startsWith('AQ.Ab8RN6') && key.length === 53 ? proven('fixed head and length') : UNKNOWN),
  'google-service-account': (candidate) => googleKey(candidate),
  'google-authorized-user': ({ text, at }) => {
    const near = text.slice(Math.max(0, at - 2048), at + 2048);
    return near.includes('authorized_user') && near.includes('.apps.googleusercontent.com') ? proven('an authorized_user object') : UNKNOWN;
  },
  'uuid-v4': ({ key }) => (/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i.test(key) ? UNKNOWN : refuted('not a version 4 UUID')),
  'jwt-expiry': ({ key }) => jwt(key),
};

function proven(reason: string): Proof {
  return { verdict: 'proven', reason, facts: {} };
}

function refuted(reason: string): Proof {
  return { verdict: 'refuted', reason, facts: {} };
}

/** Latin1 text of a base64 or base64url string; '' for what is not base64. */
function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('latin1');
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** `X-Amz-Credential=ID/20260101/eu-west-1/s3/aws4_request`: the public half of a signature, in presigned addresses and signed headers. */
const SCOPE_AFTER = /^(?:%2F|%252F|\\?\/|\\u002[fF])\d{8}(?:%2F|%252F|\\?\/|\\u002[fF])/;
const SIGNATURE_BEFORE = /(?:AWSAccessKeyId|X-Amz-Credential|Credential|GoogleAccessId)(?:=|%3D)$/i;
/** What may be the secret that belongs to an id: forty characters of base64 by themselves. */
const SECRETS = /(?<![A-Za-z0-9/+=_-])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_-])/g;

/** A key id opens nothing alone: with its secret beside it, it does. In a signature it is public. */
function awsId({ key, text, at }: Candidate): Proof {
  // The id is no secret: by it the key is found again in the list that its account gives.
  const facts = key.startsWith('AKIA') ? { ...awsAccount(key), 'key-id': key } : awsAccount(key);
  const end = at + key.length;
  if (SCOPE_AFTER.test(text.slice(end, end + 40)) || SIGNATURE_BEFORE.test(text.slice(Math.max(0, at - 40), at))) {
    return { verdict: 'refuted', reason: 'part of a signed request: the id alone, in public', facts };
  }
  for (const [secret] of text.matchAll(SECRETS)) {
    if (isMixed(secret)) return { verdict: 'supported', reason: 'with what may be its secret close by', facts };
  }
  return { verdict: 'unknown', reason: 'the id alone, without its secret', facts };
}

function isMixed(text: string): boolean {
  return /[a-z]/.test(text) && /[A-Z]/.test(text) && /[0-9]/.test(text);
}

/** The account id is written into every newer key id: bits 7..46 of its base32 body. Older ids, with I or J in fifth place, lack it. */
function awsAccount(key: string): Readonly<Record<string, string>> {
  const body = key.slice(4);
  if (/^[IJ]/.test(body)) return {};
  let bits = 0n;
  for (const character of body) {
    const value = BASE32.indexOf(character);
    if (value < 0) return {};
    bits = (bits << 5n) | BigInt(value);
  }
  const head = bits >> BigInt(body.length * 5 - 48);
  const account = (head & 0x7f_ff_ff_ff_ff_80n) >> 7n;
  // Not every number of this width is an account; the layout is inferred, so a misfit says nothing.
  return account >= 1_000_000_000_000n ? {} : { 'aws-account': account.toString().padStart(12, '0') };
}

function bedrockShort(key: string): Proof {
  const text = fromBase64(key.replace(/^bedrock-api-key-/, ''));
  if (!text.startsWith('bedrock.amazonaws.com')) return refuted('does not decode to a presigned Bedrock URL');
  const date = /X-Amz-Date=(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z/.exec(text);
  const seconds = /X-Amz-Expires=(\d{1,6})/.exec(text);
  const facts: Record<string, string> = {};
  const region = /X-Amz-Credential=[A-Z0-9]{16,24}(?:%2F|\/)\d{8}(?:%2F|\/)([a-z0-9-]{5,24})(?:%2F|\/)/.exec(text);
  if (region?.[1] !== undefined) facts['region'] = region[1];
  if (date !== null && seconds !== null) {
    const [, year, month, day, hour, minute, second] = date;
    const issued = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
    if (!Number.isNaN(issued)) facts['expires'] = new Date(issued + Number(seconds[1]) * 1000).toISOString();
  }
  return { verdict: 'proven', reason: 'decodes to a presigned Bedrock URL', facts };
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function base62(value: number): string {
  let rest = value >>> 0;
  let text = '';
  do {
    text = `${BASE62[rest % 62]}${text}`;
    rest = Math.floor(rest / 62);
  } while (rest > 0);
  return text;
}

/** How far round the private key the other fields of the JSON object may stand. */
const OBJECT_REACH = 4096;

function googleKey({ key, text, at }: Candidate): Proof {
  const near = text.slice(Math.max(0, at - OBJECT_REACH), at + key.length + OBJECT_REACH);
  const email = /([a-z0-9-]{1,63}@[a-z0-9.-]{1,128}\.iam\.gserviceaccount\.com)/.exec(near)?.[1];
  const keyId = /private_key_id["\\]{0,8}\s*:\s*["\\]{0,8}([0-9a-f]{40})/.exec(near)?.[1];
  const bytes = key.replace(/-----[A-Z ]+-----/g, '').replace(/\\+[nr]|[^A-Za-z0-9+/]/g, '').length;
  const named = /service_account|GOOGLE|GCP|GCLOUD|FIREBASE|VERTEX/i.test(near);
  const facts: Record<string, string> = {};
  if (email !== undefined) facts['email'] = email;
  if (keyId !== undefined) facts['key-id'] = keyId;
  // Every server has a private key somewhere: only one that belongs to a service account is Google's.
  if (email === undefined) return { verdict: 'refuted', reason: 'a private key, but no service account beside it', facts };
  // A 2048-bit key is some 1,620 base64 characters; documentation keys are cut short.
  if (bytes < 800) return { verdict: 'refuted', reason: 'the private key is cut short', facts };
  if (near.includes('service_account')) return { verdict: 'proven', reason: 'a whole service account object', facts };
  return named ? { verdict: 'supported', reason: 'beside the e-mail address of a service account', facts } : UNKNOWN;
}

function jwt(key: string): Proof {
  const payload = key.split('.')[1];
  if (payload === undefined) return UNKNOWN;
  const claims = fromBase64(payload);
  const expiry = /"exp"\s*:\s*(\d{9,11})/.exec(claims)?.[1];
  if (!claims.startsWith('{')) return refuted('not a JWT');
  return expiry === undefined ? proven('a JWT') : { verdict: 'proven', reason: 'a JWT', facts: { expires: new Date(Number(expiry) * 1000).toISOString() } };
}
