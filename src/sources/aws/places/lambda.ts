import { type FunctionConfiguration, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { CALLS } from '../calls.ts';
import { clientOptions } from '../login.ts';
import { type Place, type Resource, template } from './_place.ts';

/** Functions. Published versions keep the environment they were published with: those that differ are resources of their own. */
export const lambda: Place = async ({ access, region, gaps }) => {
  const client = new LambdaClient(clientOptions(access, 'LAMBDA', region));
  const { items } = await gaps.all(CALLS.functions, async (Marker) => {
    const page = await client.send(new ListFunctionsCommand({ FunctionVersion: 'ALL', ...(Marker === undefined ? {} : { Marker }) }));
    return { items: page.Functions, next: page.NextMarker };
  }, region);
  client.destroy();
  const byName = new Map<string, FunctionConfiguration[]>();
  for (const one of items) byName.set(one.FunctionName ?? '', [...(byName.get(one.FunctionName ?? '') ?? []), one]);
  const texts = [...byName].flatMap(([name, versions]) => {
    const seen = new Set<string>();
    const resources = versions.toSorted(newestFirst).flatMap((one): readonly (readonly [string, Resource])[] => {
      if (one.Environment?.Error !== undefined) gaps.add(`lambda:ListFunctions: environment not readable (${one.Environment.Error.ErrorCode ?? 'no reason given'})`, name);
      const variables = one.Environment?.Variables ?? {};
      const said = JSON.stringify(variables);
      if (seen.has(said) || Object.keys(variables).length === 0) return [];
      seen.add(said);
      const isNewest = one.Version === undefined || one.Version === '$LATEST';
      return [[isNewest ? name : `${name}-version-${one.Version}`, { Type: 'AWS::Lambda::Function', Properties: { FunctionName: name, Role: one.Role, Environment: { Variables: variables } } }]];
    });
    return resources.length === 0 ? [] : [template(region, 'lambda', name, resources)];
  });
  return { texts, stored: [] };
};

/** `$LATEST`, then the highest number. */
function newestFirst(a: FunctionConfiguration, b: FunctionConfiguration): number {
  const [left, right] = [a, b].map(({ Version }) => (Version === undefined || Version === '$LATEST' ? Number.MAX_SAFE_INTEGER : Number(Version)));
  return (right ?? 0) - (left ?? 0);
}
