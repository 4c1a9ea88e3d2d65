'use strict';

// CommonJS, because the SDK loads it with require() and also bundles it into the workflow sandbox
// (temporalio/sdk-typescript#1292). Without it, messages and stack traces of failures stay in
// plain text in the history; with it they travel as a payload, which the codec encrypts.
const { DefaultFailureConverter } = require('@temporalio/common');

exports.failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
