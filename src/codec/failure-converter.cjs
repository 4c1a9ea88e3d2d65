'use strict';

// CommonJS, because the SDK loads it with require() and also bundles it into the workflow sandbox
// (temporalio/sdk-typescript#1292). Without it, messages and stack traces of failures stay in
// plain text in the history; with it they travel as a payload, which the codec encrypts.
const { DefaultFailureConverter } = require('@temporalio/common');

const encoded = new DefaultFailureConverter({ encodeCommonAttributes: true });
const plain = new DefaultFailureConverter();

/**
 * The refusal of an Update (workflows/take-request.ts) stays readable: the Temporal UI does not
 * decode it ("Encoded failure", UI 2.54), and Temporal stores nothing of a refused Update.
 */
function isRefusal(error) {
  return error?.type === 'NotAccepted';
}

exports.failureConverter = {
  errorToFailure(error, ...rest) {
    if (!isRefusal(error)) return encoded.errorToFailure(error, ...rest);
    return { ...plain.errorToFailure(error, ...rest), stackTrace: '' };
  },
  failureToError: (...args) => encoded.failureToError(...args),
};
