import { expect, test } from "vitest";
import * as v from "valibot";
import { editDiff } from "../../../agent/claude/edit-diff.ts";
import { fenced } from "../../../agent/claude/fenced.ts";
import { HookInput, type HookInputOf, type PermissionUpdate } from "../../../agent/claude/hook-input.ts";
import { grantLabel, permissionCard } from "../../../agent/claude/permission-card.ts";
import { LIMITS, NotificationBody } from "../../../src/protocol.ts";

const NONCE = "0123456789abcdef";
/** Stands below whatever is asked. */
const HINT = "\n\nOr reply: that denies it, with your words as the reason.";

function request(tool_name: string, tool_input: object, more: object = {}): HookInputOf<"PermissionRequest"> {
  const common = { session_id: "s1", cwd: "/project", hook_event_name: "PermissionRequest" };
  const parsed = v.parse(HookInput, { ...common, tool_name, tool_input, ...more });
  if (parsed.hook_event_name !== "PermissionRequest") throw new Error("not a PermissionRequest");
  return parsed;
}

test("a command is shown as code, with what it is for", () => {
  const input = { command: "rm -rf build", description: "Clean up", timeout: 5_000 };
  expect(permissionCard(request("Bash", input), NONCE)).toMatchObject({
    text: `Clean up\n\n\`\`\`sh\nrm -rf build\n\`\`\`\n\n\`\`\`json\n{"timeout":5000}\n\`\`\`${HINT}`,
    sign: "question",
    subject: "run Bash?",
  });
});

test("an edit is shown as a diff", () => {
  const input = { file_path: "/project/a.ts", old_string: "a\nb\nc", new_string: "a\nB\nc", replace_all: false };
  expect(permissionCard(request("Edit", input), NONCE).text).toBe(
    '```\n/project/a.ts\n```\n\n```diff\n a\n-b\n+B\n c\n```\n\n```json\n{"replace_all":false}\n```' + HINT,
  );
});

test("a new file is shown whole", () => {
  const card = permissionCard(request("Write", { file_path: "/project/a.md", content: "```js\n1\n```" }), NONCE);
  expect(card.text).toBe("```\n/project/a.md\n```\n\n````\n```js\n1\n```\n````" + HINT);
});

test.each([
  ["Bash", (text: string) => ({ command: text })],
  ["Write", (text: string) => ({ file_path: "/project/a.ts", content: text })],
  ["Edit", (text: string) => ({ file_path: "/project/a.ts", old_string: "", new_string: text })],
  ["mcp__db__query", (text: string) => ({ sql: text.split("\n") })],
])("however long the input of %s is, its card holds all of it, and names what it is", (tool, input) => {
  const lines = Array.from({ length: 3_000 }, (_, n) => `echo line ${n} of many`);
  const card = permissionCard(request(tool, input(lines.join("\n"))), NONCE);
  const body = { sessionId: "s1", ...card, question: { nonce: NONCE, remainingMs: 1 } };
  expect(v.safeParse(NotificationBody, body).issues).toBeUndefined();
  const shown = card.text.split("\n").map((line) => line.replace(/^[+\s"]*|[",]*$/g, ""));
  expect(shown.filter((line) => line.startsWith("echo line"))).toEqual(lines);
  expect(card.subject).toBe(`run ${tool}?`);
});

test("any other tool is shown as JSON", () => {
  const card = permissionCard(request("mcp__db__query", { sql: "DROP TABLE users" }), NONCE);
  expect(card.text).toBe('```json\n{\n  "sql": "DROP TABLE users"\n}\n```' + HINT);
  expect(card.subject).toBe("run mcp__db__query?");
});

test("a subagent's request says that it is one", () => {
  expect(permissionCard(request("Bash", { command: "ls" }, { agent_id: "a1" }), NONCE).text).toMatch(
    /^A subagent asks\./,
  );
});

const RULE: Extract<PermissionUpdate, { type: "addRules" }> = {
  type: "addRules",
  rules: [{ toolName: "Bash", ruleContent: "npm test:*" }],
  behavior: "allow",
  destination: "localSettings",
};
const FOLDER = { type: "addDirectories", directories: ["/tmp/build"], destination: "session" };
const MODE = { type: "setMode", mode: "acceptEdits", destination: "session" };

test("each suggestion that grants something by name has a button; a mode has none, and neither has an unknown one", () => {
  const inside = { ...FOLDER, directories: ["/project", "/project/src"] };
  const permission_suggestions = [inside, FOLDER, MODE, { type: "newest", x: 1 }, { ...RULE, behavior: "deny" }, RULE];
  const card = permissionCard(request("Bash", { command: "ls" }, { permission_suggestions }), NONCE);
  expect(card.replyMarkup?.inline_keyboard.flat()).toEqual([
    { text: "Allow", callback_data: `cmd:TOKEN:?${NONCE}.y` },
    { text: "Deny", callback_data: `cmd:TOKEN:?${NONCE}.n` },
    { text: "Allow + reach /tmp/build · session", callback_data: `cmd:TOKEN:?${NONCE}.a0` },
    { text: "Always Bash(npm test:*) · project", callback_data: `cmd:TOKEN:?${NONCE}.a1` },
  ]);
  expect([...card.always]).toEqual([
    ["a0", FOLDER],
    ["a1", RULE],
  ]);
});

test.each<[PermissionUpdate, string]>([
  [
    { type: "addRules", rules: [{ toolName: "WebFetch" }], behavior: "allow", destination: "userSettings" },
    "Always any WebFetch · everywhere",
  ],
  [
    {
      type: "addDirectories",
      directories: [`/home/ada/${"long/".repeat(20)}end`, "/b"],
      destination: "projectSettings",
    },
    "Allow + reach …ng/long/long/long/long/long/end +1 · project, all",
  ],
  [
    { ...RULE, rules: [{ toolName: "Bash", ruleContent: "git push origin main --force-with-lease:*" }] },
    "Always Bash(git push or…e-with-lease:*) · project",
  ],
])("the label of %o says what it grants and for how long", (update, label) => {
  expect(grantLabel(update)).toBe(label);
});

test("what a button can't hold stands in the card, whole, with for how long; what it can hold does not", () => {
  const push = { toolName: "Bash", ruleContent: "git push origin main --force-with-lease:*" };
  const shared = {
    ...RULE,
    rules: [{ toolName: "WebFetch" }, { toolName: "Read", ruleContent: "//x" }],
    destination: "projectSettings",
  };
  const far = { ...FOLDER, directories: [`/home/ada/${"long/".repeat(9)}end`] };
  const permission_suggestions = [FOLDER, { ...RULE, rules: [push] }, shared, RULE, far];
  const { text } = permissionCard(request("Bash", { command: "ls" }, { permission_suggestions }), NONCE);
  expect(text).toContain(
    [
      "```sh\nls\n```",
      "**Always**, for you, in this project:\n```\nBash(git push origin main --force-with-lease:*)\n```",
      "**Always**, for everybody, in this project:\n```\nany WebFetch\nRead(//x)\n```",
      `**Allow + reach**, until this session ends:\n\`\`\`\n${far.directories[0]}\n\`\`\``,
    ].join("\n\n"),
  );
  expect(text).not.toContain("npm test");
});

test("every card is one that the router takes, whatever the tool and the suggestions are called", () => {
  const odd = "ü".repeat(200);
  const permission_suggestions = Array.from({ length: 30 }, () => ({
    ...RULE,
    rules: [{ toolName: odd, ruleContent: odd }],
  }));
  const { always: _, ...card } = permissionCard(request(odd, { x: odd }, { permission_suggestions }), NONCE);
  const body = { sessionId: "s1", ...card, question: { nonce: NONCE, remainingMs: 1 } };
  expect(v.safeParse(NotificationBody, body).issues).toBeUndefined();
  const actions = card.replyMarkup?.inline_keyboard
    .flat()
    .map((button) => button.callback_data.slice("cmd:TOKEN:".length));
  expect(actions?.every((action) => Buffer.byteLength(action) <= LIMITS.actionBytes)).toBe(true);
});

test.each([
  ["a\nb", "a\nb\nc", " a\n b\n+c"],
  ["", "new", "+new"],
  ["old", "", "-old"],
  ["1\n2\n3\n4\nx\n5\n6\n7", "1\n2\n3\n4\n5\n6\n7", " 3\n 4\n-x\n 5\n 6"],
  ["a\na", "a", " a\n-a"],
])("the diff from %j to %j", (before, after, diff) => {
  expect(editDiff(before, after)).toBe(diff);
});

test("code that holds fences gets a longer one", () => {
  expect(fenced("a ````` b", "sh")).toBe("``````sh\na ````` b\n``````");
});
