import type { Extraction, NameTable, Platform, TextFile } from '../model/reference.ts';
import { childOf, type DataNode, entriesOf, routeTo, textOf } from '../support/data-tree.ts';
import { bindTree } from './_shared/config-bindings.ts';
import { baseName, Draft, IDENTITY_AVAILABLE, mayNameKey, NO_IDENTITY, placeOf } from './_shared/config-draft.ts';
import { readTrees } from './_shared/config-file.ts';
import { isCloudFormation } from './_shared/settings-files.ts';

/** Resource types that run code under an IAM role. */
const RUNS = /^AWS::(?:Serverless::Function|Lambda::|ECS::|EC2::(?:Instance|LaunchTemplate)|Batch::|AppRunner::|CodeBuild::|SageMaker::|ElasticBeanstalk::|StepFunctions::|Amplify::|AutoScaling::)/;

/** Where a resource names the role its code runs under; ECS has another one for the agent that starts it. */
function roleOf(type: string, resource: DataNode): Readonly<Record<string, string>> {
  const properties = childOf(resource, 'Properties');
  const named = type === 'AWS::ECS::TaskDefinition' ? childOf(properties, 'TaskRoleArn')
    : type === 'AWS::CodeBuild::Project' ? childOf(properties, 'ServiceRole')
    : type === 'AWS::AppRunner::Service' ? childOf(childOf(properties, 'InstanceConfiguration'), 'InstanceRoleArn')
    : type === 'AWS::SageMaker::Model' ? childOf(properties, 'ExecutionRoleArn')
    : type === 'AWS::Lambda::Function' ? childOf(properties, 'Role')
    : undefined;
  const role = /^arn:aws[a-z-]*:iam::\d{12}:role\/([\w+=,.@/-]{1,600})$/.exec(textOf(named) ?? '')?.[1];
  return role === undefined ? {} : { role };
}

/** CloudFormation and SAM templates: parameters, and every resource that runs something. */
export const platform: Platform = {
  id: 'cloudformation',
  title: 'AWS CloudFormation',
  checked: '2026-11-23',
  issuesTokens: false,
  runsOn: (facts) => (/^AWS::(?:Lambda|Serverless|ECS|EC2|Batch|AppRunner|CodeBuild|SageMaker|ElasticBeanstalk|Amplify)::/.test(facts['resource'] ?? '') ? 'aws-compute' : undefined),
  matches: isCloudFormation,
  extract(file: TextFile, names: NameTable): Extraction {
    const draft = new Draft(file, 'cloudformation', names);
    if (!mayNameKey(file.text, names)) return draft.done();
    for (const root of readTrees(draft)) {
      const parameters = { key: 'Parameters', name: baseName(file.path), route: 'Parameters', start: 0, end: 0, identity: NO_IDENTITY };
      for (const entry of entriesOf(childOf(root, 'Parameters'))) {
        const value = childOf(entry.value, 'Default');
        const place = { start: entry.keyStart, end: entry.keyEnd };
        const route = routeTo('Parameters', entry.key);
        const stands = value?.kind === 'scalar' && value.value !== null ? { value: placeOf(value) } : {};
        draft.bind(parameters, { name: entry.key, route, place, ...stands });
      }
      for (const section of ['Resources', 'Globals', 'Mappings']) {
        for (const entry of entriesOf(childOf(root, section))) {
          const route = routeTo(section, entry.key);
          const type = textOf(childOf(entry.value, 'Type')) ?? '';
          const identity = section === 'Resources' && !RUNS.test(type) ? NO_IDENTITY : IDENTITY_AVAILABLE;
          const workload = { key: route, name: entry.key, route, start: entry.keyStart, end: entry.value.end, identity, facts: { resource: type.slice(0, 100), ...roleOf(type, entry.value) } };
          bindTree(draft, workload, entry.value, route);
        }
      }
    }
    return draft.done();
  },
};
