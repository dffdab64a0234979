import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { type Socket, createServer } from "node:net";
import { dirname, join } from "node:path";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import * as v from "valibot";
import { HookInput } from "../../agent/claude/hook-input.ts";
import { launcherPaths, writeLauncher } from "../../agent/claude/launcher.ts";
import { controlSocketPath } from "../../agent/control/socket-path.ts";
import { Lab } from "./support/lab.ts";
import { says, uses } from "./support/model-messages.ts";
import { until } from "./support/until.ts";

const execute = promisify(execFile);
const HooksCommand = join(import.meta.dirname, "support/hooks-command.ts");

const Line = v.object({
  type: v.literal("hook"),
  event: v.string(),
  claudePid: v.number(),
  env: v.record(v.string(), v.string()),
  input: HookInput,
});

/** What the daemon would hear. Each event is answered as the test says. */
async function listen(lab: Lab, reply: (event: string) => string): Promise<v.InferOutput<typeof Line>[]> {
  const heard: v.InferOutput<typeof Line>[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let text = "";
    socket.on("error", () => {});
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      if (!text.endsWith("\n")) return;
      const line = v.parse(v.pipe(v.string(), v.parseJson(), Line), text);
      heard.push(line);
      const answer = reply(line.event);
      if (answer !== "") socket.write(`${answer}\n`);
    });
  });
  const path = controlSocketPath(lab.env);
  mkdirSync(dirname(path), { recursive: true });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return heard;
}

async function hooks(lab: Lab, action: string, env: Record<string, string> = {}): Promise<string> {
  const { stdout } = await execute(process.execPath, [HooksCommand, action], { env: { ...lab.env, ...env } });
  return stdout;
}

test("after `hooks install`, a session tells the daemon all, and nothing of it shows in Claude", async () => {
  const lab = await Lab.open();
  rmSync(lab.settingsPath);
  const heard = await listen(lab, () => '{"type":"hooked"}');
  await hooks(lab, "install");
  lab.api.plan(uses("Read", { file_path: join(lab.project, "note") }), says("Read."));
  writeFileSync(join(lab.project, "note"), "hello\n");
  const claude = await lab.start();
  await claude.enters("read the note");
  await claude.shows("Read.");
  await until("the turn ended", () => heard.some(({ event }) => event === "Stop"));

  expect(heard.map(({ event }) => event)).toEqual(["SessionStart", "UserPromptSubmit", "PostToolUse", "Stop"]);
  const pid = await claude.pid();
  expect(heard.every(({ claudePid, env }) => claudePid === pid && env["TMUX_PANE"] === claude.id)).toBe(true);
  await claude.rests();
  expect(await claude.screen()).not.toMatch(/hook/i);
});

test("/notify-telegram is answered by the daemon, without the model", async () => {
  const lab = await Lab.open();
  rmSync(lab.settingsPath);
  const output = JSON.stringify({ decision: "block", reason: "Turn ends go to Telegram." });
  const heard = await listen(lab, (event) =>
    event === "UserPromptExpansion" ? JSON.stringify({ type: "hooked", output }) : "",
  );
  await hooks(lab, "install");
  const claude = await lab.start();
  await claude.enters("/notify-telegram api");
  await claude.shows("Turn ends go to Telegram.");
  expect(heard.find(({ event }) => event === "UserPromptExpansion")?.input).toMatchObject({ command_args: "api" });
  expect(lab.api.requests).toEqual([]);
});

test("hooks that are installed while a session runs are called by it", async () => {
  const lab = await Lab.open();
  lab.writeSettings({ model: "opus" });
  const heard = await listen(lab, () => "");
  lab.api.otherwise(says("Good."));
  const claude = await lab.start();
  await hooks(lab, "install");
  // It looks at its settings by and by.
  let asked = 0;
  await until("it calls them", async () => {
    asked += 1;
    await claude.enters(`hello ${asked}`);
    await claude.rests();
    return heard.length > 0;
  });
  await claude.enters("and now");
  await until("the turn ended", () => heard.at(-1)?.event === "Stop");
});

test.each(["the daemon", "Node", "the agent"])(
  "with %s gone, Claude works on and shows nothing of it",
  async (gone) => {
    const lab = await Lab.open();
    const heard = await listen(lab, () => "");
    await hooks(lab, "install");
    const paths = launcherPaths(lab.env);
    const node = join(lab.folder, "node");
    symlinkSync(process.execPath, node);
    writeLauncher(paths, node);
    if (gone === "the daemon") rmSync(controlSocketPath(lab.env));
    // Another Node is in the PATH: one that cannot start is worse than none.
    if (gone === "Node") {
      renameSync(node, join(lab.folder, "renamed"));
      writeFileSync(node, "#!/bin/sh\necho broken >&2\nexit 127\n", { mode: 0o755 });
    }
    if (gone === "the agent") rmSync(paths.entry);
    lab.api.plan(uses("Bash", { command: "touch made", description: "Make a file" }), says("Made."));
    const claude = await lab.start();
    await claude.enters("make it");
    await claude.confirms("Do you want to proceed?");
    await claude.shows("Made.");

    expect(heard).toEqual([]);
    await claude.rests();
    expect(await claude.screen()).not.toMatch(/hook|broken|error/i);
  },
);

test("`claude -p` says nothing to the daemon", async () => {
  const lab = await Lab.open();
  const heard = await listen(lab, () => "");
  await hooks(lab, "install");
  lab.api.plan(says("Printed."));
  expect(await lab.print("say it")).toBe("Printed.\n");
  expect(heard).toEqual([]);
});

test("hooks that are uninstalled under a session show nothing in it, also where it has not read its settings anew", async () => {
  const lab = await Lab.open();
  lab.writeSettings({});
  const heard = await listen(lab, () => "");
  await hooks(lab, "install");
  const settings = readFileSync(lab.settingsPath, "utf8");
  lab.api.plan(says("First."), says("Second."));
  const claude = await lab.start();
  await until("it calls them", () => heard.length > 0);
  await hooks(lab, "uninstall");
  // What such a session does: it goes on calling the launcher.
  writeFileSync(lab.settingsPath, settings);
  for (const [prompt, answer] of [
    ["one", "First."],
    ["two", "Second."],
  ] as const) {
    await claude.enters(prompt);
    await claude.shows(answer);
    await claude.rests();
  }
  expect(await claude.screen()).not.toMatch(/hook|error|not found/i);
  expect(heard.map(({ event }) => event)).toEqual(["SessionStart"]);
});

test("hooks that are uninstalled in one settings file are still called from another", async () => {
  const lab = await Lab.open();
  lab.writeSettings({});
  const heard = await listen(lab, () => "");
  const other = { CLAUDE_CONFIG_DIR: join(lab.folder, "other") };
  await hooks(lab, "install");
  await hooks(lab, "install", other);
  await hooks(lab, "uninstall", other);
  lab.api.plan(says("Good."));
  const claude = await lab.start();
  await claude.enters("hello");
  await claude.shows("Good.");
  await until("the turn ended", () => heard.at(-1)?.event === "Stop");
  await claude.rests();
  expect(await claude.screen()).not.toMatch(/hook|error|not found/i);
});
