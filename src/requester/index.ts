/** `doorward/requester`: composing requests, following them in the log, and proving answers; unchanged in Node and browser. */

export {
  type ComposedStatement,
  type ComposePorts,
  composeExtension,
  composeOutcome,
  composeRequest,
  type RequestWish,
} from "./compose.ts";
export { RequesterError, type RequesterErrorCode, requesterErrors } from "./errors.ts";
export { followAsRequester, type OwnRequest, ownRequest, ownRequests, proveInclusion } from "./own-requests.ts";
export {
  type BundledProof,
  type BundleVerdict,
  bundleFailures,
  makeProofBundle,
  type RegisterKeys,
  requestOfShare,
  verifyProofBundle,
} from "./proof-bundle.ts";
export { type HttpPost, type Promised, submitStatement } from "./submit.ts";
