/** What lies beyond federation: four patterns, each with controls that can be looked for. A control is named by `control` of a finding about readiness, its score by `score`. */

/** 0 absent, 1 partial, 2 met. What the files cannot tell stays unknown, and is never one of these. */
export const READINESS_SCORES = ['0', '1', '2', 'n/a', 'unknown'] as const;
export type ReadinessScore = (typeof READINESS_SCORES)[number];

export interface ReadinessPattern {
  readonly id: string;
  readonly title: string;
  /** Id and title. */
  readonly controls: readonly (readonly [string, string])[];
}

export const READINESS_PATTERNS: readonly ReadinessPattern[] = [
  {
    id: 'P1',
    title: 'Identity apart from where agents run',
    controls: [
      ['P1.1', 'whose the issuer is'],
      ['P1.2', 'one identity for each agent'],
      ['P1.3', 'few issuers and stores for each agent'],
      ['P1.4', 'one audience for each target'],
      ['P1.5', 'the token arrives attested, while it runs'],
      ['P1.6', 'lifetime of tokens'],
      ['P1.7', 'the model cannot read credentials'],
      ['P1.8', 'MCP servers are reached by federation'],
    ],
  },
  {
    id: 'P2',
    title: 'On whose behalf',
    controls: [
      ['P2.1', 'tokens are exchanged for the user'],
      ['P2.2', 'delegation, not impersonation'],
      ['P2.3', 'no token is passed through'],
      ['P2.4', 'context of the transaction'],
      ['P2.5', 'the audit trail is whole'],
      ['P2.6', 'across domains'],
    ],
  },
  {
    id: 'P3',
    title: 'Authorization beyond tokens',
    controls: [
      ['P3.1', 'a decision near each call of a tool'],
      ['P3.2', 'refused when in doubt'],
      ['P3.3', 'policies are code'],
      ['P3.4', 'breadth of trust rules'],
      ['P3.5', 'the least scope'],
      ['P3.6', 'a person\u2019s consent is bound to a grant'],
    ],
  },
  {
    id: 'P4',
    title: 'Authorization that changes',
    controls: [
      ['P4.1', 'for each request, not for a session'],
      ['P4.2', 'signals are received'],
      ['P4.3', 'caches can be dropped'],
      ['P4.4', 'more than the identity is weighed'],
      ['P4.5', 'a switch to end it'],
      ['P4.6', 'access is looked at again'],
    ],
  },
];
