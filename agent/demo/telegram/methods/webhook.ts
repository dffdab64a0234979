import type { Parameters } from "../parameters.ts";
import { badRequest, Refusal } from "../refusal.ts";
import type { Webhook } from "../settings.ts";
import { UPDATE_KINDS, type UpdateKind } from "../update.ts";
import type { World } from "../world.ts";
import type { Done } from "./method.ts";

const DEFAULT_CONNECTIONS = 40;
const MAX_CONNECTIONS = 100;
const MAX_SECRET_LENGTH = 256;

/** Pending updates stay, unless they are to be dropped. An empty url takes the webhook away. */
export function setWebhook(world: World, parameters: Parameters): Done | Refusal {
  const wanted = readWebhook(world, parameters);
  if (wanted instanceof Refusal) return wanted;
  if (wanted === undefined) return deleteWebhook(world, parameters);
  if (!changesWebhook(world, wanted, parameters)) return { result: true, description: "Webhook is already set" };
  if (parameters.boolean("drop_pending_updates")) world.updates.drop();
  world.settings.webhook = wanted;
  world.settings.deliveryError = undefined;
  world.events.emit("takenOver", "Conflict: terminated by setWebhook request");
  return { result: true, description: "Webhook was set" };
}

export function deleteWebhook(world: World, parameters: Parameters): Done {
  const hadWebhook = world.settings.webhook !== undefined;
  if (parameters.boolean("drop_pending_updates")) world.updates.drop();
  world.settings.webhook = undefined;
  world.settings.deliveryError = undefined;
  return { result: true, description: hadWebhook ? "Webhook was deleted" : "Webhook is already deleted" };
}

/** Whether deliveries have to stand still for this call: one that says what is so already leaves them alone. */
export function disturbsDeliveries(method: string, world: World, parameters: Parameters): boolean {
  if (method === "deleteWebhook") return world.settings.webhook !== undefined;
  if (method !== "setWebhook") return false;
  const wanted = readWebhook(world, parameters);
  return !(wanted instanceof Refusal) && changesWebhook(world, wanted, parameters);
}

function changesWebhook(world: World, wanted: Webhook | undefined, parameters: Parameters): boolean {
  const isSame = JSON.stringify(wanted) === JSON.stringify(world.settings.webhook);
  return !isSame || parameters.boolean("drop_pending_updates");
}

/** The webhook that the call asks for; undefined where it asks for none. */
function readWebhook(world: World, parameters: Parameters): Webhook | undefined | Refusal {
  const url = parameters.string("url");
  if (url === "") return undefined;
  const secretToken = parameters.string("secret_token");
  const refusal = checkWebhook(url, secretToken);
  if (refusal !== undefined) return refusal;
  const connections = parameters.integer("max_connections") ?? DEFAULT_CONNECTIONS;
  const allowedUpdates = readAllowedUpdates(world, parameters);
  return {
    url,
    secretToken,
    maxConnections: Math.min(Math.max(connections, 1), MAX_CONNECTIONS),
    ...(allowedUpdates === undefined ? {} : { allowedUpdates }),
  };
}

export function getWebhookInfo(world: World): Done {
  const { webhook, deliveryError } = world.settings;
  return {
    result: {
      url: webhook?.url ?? "",
      has_custom_certificate: false,
      pending_update_count: world.updates.pendingCount(),
      ...(deliveryError && { last_error_date: deliveryError.date, last_error_message: deliveryError.message }),
      ...(webhook && { max_connections: webhook.maxConnections, ip_address: "127.0.0.1" }),
      ...(webhook?.allowedUpdates && { allowed_updates: webhook.allowedUpdates }),
    },
  };
}

function checkWebhook(url: string, secretToken: string): Refusal | undefined {
  if (!URL.canParse(url)) return badRequest("invalid webhook URL specified");
  const { protocol, hostname } = new URL(url);
  const isLoopback = ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
  if (protocol !== "https:" && !(protocol === "http:" && isLoopback)) {
    return badRequest("bad webhook: An HTTPS URL must be provided for webhook");
  }
  if (secretToken.length > MAX_SECRET_LENGTH) return badRequest("secret token is too long");
  return /^[A-Za-z0-9_-]*$/.test(secretToken) ? undefined : badRequest("secret token contains unallowed characters");
}

/** Where nothing is said, what was said before counts. An empty list brings the default back: every kind. */
function readAllowedUpdates(world: World, parameters: Parameters): UpdateKind[] | undefined {
  const json = parameters.json("allowed_updates");
  if (json.status !== "value" || !Array.isArray(json.value)) return world.settings.webhook?.allowedUpdates;
  const names: readonly unknown[] = json.value;
  return names.length === 0 ? undefined : UPDATE_KINDS.filter((kind) => names.includes(kind));
}
