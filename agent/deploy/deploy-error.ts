/** Something outside stands in the way. The message says what to do; no secret is in it. */
export class DeployError extends Error {
  override name = "DeployError";
}
