import { AppRunnerClient, DescribeServiceCommand, ListServicesCommand, type Service } from '@aws-sdk/client-apprunner';
import { CALLS } from '../calls.ts';
import { inLanes } from '../gaps.ts';
import { clientOptions } from '../login.ts';
import { AT_A_TIME, type Place, type Resource, template } from './_place.ts';

export const apprunner: Place = async ({ access, region, gaps }) => {
  const client = new AppRunnerClient(clientOptions(access, 'APPRUNNER', region));
  const { items } = await gaps.all(CALLS.services, async (NextToken) => {
    const page = await client.send(new ListServicesCommand(NextToken === undefined ? {} : { NextToken }));
    return { items: page.ServiceSummaryList, next: page.NextToken };
  }, region);
  const texts = await inLanes(items, AT_A_TIME, async ({ ServiceArn, ServiceName = '' }) => {
    const service = await gaps.attempt(CALLS.service, async () => (await client.send(new DescribeServiceCommand({ ServiceArn }))).Service, ServiceName);
    const resource = service === undefined ? undefined : resourceOf(service);
    return resource === undefined ? [] : [template(region, 'apprunner', ServiceName, [[ServiceName, resource]])];
  });
  client.destroy();
  return { texts: texts.flat(), stored: [] };
};

type Names = readonly { readonly Name: string; readonly Value: string }[];

function resourceOf({ ServiceName, SourceConfiguration: source, InstanceConfiguration: instance }: Service): Resource | undefined {
  const image = source?.ImageRepository?.ImageConfiguration;
  const code = source?.CodeRepository?.CodeConfiguration?.CodeConfigurationValues;
  const parts = [image, code].map((one) => ({ RuntimeEnvironmentVariables: namesOf(one?.RuntimeEnvironmentVariables), RuntimeEnvironmentSecrets: namesOf(one?.RuntimeEnvironmentSecrets) }));
  if (parts.every((part) => part.RuntimeEnvironmentVariables.length + part.RuntimeEnvironmentSecrets.length === 0)) return undefined;
  const [ImageConfiguration, CodeConfigurationValues] = parts;
  return {
    Type: 'AWS::AppRunner::Service',
    Properties: {
      ServiceName,
      InstanceConfiguration: { InstanceRoleArn: instance?.InstanceRoleArn },
      SourceConfiguration: {
        ...(image === undefined ? {} : { ImageRepository: { ImageConfiguration } }),
        ...(code === undefined ? {} : { CodeRepository: { CodeConfiguration: { CodeConfigurationValues } } }),
      },
    },
  };
}

function namesOf(given: Readonly<Record<string, string>> | undefined): Names {
  return Object.entries(given ?? {}).map(([Name, Value]) => ({ Name, Value }));
}
