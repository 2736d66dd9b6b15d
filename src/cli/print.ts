/** Writes to standard output and waits until it has taken everything: a pipe may be slower than we are. */
export async function print(text: string): Promise<void> {
  await new Promise<void>((resolve) => {
    process.stdout.write(text, () => resolve());
  });
}
