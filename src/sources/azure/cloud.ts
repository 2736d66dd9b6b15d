import { TargetError } from '../../model/errors.ts';
import type { RemoteContext } from '../remote.ts';
import { askProgram, openGetter, Renewed } from '../_shared/api-login.ts';
import type { PagedApi } from '../_shared/api-pages.ts';
import { Fields, ShapeError } from '../_shared/api-shape.ts';

const FIX = 'Run az login, and az account list to see that it has the subscription.';

/** A service of one cloud, with its own token. */
export interface AzureApi extends PagedApi {
  readonly origin: string;
  /**
   * Asks for the first token.
   *
   * @throws TargetError when there is none
   */
  readonly logIn: () => Promise<void>;
}

export interface Cloud {
  readonly manager: AzureApi;
  readonly graph: AzureApi;
}

/**
 * The cloud that `az` is set to: its addresses, and a login for each.
 *
 * @throws TargetError
 */
export async function openCloud(subscription: string, context: RemoteContext): Promise<Cloud> {
  const az = async (...parameters: readonly string[]): Promise<Fields> => {
    const text = await askProgram('az', [...parameters, '--output', 'json'], context.env, FIX);
    return parsed(text, `az ${parameters.slice(0, 2).join(' ')}`);
  };
  const told = await az('cloud', 'show');
  const endpoints = readable(() => told.within('endpoints'));
  const address = (name: string): string => readable(() => endpoints.id(name));
  const open = (service: string, base: string, resource: string): AzureApi => {
    const login = new Renewed('what az printed', async () => {
      const answer = await az('account', 'get-access-token', '--resource', resource, '--subscription', subscription);
      return readable(() => answer.id('accessToken'));
    });
    const headers = async (): Promise<Readonly<Record<string, string>>> => ({ authorization: `Bearer ${await login.token()}` });
    const getter = openGetter('az cloud show', { base, headers, version: context.version, service, note: context.note });
    return { getter, service, origin: base, logIn: async () => void (await login.token()) };
  };
  const graph = address('microsoftGraphResourceId');
  return { manager: open('Azure Resource Manager', address('resourceManager'), address('activeDirectoryResourceId')), graph: open('Microsoft Graph', graph, graph) };
}

/** @throws TargetError; what was printed is never part of it */
function parsed(text: string, what: string): Fields {
  try {
    return new Fields(what, 'what it printed', JSON.parse(text));
  } catch {
    throw new TargetError(`${what} printed something else than JSON`, FIX);
  }
}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ShapeError) throw new TargetError(error.message, FIX, { cause: error });
    throw error;
  }
}
