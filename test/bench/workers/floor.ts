/**
 * The floor: a Worker that passes a message to a machine's socket, and nothing else. No state, no storage, no word to
 * Telegram: what any design costs before it does anything. Whom a message is for stands in the message that it replies
 * to, and is believed. The launcher binds the object under this class's name.
 */
import { DurableObject } from "cloudflare:workers";

interface FloorEnv {
  MACHINE: DurableObjectNamespace<MachineDO>;
}

interface Update {
  message: { message_id: number; text: string; reply_to_message: { text: string } };
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

  push(messageId: number, sessionId: string, text: string): void {
    const id = `floorfloorfloor0.m1001.${messageId}`;
    this.#socket?.send(
      JSON.stringify({ type: "command", id, kind: "text", sessionId, command: text, remainingMs: 86_400_000 }),
    );
  }
}

export default {
  async fetch(request, env): Promise<Response> {
    if (request.headers.get("Upgrade") === "websocket")
      return env.MACHINE.getByName(new URL(request.url).searchParams.get("machineId") ?? "").fetch(request);
    const { message } = await request.json<Update>();
    const [machineId = "", sessionId = ""] = message.reply_to_message.text.split("\n", 1).join("").split(" · ");
    await env.MACHINE.getByName(machineId).push(message.message_id, sessionId, message.text);
    return new Response(null, { status: 200 });
  },
} satisfies ExportedHandler<FloorEnv>;
