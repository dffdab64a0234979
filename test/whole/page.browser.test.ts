import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Demo } from "../../agent/demo/demo.ts";
import { builtWorkerPath } from "./built-worker-path.ts";
import { DemoPage, startBrowser } from "./browser.ts";

/** The page draws what it is told a moment later, on a busy machine much later. */
const SOON = { timeout: 10_000 };

let folder: string;
let demo: Awaited<ReturnType<typeof Demo.start>>;
let browser: Browser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ccr-"));
  demo = await Demo.start({ folder, port: { exactly: 0 }, scriptPath: builtWorkerPath(), stepMs: 60 });
  browser = await startBrowser();
});
afterAll(async () => {
  await browser.close();
  await demo.stop();
  await rm(folder, { recursive: true });
});

let view: DemoPage;
afterEach(async () => {
  if (view.errors.length > 0) throw new Error(`The page met errors:\n${view.errors.join("\n")}`);
  await view.page.context().close();
});

describe("on a desk", () => {
  beforeEach(async () => {
    const context = await browser.newContext({ viewport: { width: 1400, height: 880 } });
    view = await DemoPage.open(await context.newPage(), demo.url);
  });

  test("the chat and both terminals stand beside each other, with one sentence on what to try", async () => {
    await view.page.getByText("reply three times").waitFor();
    await view.seeRow("devbox", "devbox ▸");
    await view.seeRow("macbook", "macbook ▸");
    await view.newestOf("devbox").waitFor();
    await view.newestOf("macbook").waitFor();
    expect(await view.page.locator(".message.mine").first().innerText()).toContain("/pair devbox");
  });

  test("a reply is typed into the terminal of the machine whose message it answers, and into no other", async () => {
    await view.reply("macbook", "paint it blue");
    await view.seeRow("macbook", "macbook ▸ paint it blue");
    await view.page.locator(".message.mine", { hasText: "paint it blue" }).locator(".reactions").waitFor();
    await view.page.locator('.message[data-machine="macbook"]', { hasText: "Done: paint it blue" }).waitFor();
    expect((await view.screen("devbox")).join("\n")).not.toContain("paint it blue");
  });

  test("replies to a sleeping machine wait, and are typed once and in order when it wakes", async () => {
    await view.power("macbook").click();
    await view.page.locator('.machine.asleep[data-machine="macbook"]').waitFor();
    for (const text of ["count one", "count two", "count three"]) await view.reply("macbook", text);
    await view.page.locator(".message:not(.mine)", { hasText: "3 waiting" }).waitFor();
    expect((await view.screen("macbook")).join("\n")).not.toContain("count");

    await view.power("macbook").click();
    await view.page.locator('.message[data-machine="macbook"]', { hasText: "Done: count three" }).waitFor();
    const typed = async () => (await view.screen("macbook")).filter((row) => row.startsWith("macbook ▸ count"));
    await expect.poll(typed, SOON).toEqual(["macbook ▸ count one", "macbook ▸ count two", "macbook ▸ count three"]);
    const mine = view.page.locator(".message.mine", { hasText: "count" });
    await expect.poll(() => mine.locator(".reactions", { hasText: "👌" }).count(), SOON).toBe(3);
  });

  test("a press of a button is answered, carried out, and leaves a button that says what was chosen", async () => {
    await view.reply("devbox", "run the tests");
    const question = view.page.locator('.message[data-machine="devbox"]', { hasText: "Shall I fix it?" }).last();
    await question.getByRole("button", { name: "Yes" }).click();
    await view.page.locator("#toast", { hasText: "devbox" }).waitFor();
    await question.getByRole("button", { name: /✓ Yes/, disabled: true }).waitFor();
    await view.page.locator('.message[data-machine="devbox"]', { hasText: "Fixed." }).waitFor();
  });

  test("a tap on the header link shows the session's card", async () => {
    await view.newestOf("devbox").locator("a.start").first().click();
    await view.page.locator(".message.mine", { hasText: "/start" }).waitFor();
    const card = view.page
      .locator(".message.mine", { hasText: "/start" })
      .last()
      .locator("xpath=following-sibling::*[1]");
    await card.locator("text=devbox").first().waitFor();
  });

  test("an edit of a message that has been typed is answered: nothing is typed twice", async () => {
    await view.reply("devbox", "first words");
    await view.page.locator('.message[data-machine="devbox"]', { hasText: "Done: first words" }).waitFor();
    await view.page.locator("#text").press("ArrowUp");
    await view.page.locator("#text").fill("other words");
    await view.page.locator("#text").press("Enter");
    await view.page.locator(".message.mine .meta", { hasText: "edited" }).waitFor();
    await view.page.locator(".message:not(.mine)", { hasText: "it changed nothing" }).waitFor();
    expect((await view.screen("devbox")).join("\n")).not.toContain("other words");
  });

  test("commands are suggested while one is typed, and chosen with the keyboard", async () => {
    await view.page.locator("#text").pressSequentially("/un");
    await view.page.getByRole("option", { name: "/unpair" }).waitFor();
    await view.page.locator("#text").press("Tab");
    expect(await view.page.locator("#text").inputValue()).toBe("/unpair ");
  });

  test("everything can be reached with the Tab key, past the terminals too", async () => {
    await view.page.locator("#text").focus();
    const reached = new Set<string>();
    for (let presses = 0; presses < 12; presses += 1) {
      await view.page.keyboard.press("Tab");
      const where =
        "document.activeElement?.closest('[data-machine], .phone')?.getAttribute('data-machine') ?? 'elsewhere'";
      reached.add(String(await view.page.evaluate(where)));
    }
    expect([...reached]).toEqual(expect.arrayContaining(["devbox", "macbook"]));
  });

  test("the terminals take keys", async () => {
    await view.page.locator('.machine[data-machine="devbox"] .xterm').click();
    await view.page.keyboard.type("typed at the desk");
    await view.seeRow("devbox", "devbox ▸ typed at the desk");
    await view.page.keyboard.press("Enter");
    await view.page.locator('.message[data-machine="devbox"]', { hasText: "Done: typed at the desk" }).waitFor();
  });

  test("a long answer comes as a file: a tap shows it whole, and a reply to it reaches its machine", async () => {
    await view.reply("devbox", "show the log");
    const card = view.page.locator('.message[data-machine="devbox"]:has(.file)').last();
    await card.getByText("the whole is in the file").waitFor();
    expect(await card.locator(".file").getAttribute("aria-label")).toMatch(/^Open answer\.txt, \d+(?:\.\d)? KB$/);
    await card.locator(".file").click();
    const opened = view.page.getByRole("dialog", { name: "answer.txt" });
    const content = await opened.locator("pre").innerText();
    expect(content).toMatch(/^The log of the last run, 900 lines:\n12:00:00 pass/);
    expect(content).toMatch(/of 900 waiting commands$/);
    await view.page.keyboard.press("Escape");
    await opened.waitFor({ state: "detached" });

    await view.reply("devbox", "thank you");
    const quote = view.page.locator(".message.mine .quote", { hasText: "the whole is in the file" });
    const [inner, outer] = await Promise.all([quote.boundingBox(), view.page.locator("#messages").boundingBox()]);
    expect(inner?.x).toBeGreaterThan(outer?.x ?? 0);
    await view.page.locator('.message[data-machine="devbox"]', { hasText: "Done: thank you" }).waitFor();
  });

  test("a page that is opened again shows the same chat and the same screens", async () => {
    await view.seeRow("macbook", "macbook ▸");
    const before = await view.page.locator(".message").count();
    await view.page.reload();
    await view.page.locator(".message").first().waitFor();
    expect(await view.page.locator(".message").count()).toBe(before);
    await view.seeRow("macbook", "macbook ▸");
  });
});

describe("on a phone", () => {
  beforeEach(async () => {
    const context = await browser.newContext({ viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true });
    view = await DemoPage.open(await context.newPage(), demo.url);
  });

  test("one view at a time, nothing wider than the screen, a tab for each machine", async () => {
    const widest = () => view.page.evaluate("document.documentElement.scrollWidth");
    expect(await widest()).toBe(390);
    await view.page.locator("#composer").waitFor();
    await view.page.getByRole("tab", { name: "macbook" }).tap();
    await view.seeRow("macbook", "macbook ▸");
    expect(await view.page.locator("#composer").isVisible()).toBe(false);
    expect(await widest()).toBe(390);
  });

  test("a message pulled to the left is replied to", async () => {
    const bubble = view.newestOf("macbook").locator(".bubble");
    await bubble.scrollIntoViewIfNeeded();
    const box = await bubble.boundingBox();
    if (box === null) throw new Error("the message is not on the screen");
    const touch = await view.page.context().newCDPSession(view.page);
    const at = (x: number) => ({ touchPoints: [{ x, y: box.y + 20 }] });
    await touch.send("Input.dispatchTouchEvent", { type: "touchStart", ...at(box.x + 150) });
    for (const x of [130, 110, 90, 70])
      await touch.send("Input.dispatchTouchEvent", { type: "touchMove", ...at(box.x + x) });
    await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    await view.page.locator("#context", { hasText: "macbook" }).waitFor();
  });
});
