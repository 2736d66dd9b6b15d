/**
 * Takes out of GitHub's published GraphQL schema what the loopback server plays: `node scripts/run.mjs test/e2e/github/extract-graphql.ts FILE`, where FILE is
 * `schema.graphql` of the npm package `@octokit/graphql-schema` (MIT). Writes `server/schema.graphql`: the fields listed below, with all their arguments and with whatever
 * types those need. A field that is not listed does not exist there.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { type DefinitionNode, type FieldDefinitionNode, type InputValueDefinitionNode, Kind, parse, print, type TypeNode } from 'graphql';

const TARGET = 'test/e2e/github/server/schema.graphql';
const HEAD = `# From the npm package @octokit/graphql-schema, licence MIT, https://github.com/octokit/graphql-schema, by extract-graphql.ts. GitHub's schema as of 2026-07-22.\n\n`;

/** Fields by type. Input types, enumerations and scalars come along by themselves. */
const FIELDS: Readonly<Record<string, string>> = {
  Query: 'id node nodes organization repository repositoryOwner user viewer rateLimit',
  Mutation: 'createCommitOnBranch createRef updateRef deleteRef createPullRequest updatePullRequest closePullRequest addComment',
  Node: 'id',
  Actor: 'login url avatarUrl resourcePath',
  RepositoryOwner: 'id login url repository repositories avatarUrl resourcePath',
  ProfileOwner: 'id login',
  RateLimit: 'cost limit nodeCount remaining resetAt used',
  PageInfo: 'endCursor hasNextPage hasPreviousPage startCursor',
  Organization: 'id databaseId login name url createdAt description repositories repository viewerCanAdminister viewerIsAMember avatarUrl resourcePath',
  User: 'id databaseId login name url repositories repository avatarUrl resourcePath isSiteAdmin',
  Bot: 'id databaseId login url avatarUrl resourcePath',
  RepositoryConnection: 'edges nodes pageInfo totalCount totalDiskUsage',
  RepositoryEdge: 'cursor node',
  Repository:
    'id databaseId name nameWithOwner owner url visibility isPrivate isArchived archivedAt isFork isEmpty isDisabled isLocked isMirror isTemplate isInOrganization description homepageUrl defaultBranchRef diskUsage ' +
    'forkingAllowed forkCount hasIssuesEnabled primaryLanguage parent pushedAt updatedAt createdAt object ref refs branchProtectionRules deployKeys environments pullRequests pullRequest label labels ' +
    'viewerPermission viewerCanAdminister sshUrl stargazerCount resourcePath',
  Language: 'id name color',
  Ref: 'id name prefix repository target associatedPullRequests branchProtectionRule rules',
  RepositoryRuleConnection: 'edges nodes pageInfo totalCount',
  RepositoryRuleEdge: 'cursor node',
  RepositoryRule: 'id type',
  RefConnection: 'edges nodes pageInfo totalCount',
  RefEdge: 'cursor node',
  GitObject: 'abbreviatedOid id oid repository',
  Commit: 'abbreviatedOid id oid repository author committer committedDate authoredDate message messageHeadline messageBody parents signature tree treeUrl url file history',
  CommitConnection: 'edges nodes pageInfo totalCount',
  CommitEdge: 'cursor node',
  CommitHistoryConnection: 'edges nodes pageInfo totalCount',
  GitActor: 'name email date user',
  GitSignature: 'email isValid payload signature state verifiedAt wasSignedByGitHub signer',
  GpgSignature: 'email isValid payload signature state verifiedAt wasSignedByGitHub signer keyId',
  Tree: 'abbreviatedOid id oid repository entries',
  TreeEntry: 'extension mode name oid object path size type repository lineCount',
  Blob: 'abbreviatedOid id oid repository byteSize isBinary isTruncated text',
  Tag: 'abbreviatedOid id oid repository name message target',
  BranchProtectionRule:
    'id databaseId pattern allowsDeletions allowsForcePushes blocksCreations isAdminEnforced lockBranch requiredApprovingReviewCount requiresApprovingReviews requiresCodeOwnerReviews requiresCommitSignatures ' +
    'requiresConversationResolution requiresLinearHistory requiresStatusChecks requiresStrictStatusChecks restrictsPushes dismissesStaleReviews requireLastPushApproval repository',
  BranchProtectionRuleConnection: 'edges nodes pageInfo totalCount',
  BranchProtectionRuleEdge: 'cursor node',
  DeployKey: 'id createdAt enabled key readOnly title verified',
  DeployKeyConnection: 'edges nodes pageInfo totalCount',
  DeployKeyEdge: 'cursor node',
  Environment: 'id databaseId name protectionRules isPinned',
  EnvironmentConnection: 'edges nodes pageInfo totalCount',
  EnvironmentEdge: 'cursor node',
  DeploymentProtectionRule: 'databaseId preventSelfReview timeout type',
  DeploymentProtectionRuleConnection: 'edges nodes pageInfo totalCount',
  DeploymentProtectionRuleEdge: 'cursor node',
  PullRequest: 'id databaseId number title body state isDraft merged closed url baseRefName headRefName headRefOid baseRefOid headRepository baseRepository repository author createdAt updatedAt closedAt mergedAt labels isCrossRepository commits',
  PullRequestConnection: 'edges nodes pageInfo totalCount',
  PullRequestEdge: 'cursor node',
  PullRequestCommitConnection: 'edges nodes pageInfo totalCount',
  PullRequestCommitEdge: 'cursor node',
  PullRequestCommit: 'id commit',
  Label: 'id name color description isDefault url',
  LabelConnection: 'edges nodes pageInfo totalCount',
  LabelEdge: 'cursor node',
  IssueComment: 'id body url author createdAt',
  IssueCommentEdge: 'cursor node',
  CreateCommitOnBranchPayload: 'clientMutationId commit ref',
  CreateRefPayload: 'clientMutationId ref',
  UpdateRefPayload: 'clientMutationId ref',
  DeleteRefPayload: 'clientMutationId',
  CreatePullRequestPayload: 'clientMutationId pullRequest',
  UpdatePullRequestPayload: 'clientMutationId pullRequest',
  ClosePullRequestPayload: 'clientMutationId pullRequest',
  AddCommentPayload: 'clientMutationId commentEdge',
};

function main(): void {
  const [file] = process.argv.slice(2);
  if (file === undefined) throw new Error('usage: node scripts/run.mjs test/e2e/github/extract-graphql.ts schema.graphql');
  const published = new Map<string, DefinitionNode>();
  for (const definition of parse(readFileSync(file, 'utf8'), { noLocation: true }).definitions) if ('name' in definition && definition.name !== undefined) published.set(definition.name.value, definition);

  const taken = new Map<string, DefinitionNode>();
  const waiting = Object.keys(FIELDS);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const definition = published.get(name);
    if (taken.has(name) || definition === undefined) continue;
    const { kept, needs } = take(name, definition);
    taken.set(name, kept);
    waiting.push(...needs);
  }
  const text = [...taken.entries()].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, definition]) => print(definition)).join('\n\n');
  writeFileSync(TARGET, `${HEAD}${text}\n`);
  process.stdout.write(`${TARGET}: ${taken.size} types\n`);
}

function take(name: string, definition: DefinitionNode): { readonly kept: DefinitionNode; readonly needs: readonly string[] } {
  switch (definition.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_DEFINITION: {
      const wanted = new Set((FIELDS[name] ?? '').split(' ').filter((word) => word !== ''));
      const fields = (definition.fields ?? []).filter((field) => wanted.delete(field.name.value)).map((field): FieldDefinitionNode => ({ ...withoutProse(field), arguments: (field.arguments ?? []).map(withoutProse) }));
      if (wanted.size > 0) throw new Error(`${name} has no ${[...wanted].join(', ')}`);
      const interfaces = (definition.interfaces ?? []).filter((one) => FIELDS[one.name.value] !== undefined);
      const { description: _, ...rest } = definition;
      return { kept: { ...rest, directives: [], interfaces, fields }, needs: fields.flatMap((field) => [named(field.type), ...(field.arguments ?? []).map(({ type }) => named(type))]) };
    }
    case Kind.INPUT_OBJECT_TYPE_DEFINITION: {
      const fields = (definition.fields ?? []).map(withoutProse);
      const { description: _, ...rest } = definition;
      return { kept: { ...rest, fields }, needs: fields.map(({ type }) => named(type)) };
    }
    case Kind.ENUM_TYPE_DEFINITION: {
      const { description: _, ...rest } = definition;
      return { kept: { ...rest, values: (definition.values ?? []).map(({ description: __, ...value }) => ({ ...value, directives: [] })) }, needs: [] };
    }
    case Kind.UNION_TYPE_DEFINITION: {
      const { description: _, ...rest } = definition;
      return { kept: { ...rest, types: (definition.types ?? []).filter((one) => FIELDS[one.name.value] !== undefined) }, needs: [] };
    }
    case Kind.SCALAR_TYPE_DEFINITION: {
      const { description: _, ...rest } = definition;
      return { kept: { ...rest, directives: [] }, needs: [] };
    }
    default:
      throw new Error(`${name}: ${definition.kind} is not expected`);
  }
}

function withoutProse<T extends FieldDefinitionNode | InputValueDefinitionNode>(node: T): Omit<T, 'description'> & { directives: [] } {
  const { description: _, ...rest } = node;
  return { ...rest, directives: [] };
}

function named(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : named(type.type);
}

main();
