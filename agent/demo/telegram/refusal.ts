/** Why a call was refused, as the Bot API words it. A value: to be refused is an expected outcome. */
export class Refusal {
  readonly code: number;
  readonly description: string;
  /** Seconds; undefined where it is no matter of waiting. */
  readonly retryAfter: number | undefined;

  constructor(code: number, description: string, retryAfter?: number) {
    this.code = code;
    this.description = description;
    this.retryAfter = retryAfter;
  }
}

/** A 400 in the words of Telegram's library, which the Bot API server adapts. */
export class BadRequest extends Refusal {
  readonly message: string;

  constructor(message: string) {
    super(400, `Bad Request: ${lowered(message)}`);
    this.message = message;
  }
}

/** The server lowers the first letter of a sentence, but leaves constants like BUTTON_DATA_INVALID alone. */
function lowered(message: string): string {
  const isConstant = /^.[A-Z_]/.test(message);
  return isConstant ? message : message.charAt(0).toLowerCase() + message.slice(1);
}

export function badRequest(message: string): BadRequest {
  return new BadRequest(message);
}

/** The same refusal with the part that could not be read named before it: `Can't parse MessageEntity: …`. */
export function inside(what: string, refusal: BadRequest): BadRequest {
  return new BadRequest(`Can't parse ${what}: ${refusal.message}`);
}

export function tooManyRequests(seconds: number): Refusal {
  return new Refusal(429, `Too Many Requests: retry after ${seconds}`, seconds);
}
