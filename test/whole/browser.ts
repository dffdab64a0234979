import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";

/** Starts Debian's chromium, without a window and without calls to its maker. */
export async function startBrowser(): Promise<Browser> {
  if (!existsSync(CHROMIUM)) throw new Error(`${CHROMIUM} is missing: apt-get install chromium`);
  return await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** The page of the demo, as a person sees and works it. */
export class DemoPage {
  readonly page: Page;
  readonly errors: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on("pageerror", (error) => this.errors.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") this.errors.push(message.text());
    });
  }

  static async open(page: Page, url: string): Promise<DemoPage> {
    const demo = new DemoPage(page);
    await page.goto(url);
    await page.locator(".message").first().waitFor();
    return demo;
  }

  /** What a machine's terminal shows, row by row, without the spaces at their ends. */
  async screen(machine: string): Promise<string[]> {
    const rows = await this.page.locator(`.machine[data-machine="${machine}"] .xterm-rows > div`).allInnerTexts();
    return rows.map((row) => row.replaceAll("\u00A0", " ").trimEnd());
  }

  /** Waits until a row of a machine's terminal reads like this. */
  async seeRow(machine: string, row: string): Promise<void> {
    await this.page
      .locator(`.machine[data-machine="${machine}"] .xterm-rows > div`)
      .filter({ hasText: row })
      .first()
      .waitFor();
  }

  /** The newest message of a machine's session that has a keyboard. */
  newestOf(machine: string) {
    return this.page.locator(`.message:not(.mine)[data-machine="${machine}"]:has(.keyboard)`).last();
  }

  /** Replies to the newest message of a machine through the page's own button and composer. */
  async reply(machine: string, text: string): Promise<void> {
    const message = this.newestOf(machine);
    await message.hover();
    await message.getByRole("button", { name: "Reply" }).click();
    await this.page.locator("#text").fill(text);
    await this.page.locator("#text").press("Enter");
  }

  /** The switch of a machine. */
  power(machine: string) {
    return this.page.getByRole("switch", { name: `${machine} awake` });
  }
}
