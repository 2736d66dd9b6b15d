/** Why a call gave nothing. */
export interface Failure {
  /** `not allowed`, `throttled, given up after 8 attempts`, `no answer (ECONNREFUSED)`. */
  readonly why: string;
  readonly isDenied: boolean;
  /** The login itself is no good: every other call will fail as well. */
  readonly isLogin: boolean;
  /** False where the service is not there at all, so that it can hold nothing. */
  readonly isIncomplete: boolean;
}

const LOGIN = /^(?:ExpiredToken(?:Exception)?|RequestExpired|InvalidClientTokenId|UnrecognizedClientException|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignatureException|IncompleteSignature|MissingAuthenticationToken(?:Exception)?|TokenRefreshRequired|CredentialsProviderError|TokenProviderError|InvalidIdentityToken|NotAuthorizedException)$/;
const DENIED = /AccessDenied|Unauthorized|NotAuthorized|AuthorizationError|Forbidden|OptInRequired|SubscriptionRequired/;
const THROTTLED = /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|LimitExceededException$/;
const NETWORK = /^E[A-Z]{3,20}$|^UND_ERR|^CERT_|^DEPTH_ZERO|^SELF_SIGNED|^UNABLE_TO/;

/** Deleted between the list and the question. */
const GONE = /^(?:NoSuchEntity|ResourceNotFound|ParameterNotFound)(?:Exception)?$/;
/** What a region says that the account has not switched on. */
const SWITCHED_OFF = /^(?:UnrecognizedClientException|InvalidClientTokenId)$/;

function isRegional(call: string): boolean {
  return !/^(?:iam|sts|organizations|account):/.test(call);
}

/** Services that are not in every region: an address that does not exist there is no gap. */
const NOT_EVERYWHERE = /^(?:apprunner|codebuild|sagemaker):/;

/**
 * What an error of the SDK means.
 *
 * @param call `apprunner:ListServices`
 * @returns undefined for what is neither an answer nor the want of one
 */
export function failureOf(error: unknown, call: string): Failure | undefined {
  if (!(error instanceof Error)) return undefined;
  const { name } = error;
  const status = statusOf(error);
  if (GONE.test(name)) return { ...plain('no longer there'), isIncomplete: false };
  if (LOGIN.test(name)) return { why: `the login is not accepted (${name})${isRegional(call) && SWITCHED_OFF.test(name) ? ': the region may not be switched on' : ''}`, isDenied: false, isLogin: true, isIncomplete: true };
  if (DENIED.test(name)) return { why: 'not allowed', isDenied: true, isLogin: false, isIncomplete: true };
  if (THROTTLED.test(name)) return plain(`throttled, given up after ${attemptsOf(error)} attempts`);
  const code = codeOf(error);
  if (code === 'ENOTFOUND' && NOT_EVERYWHERE.test(call)) return { ...plain('no such service there'), isIncomplete: false };
  if (code !== undefined && NETWORK.test(code)) return plain(`no answer (${code})`);
  if (name === 'TimeoutError' || name === 'AbortError') return plain('no answer in time');
  if (status === undefined) return undefined;
  if (!isService(error)) return plain(`what answers does not speak as AWS does (HTTP ${status})`);
  if (status === 403) return { why: 'not allowed', isDenied: true, isLogin: false, isIncomplete: true };
  return plain(/^[A-Za-z][\w.]{1,80}$/.test(name) && name !== 'Unknown' && name !== 'UnknownError' ? `refused (${name})` : `what answers does not speak as AWS does (HTTP ${status})`);
}

function plain(why: string): Failure {
  return { why, isDenied: false, isLogin: false, isIncomplete: true };
}

/** An exception that the service itself names, as against an answer that could not be read. */
function isService(error: Error): boolean {
  return '$fault' in error && (error.$fault === 'client' || error.$fault === 'server');
}

function metadataOf(error: Error): Readonly<Record<string, unknown>> {
  return '$metadata' in error && typeof error.$metadata === 'object' && error.$metadata !== null ? { ...error.$metadata } : {};
}

function statusOf(error: Error): number | undefined {
  const status = metadataOf(error)['httpStatusCode'];
  return typeof status === 'number' ? status : undefined;
}

function attemptsOf(error: Error): number {
  const attempts = metadataOf(error)['attempts'];
  return typeof attempts === 'number' ? attempts : 1;
}

function codeOf(error: Error): string | undefined {
  const code = 'code' in error ? error.code : 'errno' in error ? error.errno : undefined;
  return typeof code === 'string' ? code : undefined;
}
