/**
 * Proves one target: its documents are put in place at a party on loopback, then tokens are minted and exchanged. The intended token has to be taken, at the start and
 * again at the end; every other one has to be refused, each for a change of its own.
 */
import { type Claims, type Issuer, type MintOptions, startIssuer } from './issuer.ts';
import { type AnthropicDocuments, startAnthropic } from './parties/anthropic.ts';
import { type AwsDocuments, startAws } from './parties/aws-sts.ts';
import { type EntraDocuments, startEntra } from './parties/entra.ts';
import { type GoogleDocuments, startGoogle } from './parties/google-sts.ts';
import { type OpenAiDocuments, startOpenAi } from './parties/openai.ts';
import type { Configured, Party, ProvenParty } from './parties/_party.ts';
import type { Keys, Reach } from './parties/_token.ts';

/** The vendor's own documents. A function is given the issuer's public keys, for parties that they are uploaded to. */
export type PartyDocuments = {
  readonly [P in keyof DocumentsOf]: { readonly party: P; readonly documents: DocumentsOf[P] | ((keys: Keys) => DocumentsOf[P]) };
}[ProvenParty];

interface DocumentsOf {
  readonly anthropic: AnthropicDocuments;
  readonly openai: OpenAiDocuments;
  readonly aws: AwsDocuments;
  readonly google: GoogleDocuments;
  readonly azure: EntraDocuments;
}

/** One kind of token that has to be refused: the intended one with these claims changed. `null` takes a claim away. */
export interface RefusedToken {
  readonly title: string;
  readonly changes: Claims;
}

export type Proof = PartyDocuments & {
  /** `iss` and `sub` and all the platform says; `aud` comes from the documents unless it stands here. Times and `jti` are added. */
  readonly intendedClaims: Claims;
  readonly refusals: readonly RefusedToken[];
  /** Whether one subject and no other is meant. Then its neighbours are tried too. */
  readonly exactSubject?: boolean;
  /** Seconds the platform's token lives. Default 300. */
  readonly lifetime?: number;
  readonly alg?: 'RS256' | 'ES256';
};

export interface ProofRow {
  readonly title: string;
  readonly wanted: 'accepted' | 'refused';
  readonly isAsWanted: boolean;
  readonly status: number;
  readonly reason: string;
}

export interface ProofResult {
  readonly party: ProvenParty;
  readonly rows: readonly ProofRow[];
  /** Empty when all rows are as wanted. */
  readonly failures: readonly string[];
}

/** Throws an Error when the party refuses the documents themselves. */
export async function proveTarget(proof: Proof): Promise<ProofResult> {
  const { iss } = proof.intendedClaims;
  if (typeof iss !== 'string') throw new Error('the intended claims name no issuer');
  const issuer = await startIssuer(iss);
  const stranger = await startIssuer('https://issuer.example.org');
  const reach: Reach = { [issuer.issuer]: issuer.url, [stranger.issuer]: stranger.url };
  const started = startParty(proof, reach, issuer);
  try {
    const { party, configured } = await started;
    try {
      const rows = await exchangeAll(configured, proof, issuer, stranger);
      return { party: proof.party, rows, failures: rows.filter((row) => !row.isAsWanted).map((row) => `${row.title}: ${row.wanted} was wanted, status ${row.status} ${row.reason}`) };
    } finally {
      await party.stop();
    }
  } finally {
    await Promise.all([issuer.stop(), stranger.stop()]);
  }
}

interface Started {
  readonly party: { readonly stop: () => Promise<void> };
  readonly configured: Configured;
}

function startParty(proof: Proof, reach: Reach, issuer: Issuer): Promise<Started> {
  switch (proof.party) {
    case 'anthropic':
      return begin(startAnthropic(reach), given(proof.documents, issuer));
    case 'openai':
      return begin(startOpenAi(reach), given(proof.documents, issuer));
    case 'aws': {
      const documents = given(proof.documents, issuer);
      return begin(startAws(reach, documents.account), documents);
    }
    case 'google':
      return begin(startGoogle(reach), given(proof.documents, issuer));
    case 'azure':
      return begin(startEntra(reach), given(proof.documents, issuer));
  }
}

function given<D extends object>(documents: D | ((keys: Keys) => D), issuer: Issuer): D {
  return typeof documents === 'function' ? (documents as (keys: Keys) => D)(issuer.jwks()) : documents;
}

async function begin<D>(starting: Promise<Party<D>>, documents: D): Promise<Started> {
  const party = await starting;
  try {
    return { party, configured: await party.configure(documents) };
  } catch (error) {
    await party.stop();
    throw error;
  }
}

async function exchangeAll(configured: Configured, proof: Proof, issuer: Issuer, stranger: Issuer): Promise<readonly ProofRow[]> {
  const claims: Claims = { aud: configured.audience, ...proof.intendedClaims };
  const usual: MintOptions = { alg: proof.alg ?? 'RS256', lifetime: proof.lifetime ?? 300 };
  const rows: ProofRow[] = [];
  const row = async (title: string, wanted: ProofRow['wanted'], token: string): Promise<void> => {
    const { accepted, status, reason } = await configured.exchange(token);
    rows.push({ title, wanted, isAsWanted: accepted === (wanted === 'accepted'), status, reason });
  };
  const first = await issuer.mint(claims, usual);
  await row('the intended workload', 'accepted', first);
  if (configured.refusesReplay) await row('the same token again', 'refused', first);
  for (const { title, changes } of [...proof.refusals, ...neighbours(claims, proof.exactSubject === true)]) {
    const changed = applied(claims, changes);
    // A row that changes nothing would be refused for no reason of its own, or not at all.
    if (JSON.stringify(changed) === JSON.stringify(claims)) rows.push({ title, wanted: 'refused', isAsWanted: false, status: 0, reason: 'changes nothing' });
    else await row(title, 'refused', await issuer.mint(changed, usual));
  }
  const hour = 3600;
  const forged: readonly (readonly [string, string])[] = [
    ['another audience', await issuer.mint({ ...claims, aud: 'https://audience.example.org' }, usual)],
    ['an audience that begins the same', await issuer.mint({ ...claims, aud: `${String([claims['aud']].flat()[0])}.example.org` }, usual)],
    ['no audience', await issuer.mint({ ...claims, aud: undefined }, usual)],
    ['no subject', await issuer.mint({ ...claims, sub: undefined }, usual)],
    ['expired', await issuer.mint(claims, { ...usual, issuedAt: -2 * (usual.lifetime ?? hour) - hour })],
    ['no expiry', await issuer.mint({ ...claims, exp: undefined }, usual)],
    ['not valid yet', await issuer.mint(claims, { ...usual, issuedAt: hour })],
    ['another issuer', await stranger.mint({ ...claims, iss: stranger.issuer }, usual)],
    ['the issuer with a slash more', await issuer.mint({ ...claims, iss: `${issuer.issuer}/` }, usual)],
    ["another issuer's key under the issuer's name", await stranger.mint({ ...claims, iss: issuer.issuer }, usual)],
    ['a key that is not published, under a kid that is', await issuer.mint(claims, { ...usual, wrongKey: true })],
    ['no kid', await issuer.mint(claims, { ...usual, kid: null })],
    ['no signature (alg none)', await issuer.mint(claims, { ...usual, forge: 'none' })],
    ['signed with the public key as a shared secret', await issuer.mint(claims, { ...usual, forge: 'hmac' })],
    ['claims changed after signing', tampered(await issuer.mint(claims, usual))],
  ];
  for (const [title, token] of forged) await row(title, 'refused', token);
  if (configured.longest !== undefined) await row('lives longer than the issuer allows', 'refused', await issuer.mint(claims, { ...usual, lifetime: configured.longest + 60 }));
  await row('the intended workload, once more', 'accepted', await issuer.mint(claims, usual));
  return rows;
}

function applied(claims: Claims, changes: Claims): Claims {
  return Object.fromEntries(Object.entries({ ...claims, ...changes }).filter(([, value]) => value !== null));
}

/** Subjects next to the intended one, which a comparison that is not exact would take. */
function neighbours({ sub }: Claims, isExact: boolean): readonly RefusedToken[] {
  if (!isExact || typeof sub !== 'string') return [];
  const swapped = sub.replace(/[a-z]/i, (letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()));
  return [
    { title: 'a subject that goes on', changes: { sub: `${sub}-evil` } },
    { title: 'a subject that goes on after a colon', changes: { sub: `${sub}:x` } },
    { title: 'a subject with something before', changes: { sub: `x${sub}` } },
    { title: 'a subject that ends too early', changes: { sub: sub.slice(0, -1) } },
    ...(swapped === sub ? [] : [{ title: 'a subject in other letter case', changes: { sub: swapped } }]),
    { title: 'a subject with a line break at the end', changes: { sub: `${sub}\n` } },
  ];
}

function tampered(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  const changed = Buffer.from(JSON.stringify({ ...(claims as Claims), exp: Math.floor(Date.now() / 1000) + 299 })).toString('base64url');
  return `${header}.${changed === payload ? `${changed}A` : changed}.${signature}`;
}
