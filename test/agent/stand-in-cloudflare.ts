import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import * as v from "valibot";

const Metadata = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ bindings: v.array(v.object({ name: v.string(), type: v.string(), text: v.optional(v.string()) })) }),
);
export type Binding = v.InferOutput<typeof Metadata>["bindings"][number];

const ACCOUNT = "account-1";
const WORKER = "ccr-router";

/** As much of Cloudflare's API as `wrangler deploy` asks for: one account, in which one Worker can be uploaded. */
export class StandInCloudflare {
  /** The bindings of each upload, the oldest first. */
  readonly uploads: Binding[][] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#answer(request, response);
    });
  }

  static async start(): Promise<StandInCloudflare> {
    const cloudflare = new StandInCloudflare();
    cloudflare.#server.listen(0, "127.0.0.1");
    await once(cloudflare.#server, "listening");
    return cloudflare;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += String(chunk);
    const { pathname } = new URL(request.url ?? "/", "http://cloudflare.test");
    const result = this.#result(request.method ?? "GET", pathname, body);
    response.setHeader("content-type", "application/json");
    if (result === undefined) {
      const errors = [{ code: 10007, message: "This Worker does not exist on your account." }];
      response.writeHead(404).end(JSON.stringify({ success: false, errors, messages: [], result: null }));
      return;
    }
    const info = { page: 1, per_page: 50, count: 1, total_count: 1, total_pages: 1 };
    response.end(JSON.stringify({ success: true, errors: [], messages: [], result, result_info: info }));
  }

  #result(method: string, path: string, body: string): unknown {
    const worker = `/accounts/${ACCOUNT}/workers/scripts/${WORKER}`;
    if ((method === "PUT" && path === worker) || (method === "POST" && path === `${worker}/versions`)) {
      return this.#upload(body);
    }
    const answers: Record<string, unknown> = {
      "/user": { id: "user-1", email: "someone@example.test" },
      "/user/tokens/verify": { id: "token-1", status: "active" },
      "/accounts": [{ id: ACCOUNT, name: "Test" }],
      "/memberships": [{ id: "membership-1", account: { id: ACCOUNT, name: "Test" } }],
      [`/accounts/${ACCOUNT}/workers/subdomain`]: { subdomain: "someone" },
      ...(this.uploads.length > 0 && this.#workerAnswers(worker)),
    };
    return answers[path];
  }

  #workerAnswers(worker: string): Record<string, unknown> {
    const subdomain = { enabled: true, previews_enabled: false };
    const script = { id: WORKER, tag: "tag-1", migration_tag: "v1", last_deployed_from: "wrangler" };
    const names = new Set(this.uploads.flat().flatMap(({ name, type }) => (type === "secret_text" ? [name] : [])));
    return {
      [worker]: script,
      [`${worker}/secrets`]: [...names].map((name) => ({ name, type: "secret_text" })),
      [`${worker}/settings`]: { bindings: [] },
      [`${worker}/deployments`]: { deployments: [] },
      [`${worker}/subdomain`]: subdomain,
      [`${worker}/script-settings`]: {},
      [`/accounts/${ACCOUNT}/workers/services/${WORKER}`]: {
        default_environment: { environment: "production", script },
      },
      [`/accounts/${ACCOUNT}/workers/workers/${WORKER}`]: { id: WORKER, name: WORKER, subdomain },
    };
  }

  #upload(body: string): unknown {
    const json = /name="metadata"\r\n\r\n(?<json>.*)\r\n/.exec(body)?.groups?.["json"];
    this.uploads.push(v.parse(Metadata, json).bindings);
    const script = { etag: "etag-1" };
    return { id: "version-1", startup_time_ms: 1, deployment_id: "version-1", resources: { script }, ...script };
  }
}
