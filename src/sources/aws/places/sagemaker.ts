import { DescribeInferenceComponentCommand, DescribeModelCommand, ListInferenceComponentsCommand, ListModelsCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { CALLS } from '../calls.ts';
import { inLanes } from '../gaps.ts';
import { clientOptions } from '../login.ts';
import { AT_A_TIME, type Place, template, type Text } from './_place.ts';

/** Models, which is what endpoints run, and inference components, which may bring a container of their own. */
export const sagemaker: Place = async ({ access, region, gaps }) => {
  const client = new SageMakerClient(clientOptions(access, 'SAGEMAKER', region));
  const models = await gaps.all(CALLS.models, async (NextToken) => {
    const page = await client.send(new ListModelsCommand(NextToken === undefined ? {} : { NextToken }));
    return { items: page.Models, next: page.NextToken };
  }, region);
  const ofModels = await inLanes(models.items, AT_A_TIME, async ({ ModelName = '' }) => {
    const model = await gaps.attempt(CALLS.model, async () => await client.send(new DescribeModelCommand({ ModelName })), ModelName);
    const containers = [...(model?.PrimaryContainer === undefined ? [] : [model.PrimaryContainer]), ...(model?.Containers ?? [])];
    return textOf(region, 'sagemaker-model', ModelName, model?.ExecutionRoleArn, containers.map(({ Environment }) => Environment));
  });
  const components = await gaps.all(CALLS.components, async (NextToken) => {
    const page = await client.send(new ListInferenceComponentsCommand(NextToken === undefined ? {} : { NextToken }));
    return { items: page.InferenceComponents, next: page.NextToken };
  }, region);
  const ofComponents = await inLanes(components.items, AT_A_TIME, async ({ InferenceComponentName = '' }) => {
    const component = await gaps.attempt(CALLS.component, async () => await client.send(new DescribeInferenceComponentCommand({ InferenceComponentName })), InferenceComponentName);
    return textOf(region, 'sagemaker-component', InferenceComponentName, undefined, [component?.Specification?.Container?.Environment]);
  });
  client.destroy();
  return { texts: [...ofModels, ...ofComponents].flat(), stored: [] };
};

function textOf(region: string, kind: string, name: string, role: string | undefined, environments: readonly (Readonly<Record<string, string>> | undefined)[]): readonly Text[] {
  const containers = environments.flatMap((Environment) => (Environment === undefined || Object.keys(Environment).length === 0 ? [] : [{ Environment }]));
  if (containers.length === 0) return [];
  return [template(region, kind, name, [[name, { Type: 'AWS::SageMaker::Model', Properties: { ModelName: name, ExecutionRoleArn: role, Containers: containers } }]])];
}
