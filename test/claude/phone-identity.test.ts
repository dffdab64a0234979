import { join } from "node:path";
import { expect, test } from "vitest";
import { lastTexts, says } from "./support/model-messages.ts";
import { MACHINE, Phone } from "./support/phone.ts";
import { until } from "./support/until.ts";

test("after /clear, and after /resume back, a reply to a message of each age reaches the session in that terminal", async () => {
  const phone = await Phone.open();
  const { lab } = phone;
  lab.api.otherwise(says("Understood."));
  const { claude, id: first, message: ofFirst } = await phone.begin();
  await phone.prompts(ofFirst, "alpha");
  await claude.rests();

  await claude.enters("/clear");
  const second = await phone.session(first);
  const ofSecond = await phone.messageOf(second);
  await phone.prompts(ofFirst, "beta");
  await phone.prompts(ofSecond, "gamma");
  await claude.rests();

  await claude.enters(`/resume ${first}`);
  expect(await phone.session(second)).toBe(first);
  await claude.shows("alpha");
  await phone.prompts(ofFirst, "delta");
  await phone.prompts(ofSecond, "epsilon");
  await phone.prompts(await phone.messageOf(first, "back again"), "zeta");
  await claude.rests();
  const screen = await claude.screen();
  expect(screen.match(/❯ (?:alpha|beta|gamma|delta|epsilon|zeta)/g)).toEqual([
    "❯ alpha",
    "❯ delta",
    "❯ epsilon",
    "❯ zeta",
  ]);
});

test("a fork goes on in the same terminal, also for replies to messages from before it", async () => {
  const phone = await Phone.open();
  const { lab } = phone;
  lab.api.otherwise(says("Understood."));
  const { claude, id, message } = await phone.begin();
  await phone.prompts(message, "alpha");
  await claude.rests();
  await claude.enters("/branch");
  const fork = await phone.session(id);
  await phone.prompts(message, "beta");
  await phone.prompts(await phone.messageOf(fork), "gamma");
  await claude.shows("❯ gamma");
});

test("what waits goes along: a prompt that was held before /clear is typed into what comes after it", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  const { claude, id, message } = await phone.begin();
  await claude.types("/clear");
  await claude.shows("❯\u00a0/clear");
  const update = system.reply(message, "still to come");
  await system.waitFor("it to be held", () => system.reactionsTo(update).includes("🤔"));
  lab.api.plan(says("Come."));
  await claude.presses("Enter");
  await phone.session(id);
  await claude.shows("Come.");
  await system.waitFor("the receipt", () => system.reactionsTo(update).includes("👌"));
});

test("a compacted session keeps its name, and a reply to a message from before reaches it", async () => {
  const phone = await Phone.open();
  const { lab } = phone;
  lab.api.otherwise(says("Understood."));
  const { claude, id, message } = await phone.begin();
  await claude.enters("/notify-telegram backend");
  await claude.shows('as "backend"');
  await phone.prompts(message, "alpha");
  await claude.rests();
  await phone.prompts(message, "/compact");
  await claude.shows("Compacted");
  await claude.rests();
  await phone.prompts(message, "beta");
  await claude.shows("❯ beta");
  expect(await phone.session()).toBe(id);
  expect((await phone.system.machine(MACHINE).command("status")).stdout).toContain(`backend (${id})`);
});

test("a session that is given a title is called after it from the next prompt on", async () => {
  const phone = await Phone.open();
  const { lab, system } = phone;
  lab.api.otherwise(says("Understood."));
  const { claude, id, message } = await phone.begin();
  await claude.enters("/rename fix the build");
  await claude.shows("fix the build");
  await phone.prompts(message, "alpha");
  await system.waitFor("its title in the status", async () =>
    (await system.machine(MACHINE).command("status")).stdout.includes(`project · fix the build (${id})`),
  );
});

test("a session that is resumed on another machine is there from then on, and is typed into there alone", async () => {
  const phone = await Phone.open("laptop");
  const { lab, system } = phone;
  lab.api.otherwise(says("Understood."));
  const { claude, id, message } = await phone.begin();
  await phone.prompts(message, "alpha");
  await claude.rests();

  const there = `XDG_STATE_HOME=${join(system.folder, "laptop")}`;
  const command = ["env", there, lab.program, "--permission-mode", "default", "--resume", id];
  const resumed = await claude.tmux.addPane({ command, cwd: lab.project });
  await resumed.shows("❯ alpha");
  expect(await phone.session(undefined, "laptop")).toBe(id);
  await phone.prompts(message, "beta");
  await resumed.shows("❯ beta");
  const betas = (): string[] => lab.api.requests.flatMap(lastTexts).filter((text) => text === "beta");
  await until("it is read", () => betas().length > 0);
  await resumed.rests();
  expect(betas()).toHaveLength(1);
  expect(await claude.screen()).not.toContain("beta");
});

test("a session that is taken up with /resume in an older Claude on another machine is there from then on", async () => {
  const phone = await Phone.open("laptop");
  const { lab, system } = phone;
  lab.api.otherwise(says("Understood."));
  const older = await lab.start({ env: { XDG_STATE_HOME: join(system.folder, "laptop") } });
  const before = await phone.session(undefined, "laptop");
  const younger = await older.tmux.addPane({
    command: ["env", "-u", "XDG_STATE_HOME", lab.program, "--permission-mode", "default"],
    cwd: lab.project,
  });
  const id = await phone.session();
  const message = await phone.messageOf(id);
  await phone.prompts(message, "alpha");
  await younger.rests();

  await older.enters(`/resume ${id}`);
  await older.shows("❯ alpha");
  expect(await phone.session(before, "laptop")).toBe(id);
  await phone.prompts(message, "beta");
  await older.shows("❯ beta");
  expect(await younger.screen()).not.toContain("beta");
});
