/** A call that the simulator answers with an error, in OVH's form. */
export class OvhRefusal extends Error {
  override name = 'OvhRefusal';
  readonly status: number;
  readonly errorCode: string | undefined;
  readonly errorClass: string | undefined;

  constructor(status: number, message: string, extra: { errorCode?: string; class?: string } = {}) {
    super(message);
    this.status = status;
    this.errorCode = extra.errorCode;
    this.errorClass = extra.class;
  }
}

const reasons: Record<number, string> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  460: 'Resource Expired',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** The body of an error: `{message, errorCode?, httpCode, class?}`. */
export function refusalBody(refusal: OvhRefusal): Record<string, string> {
  return {
    ...(refusal.errorClass === undefined ? {} : { class: refusal.errorClass }),
    ...(refusal.errorCode === undefined ? {} : { errorCode: refusal.errorCode }),
    httpCode: `${refusal.status} ${reasons[refusal.status] ?? 'Error'}`,
    message: refusal.message,
  };
}

/** What OVH says of a key, by errorCode. The texts are those of its API (providers.md §2.2). */
export const keyRefusals = {
  INVALID_KEY: [403, 'This application key is invalid'],
  INVALID_CREDENTIAL: [403, 'This credential is not valid'],
  NOT_CREDENTIAL: [403, 'You must login first'],
  NOT_GRANTED_CALL: [403, 'This call has not been granted'],
  INVALID_SIGNATURE: [400, 'Invalid signature'],
} as const satisfies Record<string, readonly [number, string]>;

/** The refusal of a key. */
export function keyRefused(errorCode: keyof typeof keyRefusals): OvhRefusal {
  const [status, message] = keyRefusals[errorCode];
  return new OvhRefusal(status, message, {
    errorCode,
    class: status === 403 ? `Client::Forbidden` : 'Client::BadRequest',
  });
}

/** 404 of one object, in OVH's words. */
export function noSuchObject(name: string, value: string | number): OvhRefusal {
  return new OvhRefusal(404, `The requested object (${name} = ${value}) does not exist`, {
    class: 'Client::NotFound',
  });
}

/** 404 of a server that this account does not rent. */
export function noSuchService(): OvhRefusal {
  return new OvhRefusal(404, 'This service does not exist', { class: 'Client::NotFound' });
}

/** 400 of a value that the API does not take. */
export function badRequest(message: string): OvhRefusal {
  return new OvhRefusal(400, message, { class: 'Client::BadRequest' });
}
