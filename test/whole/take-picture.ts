/**
 * Makes docs/picture.png anew: a real conversation in the demo, as the page shows it.
 *
 * Usage: node test/whole/take-picture.ts [FILE]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Demo } from "../../agent/demo/demo.ts";
import { DemoPage, startBrowser } from "./browser.ts";

const file = process.argv[2] ?? fileURLToPath(new URL("../../docs/picture.png", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "ccr-"));
const demo = await Demo.start({ folder, port: { exactly: 0 }, stepMs: 150 });
const browser = await startBrowser();
try {
  const context = await browser.newContext({ viewport: { width: 1400, height: 800 }, locale: "en-GB" });
  const view = await DemoPage.open(await context.newPage(), demo.url);
  const said = (machine: string, text: string) =>
    view.page.locator(`.message[data-machine="${machine}"]`, { hasText: text }).last();

  await said("macbook", "I am up on").getByRole("button", { name: "What changed?" }).click();
  await said("macbook", "Shall I commit?").getByRole("button", { name: "No" }).click();
  await said("macbook", "leave it").waitFor();
  await said("devbox", "I am up on").getByRole("button", { name: "Run the tests" }).click();
  await said("devbox", "Shall I fix it?").getByRole("button", { name: "Yes" }).click();
  await said("devbox", "Fixed.").getByRole("button", { name: "Yes" }).click();
  await said("devbox", "Committed.").waitFor();
  await view.reply("macbook", "tidy the footer");
  await said("macbook", "Done: tidy the footer").waitFor();
  await view.power("macbook").click();
  await view.page.locator('.machine.asleep[data-machine="macbook"]').waitFor();
  for (const text of ["make the images lazy", "check the contrast"]) await view.reply("macbook", text);
  await view.page.locator(".message:not(.mine)", { hasText: "2 waiting" }).waitFor();
  await view.page.locator(".message.mine .reactions", { hasText: "😴" }).nth(1).waitFor();
  await view.page.locator(".top").hover();
  // What has just arrived still moves.
  await view.page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})))");
  await view.page.screenshot({ path: file });
  process.stdout.write(`${file}\n`);
} finally {
  await browser.close();
  await demo.stop();
  await rm(folder, { recursive: true });
}
process.exit(0);
