import { BatchGetProjectsCommand, CodeBuildClient, ListProjectsCommand, type Project } from '@aws-sdk/client-codebuild';
import { CALLS } from '../calls.ts';
import { inLanes } from '../gaps.ts';
import { clientOptions } from '../login.ts';
import { type Place, template, type Text } from './_place.ts';

/** Names in one call, at most. */
const BATCH = 100;

/** Projects, with the build specifications that are kept in them. */
export const codebuild: Place = async ({ access, region, gaps }) => {
  const client = new CodeBuildClient(clientOptions(access, 'CODEBUILD', region));
  const { items: names } = await gaps.all(CALLS.projects, async (nextToken) => {
    const page = await client.send(new ListProjectsCommand(nextToken === undefined ? {} : { nextToken }));
    return { items: page.projects, next: page.nextToken };
  }, region);
  const batches = Array.from({ length: Math.ceil(names.length / BATCH) }, (_, index) => names.slice(index * BATCH, (index + 1) * BATCH));
  const texts = await inLanes(batches, 1, async (batch) => {
    const projects = await gaps.attempt(CALLS.projectDetails, async () => (await client.send(new BatchGetProjectsCommand({ names: [...batch] }))).projects, region);
    return (projects ?? []).flatMap((project) => textsOf(project, region));
  });
  client.destroy();
  return { texts: texts.flat(), stored: [] };
};

function textsOf({ name = '', environment, serviceRole, source }: Project, region: string): readonly Text[] {
  const variables = (environment?.environmentVariables ?? []).map((one) => ({ Name: one.name, Type: one.type ?? 'PLAINTEXT', Value: one.value }));
  // A path into the source, or the specification itself.
  const inline = source?.buildspec?.includes('\n') === true ? source.buildspec : undefined;
  return [
    ...(variables.length === 0 ? [] : [template(region, 'codebuild', name, [[name, { Type: 'AWS::CodeBuild::Project', Properties: { Name: name, ServiceRole: serviceRole, Environment: { EnvironmentVariables: variables } } }]])]),
    ...(inline === undefined ? [] : [{ path: `aws/${region}/codebuild/${name}.buildspec.yml`, text: inline }]),
  ];
}
