import { type ContainerDefinition, DescribeTaskDefinitionCommand, ECSClient, ListTaskDefinitionFamiliesCommand } from '@aws-sdk/client-ecs';
import { CALLS } from '../calls.ts';
import { inLanes } from '../gaps.ts';
import { clientOptions } from '../login.ts';
import { AT_A_TIME, type Place, template } from './_place.ts';

/** The newest active revision of each family of task definitions. */
export const ecs: Place = async ({ access, region, gaps }) => {
  const client = new ECSClient(clientOptions(access, 'ECS', region));
  const { items } = await gaps.all(CALLS.families, async (nextToken) => {
    const page = await client.send(new ListTaskDefinitionFamiliesCommand({ status: 'ACTIVE', ...(nextToken === undefined ? {} : { nextToken }) }));
    return { items: page.families, next: page.nextToken };
  }, region);
  const texts = await inLanes(items, AT_A_TIME, async (family) => {
    const task = await gaps.attempt(CALLS.taskDefinition, async () => (await client.send(new DescribeTaskDefinitionCommand({ taskDefinition: family }))).taskDefinition, family);
    const containers = (task?.containerDefinitions ?? []).map(containerOf);
    if (containers.every(({ Environment, Secrets }) => Environment.length + Secrets.length === 0)) return [];
    return [template(region, 'ecs', family, [[family, { Type: 'AWS::ECS::TaskDefinition', Properties: { Family: family, TaskRoleArn: task?.taskRoleArn, ContainerDefinitions: containers } }]])];
  });
  client.destroy();
  return { texts: texts.flat(), stored: [] };
};

interface Container {
  readonly Name: string | undefined;
  readonly Image: string | undefined;
  readonly Environment: readonly { readonly Name: string | undefined; readonly Value: string | undefined }[];
  readonly Secrets: readonly { readonly Name: string | undefined; readonly ValueFrom: string | undefined }[];
}

function containerOf({ name, image, environment, secrets }: ContainerDefinition): Container {
  return {
    Name: name,
    Image: image,
    Environment: (environment ?? []).map((one) => ({ Name: one.name, Value: one.value })),
    Secrets: (secrets ?? []).map((one) => ({ Name: one.name, ValueFrom: one.valueFrom })),
  };
}
