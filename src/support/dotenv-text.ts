/**
 * Names and values as a dotenv file, one after the other. A value stands between quotes when it would not come back otherwise, so that one of many lines (a file with a
 * private key) stays whole; every character of a value stands as it is wherever one kind of quote is free for it.
 */
export function dotenvText(variables: readonly { readonly name: string; readonly value: string }[]): string {
  return variables.map(({ name, value }) => `${name}=${quoted(value)}\n`).join('');
}

function quoted(value: string): string {
  if (/^[\w@%+=:,./-]*$/.test(value)) return value;
  const free = ["'", '"', '`'].find((quote) => !value.includes(quote) && !(quote === '"' && value.includes('\\')));
  return free === undefined ? `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"` : `${free}${value}${free}`;
}
