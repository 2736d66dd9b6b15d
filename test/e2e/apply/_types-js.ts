export async function typeCheckExamples(_say: (lines: readonly string[]) => void, _folder: string): Promise<readonly string[]> {
  return Promise.resolve([]);
}
