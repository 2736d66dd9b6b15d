/** Tight policies pass; a policy that is widened in any one way does not. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { atLeast } from '../../src/model/levels.ts';
import type { TrustContext, TrustDocument } from '../../src/trust/model.ts';
import { readCel } from '../../src/trust/cel.ts';
import { patternsOf } from '../../src/trust/pattern.ts';
import { languageOfRegex } from '../../src/trust/regex.ts';
import { auditTrust } from '../../src/trust/rules.ts';
import { accepts } from '../../src/support/text-language.ts';
import {
  anthropic,
  AUD,
  aws,
  azure,
  databricks,
  flexible,
  google,
  huggingface,
  openai,
  openrouter,
  POOL,
  snowflake,
  statement,
  vault,
  type Conditions,
} from './documents.ts';

const names = fc.record({
  owner: fc.stringMatching(/^[a-zA-Z][a-z0-9]{0,6}(?:-[a-z0-9]{1,4})?$/),
  repository: fc.stringMatching(/^[a-zA-Z0-9._-]{1,10}$/),
  branch: fc.stringMatching(/^[a-z][a-z0-9._-]{0,6}(?:\/[a-z0-9][a-z0-9-]{0,5})?$/),
  ownerId: fc.integer({ min: 1, max: 99_999_999 }).map(String),
  id: fc.integer({ min: 1, max: 99_999_999 }).map(String),
});
type Names = Record<'owner' | 'repository' | 'branch' | 'ownerId' | 'id', string>;

function contextOf({ owner, repository, ownerId, id }: Names): TrustContext {
  const path = `${owner}/${repository}`;
  return {
    privileged: true,
    use: 'inference',
    repositories: [
      { host: 'github', path, id, ownerId },
      { host: 'gitlab', path, protectedRefs: ['refs/heads/*'] },
    ],
  };
}

const immutable = ({ owner, ownerId, repository, id, branch }: Names): string => `repo:${owner}@${ownerId}/${repository}@${id}:ref:refs/heads/${branch}`;
const byName = ({ owner, repository, branch }: Names): string => `repo:${owner}/${repository}:ref:refs/heads/${branch}`;
const gitlabSubject = ({ owner, repository, branch }: Names): string => `project_path:${owner}/${repository}:ref_type:branch:ref:${branch}`;
const refOf = ({ branch }: Names): string => `refs/heads/${branch}`;

/** A star, or a question mark, put in at any place, and the text cut there with a star. */
function widenedTexts(text: string, at: number): readonly string[] {
  const index = at % (text.length + 1);
  return [
    `${text.slice(0, index)}*${text.slice(index)}`,
    `${text.slice(0, index)}*`,
    ...(index < text.length ? [`${text.slice(0, index)}?${text.slice(index + 1)}`] : []),
  ];
}

interface Party {
  readonly tight: (of: Names) => TrustDocument;
  readonly wide: (of: Names, at: number) => readonly TrustDocument[];
}

/** Every way to loosen one condition of a statement. */
function loosened(conditions: Readonly<Record<string, string>>, at: number, provider?: string): readonly TrustDocument[] {
  const make = (parts: Conditions): TrustDocument => aws(statement(parts, provider));
  return Object.entries(conditions).flatMap(([key, value]) => {
    const { [key]: _dropped, ...others } = conditions;
    return [
      make({ StringEquals: others }),
      ...['StringEqualsIfExists', 'ForAllValues:StringEquals', 'StringNotEquals', 'StringLikeIfExists'].map((operator) =>
        make({ StringEquals: others, [operator]: { [key]: value } }),
      ),
      make({ StringEquals: others, Null: { [key]: 'false' } }),
      ...widenedTexts(value, at).map((text) => make({ StringEquals: others, StringLike: { [key]: text } })),
    ];
  });
}

const PARTIES: Readonly<Record<string, Party>> = {
  'aws, subject with ids': {
    tight: (of) => aws(statement({ StringEquals: { ...AUD, sub: immutable(of) } })),
    wide: (of, at) => loosened({ ...AUD, sub: immutable(of) }, at),
  },
  'aws, subject by name beside the id': {
    tight: (of) => aws(statement({ StringEquals: { ...AUD, sub: byName(of), repository_id: of.id, repository_owner_id: of.ownerId } })),
    wide: (of, at) => loosened({ ...AUD, sub: byName(of), repository_id: of.id }, at),
  },
  'aws, both forms of one repository': {
    tight: (of) => aws(statement({ StringEquals: { ...AUD, sub: [byName(of), immutable(of)], repository_id: of.id } })),
    wide: (of) => [aws([statement({ StringEquals: { ...AUD, sub: [byName(of), immutable(of)], repository_id: of.id } }), statement({ StringEquals: AUD })])],
  },
  'aws, GitLab': {
    tight: (of) => aws(statement({ StringEquals: { ...AUD, sub: gitlabSubject(of) } }, 'gitlab.com')),
    wide: (of, at) => loosened({ ...AUD, sub: gitlabSubject(of) }, at, 'gitlab.com'),
  },
  'aws, HCP Terraform': {
    tight: (of) =>
      aws(
        statement(
          { StringEquals: { aud: 'aws.workload.identity', sub: `organization:${of.owner}:project:${of.repository}:workspace:w:run_phase:apply` } },
          'app.terraform.io',
        ),
      ),
    wide: (of, at) =>
      loosened({ aud: 'aws.workload.identity', sub: `organization:${of.owner}:project:${of.repository}:workspace:w:run_phase:apply` }, at, 'app.terraform.io'),
  },
  'aws, EKS': {
    tight: (of) =>
      aws(
        statement({ StringEquals: { ...AUD, sub: `system:serviceaccount:prod:${of.owner.toLowerCase()}-bot` } }, 'oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF'),
      ),
    wide: (of, at) => loosened({ ...AUD, sub: `system:serviceaccount:prod:${of.owner.toLowerCase()}-bot` }, at, 'oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF'),
  },
  google: {
    tight: (of) => google(googleOf(of)),
    wide: (of) => {
      const id = `assertion.repository_id == '${of.id}'`;
      const ref = `assertion.ref == '${refOf(of)}'`;
      const others = [
        '',
        id,
        ref,
        `${id} || ${ref}`,
        `${id} && assertion.ref != '${refOf(of)}'`,
        `assertion.repository_id != '${of.id}' && ${ref}`,
        `${id} && has(assertion.ref)`,
        `has(assertion.repository_id) && ${ref}`,
        ...['startsWith', 'endsWith', 'contains', 'matches'].flatMap((test) => [
          `${id} && assertion.ref.${test}('${refOf(of)}')`,
          `assertion.repository_id.${test}('${of.id}') && ${ref}`,
        ]),
        `(${id} && ${ref}) || true`,
        `(${id} && ${ref}) || assertion.actor == 'octocat'`,
      ];
      return [
        ...others.map((attributeCondition) => google({ ...googleOf(of), attributeCondition })),
        google({ ...googleOf(of), allowedAudiences: [] }),
        google({ ...googleOf(of), bindings: [`principalSet://iam.googleapis.com/${POOL}/*`] }),
      ];
    },
  },
  azure: {
    tight: (of) => azure({ subject: immutable(of) }),
    wide: (of, at) => [
      ...widenedTexts(immutable(of), at).map((text) => flexible(`claims['sub'] matches '${text}'`)),
      azure({ subject: undefined }),
      azure({ subject: immutable(of), audiences: [] }),
      azure({ subject: `${immutable(of)}*` }),
    ],
  },
  'anthropic, subject': {
    tight: (of) => anthropic({ subject_prefix: immutable(of) }),
    wide: (of, at) => [
      ...widenedTexts(immutable(of), at)
        .filter((text) => text.includes('*'))
        .map((text) => anthropic({ subject_prefix: text })),
      anthropic({ subject_prefix: undefined }),
      anthropic({ subject_prefix: immutable(of), audience: undefined }),
      anthropic({ subject_prefix: immutable(of) }, { applies_to_all_workspaces: true }),
      anthropic({ subject_prefix: immutable(of) }, { oauth_scope: 'workspace:developer' }),
    ],
  },
  'anthropic, claims': {
    tight: (of) => anthropic({ subject_prefix: undefined, claims: { repository_id: of.id, ref: refOf(of) } }),
    wide: (of) => [
      ...[{ ref: refOf(of) }, { repository_id: of.id }, {}, { repository_owner_id: of.ownerId, ref: refOf(of) }].map((claims) =>
        anthropic({ subject_prefix: undefined, claims }),
      ),
      anthropic({ subject_prefix: undefined, claims: { repository_id: of.id, ref: refOf(of) }, audience: undefined }),
    ],
  },
  'anthropic, condition': {
    tight: (of) =>
      anthropic({
        subject_prefix: undefined,
        condition: `claims.repository_id == '${of.id}' && claims.ref == '${refOf(of)}' && claims.event_name != 'pull_request_target'`,
      }),
    wide: (of) => {
      const [id, ref] = [`claims.repository_id == '${of.id}'`, `claims.ref == '${refOf(of)}'`];
      return [
        id,
        ref,
        `${id} || ${ref}`,
        `!(${id}) && ${ref}`,
        `${id} && !(${ref})`,
        `claims.repository_id.startsWith('${of.id}') && ${ref}`,
        `${id} && claims.ref.contains('${of.branch}')`,
        `${id} && ${ref} || has(claims.sub)`,
      ].map((condition) => anthropic({ subject_prefix: undefined, condition }));
    },
  },
  openai: {
    tight: (of) => openai({ attribute_matchers: { repository_id: of.id, ref: refOf(of) } }),
    wide: (of) => [
      ...[{ ref: refOf(of) }, { repository_id: of.id }, {}, { repository_id: `${of.id}*`, ref: refOf(of) }].map((attribute_matchers) =>
        openai({ attribute_matchers }),
      ),
      openai({ attribute_matchers: { repository_id: of.id, ref: refOf(of) } }, { audience: '' }),
    ],
  },
  vault: {
    tight: (of) => vault({ bound_subject: immutable(of) }),
    wide: (of, at) => [
      vault({ bound_subject: undefined }),
      vault({ bound_subject: immutable(of), bound_audiences: [] }),
      ...widenedTexts(immutable(of), at)
        .filter((text) => text.includes('*'))
        .map((text) => vault({ bound_subject: undefined, bound_claims_type: 'glob', bound_claims: { sub: text } })),
    ],
  },
  databricks: {
    tight: (of) => databricks({ subject: immutable(of) }),
    wide: (of) => [databricks({ subject: undefined }), databricks({ subject: `${immutable(of)}*` })],
  },
  openrouter: {
    tight: (of) => openrouter({ subject: immutable(of) }),
    wide: (of) => [openrouter({ subject: undefined }), openrouter({ subject: immutable(of), audience: undefined })],
  },
  snowflake: { tight: (of) => snowflake(immutable(of)), wide: (of) => [snowflake(''), snowflake(`${immutable(of)}*`)] },
  huggingface: {
    tight: (of) => huggingface({ repository: `${of.owner}/${of.repository}`, branch: of.branch, claims: { repository_id: of.id } }),
    wide: (of) => [
      huggingface({ repository: `${of.owner}/${of.repository}`, claims: { repository_id: of.id }, branch: '*' }),
      huggingface({ repository: `${of.owner}/${of.repository}`, branch: of.branch }),
    ],
  },
};

function googleOf(of: Names): Parameters<typeof google>[0] {
  return {
    attributeCondition: `assertion.repository_id == '${of.id}' && assertion.ref == '${refOf(of)}'`,
    bindings: [`principalSet://iam.googleapis.com/${POOL}/attribute.repository_id/${of.id}`],
  };
}

describe.each(Object.entries(PARTIES))('%s', (_name, { tight, wide }) => {
  test('a tight policy has no finding', () => {
    fc.assert(
      fc.property(names, (of) => {
        expect(auditTrust(tight(of), contextOf(of))).toEqual([]);
      }),
    );
  });

  test('a policy that is widened anywhere has one of medium or worse', () => {
    fc.assert(
      fc.property(names, fc.nat(400), (of, at) => {
        for (const document of wide(of, at)) {
          const found = auditTrust(document, contextOf(of));
          expect(
            found.some(({ severity, status }) => status === 'found' && atLeast(severity, 'medium')),
            JSON.stringify(document.arms),
          ).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('counterexamples', () => {
  test('are let in by the pattern', () => {
    fc.assert(
      fc.property(names, fc.nat(400), (of, at) => {
        for (const text of widenedTexts(immutable(of), at)) {
          const document = aws(statement({ StringEquals: AUD, StringLike: { sub: text } }));
          for (const { counterexample } of auditTrust(document, contextOf(of))) {
            if (counterexample === undefined) continue;
            const [pattern] = patternsOf({ kind: 'glob', dialect: 'aws', values: [text] }) ?? [];
            expect(accepts(pattern?.language ?? [], counterexample)).toBe(true);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('expressions', () => {
  type Tree =
    | { readonly atom: string; readonly value: string; readonly negated: boolean }
    | { readonly operator: '&&' | '||'; readonly left: Tree; readonly right: Tree; readonly negated: boolean };
  const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.record({ atom: fc.constantFrom('a', 'b', 'c'), value: fc.constantFrom('x', 'y'), negated: fc.boolean() }),
      fc.record({ operator: fc.constantFrom('&&' as const, '||' as const), left: tie('tree'), right: tie('tree'), negated: fc.boolean() }),
    ),
  }));
  const write = (of: Tree): string =>
    `${of.negated ? '!' : ''}(${'atom' in of ? `claims.${of.atom} == '${of.value}'` : `${write(of.left)} ${of.operator} ${write(of.right)}`})`;
  const truth = (of: Tree, claims: Readonly<Record<string, string>>): boolean => {
    const plain =
      'atom' in of
        ? claims[of.atom] === of.value
        : of.operator === '&&'
          ? truth(of.left, claims) && truth(of.right, claims)
          : truth(of.left, claims) || truth(of.right, claims);
    return plain !== of.negated;
  };

  test('arms mean what the expression means', () => {
    fc.assert(
      fc.property(tree, fc.record({ a: fc.constantFrom('x', 'y'), b: fc.constantFrom('x', 'y'), c: fc.constantFrom('x', 'y') }), (of, claims) => {
        const { arms } = readCel(write(of), (parts) => parts[1], '');
        if (arms === undefined) throw new Error(`not read: ${write(of)}`);
        if (arms.some((arm) => arm.some(({ matcher }) => matcher.kind === 'unknown'))) return;
        const values: Readonly<Record<string, string>> = claims;
        const holds = arms.some((arm) =>
          arm.every(({ claim, matcher }) => {
            const negated = matcher.kind === 'not';
            const inner = negated ? matcher.of : matcher;
            return (inner.kind === 'exact' && inner.values.includes(values[claim] ?? '')) !== negated;
          }),
        );
        expect(holds).toBe(truth(of, claims));
      }),
    );
  });
});

describe('regular expressions', () => {
  const piece = fc.constantFrom('a', 'b', '/', ':', '\\.', '.', '.*', 'a+', '[ab]', '[^/]+', '(a|bc)', '(?:a|b)*', 'a?', '\\d', 'x{2}', '[.]');
  const source = fc
    .tuple(fc.boolean(), fc.array(piece, { maxLength: 6 }), fc.boolean())
    .map(([start, pieces, end]) => `${start ? '^' : ''}${pieces.join('')}${end ? '$' : ''}`);

  test('the language holds every text that the expression finds', () => {
    fc.assert(
      fc.property(source, fc.stringMatching(/^[abcx0/:.]{0,8}$/), (pattern, text) => {
        const language = languageOfRegex(pattern);
        if (language === undefined) throw new Error(`not read: ${pattern}`);
        if (new RegExp(pattern, 's').test(text)) expect(accepts(language, text)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test.each(['(', '[', 'a**b(', '\\', '\\p{L}', '(?i)a', 'a$b', '^*', ')'])('%s is not read', (pattern) => {
    expect(languageOfRegex(pattern)).toBeUndefined();
  });
});
