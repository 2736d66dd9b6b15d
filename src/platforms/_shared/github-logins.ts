/** Signs that a job asks a model of Google, or one that Google serves. */
const OF_MODELS = /vertex|aiplatform|ai[-_]platform|gemini|genai|generative|anthropic|claude|litellm|langchain|llama|openai|google_cloud_location|embedding|(?:^|[^a-z])(?:ai|llms?|evals?)(?:[^a-z]|$)/i;
/** A login by the key of a service account, which serves all that comes after it. */
const LOGIN = /\bcredentials_json[ \t]*:|\bgcloud auth activate-service-account\b/;

/** `other`: the job logs in to Google Cloud with the key of a service account, and nothing in it speaks of a model, so that its rights are others. '' where that cannot be said. */
export function googleLogin(job: string): string {
  return LOGIN.test(job) && !OF_MODELS.test(job) ? 'other' : '';
}

/** Whether a job writes to a repository at Hugging Face. */
export function writesToHub(job: string): string {
  return /huggingface/i.test(job) && /\bgit push\b[^\n]{0,300}?(?:huggingface|\b(?:hf|space)\b)|\bupload_(?:folder|file|large_folder)\b|\bpush_to_hub\b|\bcreate_commit\b|\b(?:hf|huggingface-cli) upload\b/.test(job) ? 'true' : '';
}
