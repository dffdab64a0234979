import type { Machine } from "./machine.ts";
import type { TelegramStandIn } from "./telegram/telegram-stand-in.ts";
import { until } from "../until.ts";

/** The line that the bot tells a person to paste, taken apart. */
export function pairingLine(text: string): { url: string; code: string } | undefined {
  const [, url, code] = /ccr-agent pair (\S+) (\S+)/.exec(text) ?? [];
  return url === undefined || code === undefined ? undefined : { url, code };
}

/**
 * Pairs a machine as a person does: `/pair NAME` in the chat, then the line that the bot answers, on the machine.
 *
 * @param userId whose private chat with the bot it is, and whose machine it becomes
 * @throws Error with the words of the bot or of `ccr-agent pair` where that fails
 */
export async function pairThroughChat(telegram: TelegramStandIn, userId: number, machine: Machine): Promise<void> {
  const newest = telegram.messages(userId).at(-1)?.message_id ?? 0;
  telegram.send({ chatId: userId, userId, text: `/pair ${machine.name}` });
  const answers = (): string[] =>
    telegram
      .messages(userId)
      .filter(({ message_id: id, from }) => id > newest && from.is_bot)
      .map(({ text = "" }) => text);
  const line = await until(
    `the bot to answer /pair ${machine.name}`,
    () => answers().flatMap((text) => pairingLine(text) ?? [])[0],
    { details: () => `It answered: ${answers().join("\n") || "nothing"}` },
  );
  const { status, stderr } = await machine.command("pair", line.url, line.code);
  if (status !== 0) throw new Error(`\`ccr-agent pair\` failed on ${machine.name}: ${stderr.trim()}`);
}
