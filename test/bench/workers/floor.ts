/**
 * The floor: a Worker that passes a message to one object's socket, and nothing else. No state, no storage, no word to
 * Telegram: what any design costs before it does anything. The launcher binds the object under this class's name.
 */
import { DurableObject } from "cloudflare:workers";

interface FloorEnv {
  MACHINE: DurableObjectNamespace<MachineDO>;
}

interface Update {
  message: { message_id: number; text: string };
}

export class SessionDO extends DurableObject {}

export class MachineDO extends DurableObject {
  #socket: WebSocket | undefined;

  override async fetch(): Promise<Response> {
    const { 0: client, 1: server } = new WebSocketPair();
    server.accept();
    server.send(JSON.stringify({ type: "welcome", protocol: 1, window: 16 }));
    this.#socket = server;
    return new Response(null, { status: 101, webSocket: client });
  }

  push(messageId: number, text: string): void {
    const id = `floorfloorfloor0.m1001.${messageId}`;
    this.#socket?.send(
      JSON.stringify({ type: "command", id, kind: "text", sessionId: "floor", command: text, remainingMs: 86_400_000 }),
    );
  }
}

export default {
  async fetch(request, env): Promise<Response> {
    const object = env.MACHINE.getByName("the only one");
    if (request.headers.get("Upgrade") === "websocket") return object.fetch(request);
    const { message } = await request.json<Update>();
    await object.push(message.message_id, message.text);
    return new Response(null, { status: 200 });
  },
} satisfies ExportedHandler<FloorEnv>;
