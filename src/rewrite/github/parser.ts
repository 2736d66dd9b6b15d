import { NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser';

/** What GitHub's own parser finds wrong with a workflow, without places: compared before and after an edit. */
export function workflowProblems(text: string): readonly string[] {
  try {
    const { context } = parseWorkflow({ name: 'workflow.yml', content: text }, new NoOperationTraceWriter());
    return context.errors.getErrors().map(({ rawMessage }) => rawMessage);
  } catch {
    return ['it cannot be parsed at all'];
  }
}
