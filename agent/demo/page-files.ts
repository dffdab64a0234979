import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface PageFile {
  type: string;
  body: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".mjs": "text/javascript; charset=utf-8",
  // TypeScript reaches the browser without its types, under its own name.
  ".ts": "text/javascript; charset=utf-8",
};

const FOLDER = fileURLToPath(new URL("page", import.meta.url));

/** The page's modules from node_modules, by the paths that index.html maps them to. Nothing comes from elsewhere. */
const MODULES: Readonly<Record<string, string>> = {
  "modules/valibot.mjs": "valibot",
  "modules/xterm.mjs": "@xterm/xterm/lib/xterm.mjs",
  "modules/xterm.css": "@xterm/xterm/css/xterm.css",
  "modules/addon-fit.mjs": "@xterm/addon-fit/lib/addon-fit.mjs",
};

/** Everything that the page consists of, by path; read once, so that no request reaches the file system. */
export async function pageFiles(): Promise<ReadonlyMap<string, PageFile>> {
  const names = (await readdir(FOLDER)).filter((name) => extname(name) in TYPES);
  const own = names.map(async (name) => [name, await readPageFile(name, join(FOLDER, name))] as const);
  const foreign = Object.entries(MODULES).map(
    async ([name, module]) => [name, await readPageFile(name, fileURLToPath(import.meta.resolve(module)))] as const,
  );
  return new Map(await Promise.all([...own, ...foreign]));
}

async function readPageFile(name: string, path: string): Promise<PageFile> {
  const type = TYPES[extname(name)];
  if (type === undefined) throw new Error(`${name}: the page has no files of this kind`);
  const body = await readFile(path);
  return { type, body: extname(name) === ".ts" ? Buffer.from(stripTypeScriptTypes(body.toString("utf8"))) : body };
}

/**
 * What the page may load: its own files only. The import map must stand in the HTML itself, so it is allowed by its
 * hash; xterm.js sets styles from script.
 */
export function contentSecurityPolicy(html: string): string {
  const map = /<script type="importmap">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? "";
  const hash = createHash("sha256").update(map).digest("base64");
  return `default-src 'self'; script-src 'self' 'sha256-${hash}'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;
}
