import { text as readAll } from "node:stream/consumers";
import { parseArgs } from "node:util";
import * as v from "valibot";
import { LIMITS, NotificationBody, SessionId, type ReplyMarkup } from "../../src/protocol.ts";
import { ControlClient } from "../control/client.ts";
import { controlSocketPath } from "../control/socket-path.ts";
import type { Environment } from "../environment.ts";
import { UsageError } from "./usage.ts";

type Button = ReplyMarkup["inline_keyboard"][number][number];

/** What one row of a phone holds without cutting the labels. */
const ROW = 3;
const ROW_CHARACTERS = 30;

/** `LABEL=ACTION`. The first `=` divides them: a label has none, an action may. */
function parseButton(option: string): Button {
  const at = option.indexOf("=");
  const text = option.slice(0, Math.max(at, 0)).trim();
  const action = option.slice(at + 1);
  if (text === "" || action === "") throw new UsageError(`--button reads LABEL=ACTION, not "${option}"`);
  if (action.startsWith("!")) throw new UsageError(`--button ${text}: actions that begin with ! are the router's own`);
  if (action.startsWith("?")) throw new UsageError(`--button ${text}: actions that begin with ? answer a question`);
  if (Buffer.byteLength(action) > LIMITS.actionBytes) {
    throw new UsageError(`--button ${text}: an action is at most ${LIMITS.actionBytes} bytes`);
  }
  return { text, callback_data: `cmd:TOKEN:${action}` };
}

/** The buttons in rows that a phone can show. */
export function layOut(buttons: readonly Button[]): Button[][] {
  const rows: Button[][] = [];
  for (const button of buttons) {
    const row = rows.at(-1);
    const width = (row ?? []).reduce((sum, { text }) => sum + text.length, button.text.length);
    if (row !== undefined && row.length < ROW && width <= ROW_CHARACTERS) row.push(button);
    else rows.push([button]);
  }
  return rows;
}

function sessionOf(option: string | undefined, env: Environment): string {
  const sessionId = option ?? env.CCR_SESSION;
  if (sessionId === undefined) {
    throw new UsageError(
      "which session? Say --session ID (`ccr-agent status` lists them), or call this inside `ccr-agent run`",
    );
  }
  const parsed = v.safeParse(SessionId, sessionId);
  if (!parsed.success) throw new UsageError(`--session: ${v.summarize(parsed.issues)}`);
  return parsed.output;
}

/** `ccr-agent notify … TEXT`: 0 once the notification cannot be lost any more. */
export async function notify(argv: readonly string[], env: Environment = process.env): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      session: { type: "string" },
      button: { type: "string", multiple: true, default: [] },
      silent: { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
      sign: { type: "string" },
    },
  });
  const [argument, ...rest] = positionals;
  if (argument === undefined || rest.length > 0)
    throw new UsageError('notify wants one TEXT (put it in quotes), or "-"');
  const sessionId = sessionOf(values.session, env);
  const buttons = values.button.map(parseButton);
  const text = argument === "-" ? (await readAll(process.stdin)).trimEnd() : argument;
  const notification = v.safeParse(NotificationBody, {
    sessionId,
    text,
    ...(values.silent && { silent: true }),
    ...(values.markdown && { format: "markdown" }),
    ...(values.sign !== undefined && { sign: values.sign }),
    ...(buttons.length > 0 && { replyMarkup: { inline_keyboard: layOut(buttons) } }),
  });
  if (!notification.success) throw new UsageError(v.summarize(notification.issues));

  const connected = await ControlClient.connect(controlSocketPath(env));
  if (connected.status === "absent") {
    process.stderr.write(`ccr-agent: ${connected.reason}\n`);
    return 1;
  }
  const answer = await connected.client.notify(notification.output);
  await connected.client.end();
  if (answer.status === "notified") return 0;
  process.stderr.write(`ccr-agent: ${answer.error}\n`);
  return 1;
}
