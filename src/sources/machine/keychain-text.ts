/** An entry of a keychain, by what is said of it in public: never its value. */
export interface KeychainEntry {
  /** What the program that made it calls the thing it is for. */
  readonly service: string;
  /** Whose it is there: a user, an address, or the name of one of several keys. */
  readonly account: string;
  /** ISO 8601 in UTC. */
  readonly created?: string;
  readonly updated?: string;
}

/** No keychain of a person has more; what does is no list of one. */
const MOST_ENTRIES = 20_000;
const LONGEST_NAME = 256;

/**
 * What `security dump-keychain` prints without `-d`: the attributes of each item, one a line. Only generic and internet passwords are named; certificates and keys
 * are no passwords. Form as of macOS 26: `"svce"<blob>="name"`, with bytes that are not ASCII as `0x4142  "A\102"`, and `<NULL>` for none.
 */
export function parseKeychainDump(text: string): readonly KeychainEntry[] {
  const entries: KeychainEntry[] = [];
  for (const item of text.split(/^keychain: /m).slice(1)) {
    if (entries.length === MOST_ENTRIES) break;
    const kind = /^class: "?(genp|inet)"?\s*$/m.exec(item)?.[1];
    if (kind === undefined) continue;
    const service = attribute(item, kind === 'genp' ? 'svce' : 'srvr') ?? '';
    const account = attribute(item, 'acct') ?? '';
    const [created, updated] = [dateOf(item, 'cdat'), dateOf(item, 'mdat')];
    entries.push({ service, account, ...(created === undefined ? {} : { created }), ...(updated === undefined ? {} : { updated }) });
  }
  return entries;
}

function attribute(item: string, name: 'svce' | 'srvr' | 'acct'): string | undefined {
  const [, hex, plain] = new RegExp(`^[ \\t]+"${name}"<blob>=(?:0x([0-9A-Fa-f]{0,4096})\\b.*|"(.{0,1024})")[ \\t]*\\r?$`, 'm').exec(item) ?? [];
  return hex === undefined ? plain : Buffer.from(hex, 'hex').toString('utf8');
}

/** `"mdat"<timedate>=0x3230…  "20250102030405Z\000"` */
function dateOf(item: string, name: 'cdat' | 'mdat'): string | undefined {
  const [, year, month, day, hour, minute, second] = new RegExp(`^[ \\t]+"${name}"<timedate>=.{0,100}"(\\d{4})(\\d\\d)(\\d\\d)(\\d\\d)(\\d\\d)(\\d\\d)Z`, 'm').exec(item) ?? [];
  const date = `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
  return year === undefined || Number.isNaN(Date.parse(date)) ? undefined : date;
}

/**
 * What `cmdkey /list` prints. Its words are in the language of Windows (`Target:`, `Ziel:`), so that entries are known by their form: `…: LegacyGeneric:target=NAME`,
 * and two lines below it the user. `Domain:` and the like are logins of Windows and of servers, no keys of programs.
 */
export function parseCmdkeyList(text: string): readonly KeychainEntry[] {
  const lines = text.split(/\r?\n/);
  return lines.flatMap((line, index) => {
    const target = /^[ \t]+[^:=]{1,40}: ?LegacyGeneric:target=(.+?)[ \t]*$/.exec(line)?.[1];
    if (target === undefined) return [];
    const user = /^[ \t]+[^:]{1,40}: ?(.*?)[ \t]*$/.exec(lines[index + 2] ?? '')?.[1] ?? '';
    return [{ service: target, account: user }];
  }).slice(0, MOST_ENTRIES);
}

/** How a keyring of GNOME begins that has no password; all others hold their names encrypted. */
export const PLAIN_KEYRING = '[keyring]';

/** Attributes by which programs find their entries: what it is for, and which of several. */
const SERVICES = ['service', 'server', 'domain', 'application', 'url'] as const;
const ACCOUNTS = ['username', 'account', 'user', 'key'] as const;

/** Entries of a GNOME keyring without a password. Secrets stand in it as well: their lines are passed over. */
export function parsePlainKeyring(text: string): readonly KeychainEntry[] {
  interface Item {
    label: string;
    updated: string | undefined;
    readonly attributes: Map<string, string>;
  }
  const items = new Map<string, Item>();
  let item: Item | undefined;
  let isAttribute = false;
  let attributeName = '';
  for (const line of text.split(/\r?\n/)) {
    const [, number, part] = /^\[(\d{1,9})(:attribute\d{1,9})?\]$/.exec(line) ?? [];
    if (number !== undefined) {
      item = items.get(number);
      if (item === undefined && items.size < MOST_ENTRIES) items.set(number, (item = { label: '', updated: undefined, attributes: new Map() }));
      isAttribute = part !== undefined;
      attributeName = '';
      continue;
    }
    // The keyring's own section.
    if (line.startsWith('[keyring]')) item = undefined;
    const [, field, value = ''] = /^(display-name|mtime|name|value)=(.{0,1024})$/.exec(line) ?? [];
    if (item === undefined || field === undefined) continue;
    if (isAttribute) {
      if (field === 'name') attributeName = value;
      else if (field === 'value' && attributeName !== '' && !item.attributes.has(attributeName)) item.attributes.set(attributeName, value);
    } else if (field === 'display-name' && item.label === '') item.label = value;
    else if (field === 'mtime') item.updated = fromSeconds(value);
  }
  return [...items.values()].map(({ label, updated, attributes }) => {
    const service = SERVICES.flatMap((name) => attributes.get(name) ?? [])[0];
    const account = ACCOUNTS.flatMap((name) => attributes.get(name) ?? [])[0] ?? '';
    return { service: service ?? label, account, ...(updated === undefined ? {} : { updated }) };
  });
}

function fromSeconds(text: string): string | undefined {
  const seconds = /^\d{1,11}$/.test(text) ? Number(text) : 0;
  return seconds === 0 ? undefined : new Date(seconds * 1000).toISOString();
}

/** A section of the file itself, not of a service: what proves its password. */
const OWN_SECTION = 'keyring-setting';

/**
 * Entries of a file of Python's `keyring` (keyrings.alt, keyrings.cryptfile): a section a service, an option a user, each with `_2D` for characters that are no letters or
 * digits. Options come in lower case. Values are encoded or encrypted, and not looked at.
 */
export function parsePythonKeyring(text: string): readonly KeychainEntry[] {
  const entries: KeychainEntry[] = [];
  let service = '';
  for (const line of text.split(/\r?\n/)) {
    if (entries.length === MOST_ENTRIES) break;
    const section = /^\[(.{1,1024})\]\s*$/.exec(line)?.[1];
    if (section !== undefined) service = unescaped(section);
    const option = /^([A-Za-z0-9_]{1,1024})\s*[=:]/.exec(line)?.[1];
    if (option !== undefined && service !== '' && service !== OWN_SECTION) entries.push({ service, account: unescaped(option) });
  }
  return entries;
}

function unescaped(name: string): string {
  return name.replaceAll(/(?:_[0-9A-Fa-f]{2})+/g, (bytes) => Buffer.from(bytes.replaceAll('_', ''), 'hex').toString('utf8'));
}

/**
 * One name for an entry: the service, and the account where that says more than who is logged in.
 *
 * @param user name of the person whose machine it is
 */
export function entryName({ service, account }: KeychainEntry, user: string): string {
  const isPerson = account === '' || account.toLowerCase() === user.toLowerCase() || account.includes('@') || account === service;
  const name = isPerson ? service : service === '' || service.endsWith(`/${account}`) || service.endsWith(`:${account}`) ? service || account : `${service}/${account}`;
  // The first line alone, and no more than a name takes.
  return (name.split(/[\r\n\0]/)[0] ?? '').trim().slice(0, LONGEST_NAME);
}
