import MarkdownIt, { type Token } from "markdown-it";
import { type Formatted, withHoles } from "./entities.ts";
import { FormattedWriter, type PlainType } from "./formatted-writer.ts";
import { type Alignment, textTable } from "./text-table.ts";

/** More than any answer; longer ones go out as they are, since parsing takes time that an object does not have. */
const LONGEST = 64 * 1024;
/** The parser drops what is nested deeper: such a text goes out as it is. */
const DEEPEST = 32;
/** Telegram's clients know no longer addresses. */
const LONGEST_URL = 2048;

const BULLETS = ["•", "◦"];
const RULE = "────────";
const LANGUAGE = /^[\w+#.-]{1,32}$/;

const MAY_HOLD_CODE = new Set(["code", "pre", "blockquote"]);

const PLAIN: Readonly<Record<string, PlainType>> = { em: "italic", strong: "bold", s: "strikethrough" };

const parser = new MarkdownIt("default", { html: false, linkify: false, maxNesting: DEEPEST });

/**
 * Turns the Markdown of a coding assistant (CommonMark, with the tables and the strikethrough of GitHub) into a text
 * with Telegram's entities. What Telegram has no form for becomes plain text; nothing throws, and what is too long or
 * too deeply nested comes back as it is.
 */
export function markdownToEntities(markdown: string): Formatted {
  const plain: Formatted = { text: markdown, entities: [] };
  if (markdown.length > LONGEST) return plain;
  const tokens = parser.parse(markdown, {});
  if (tokens.some((token) => token.level >= DEEPEST - 1)) return plain;
  const { text, entities } = new Renderer().render(tokens);
  if (text.trim() === "") return plain;
  // Telegram allows nothing around code but a quotation.
  const code = entities.filter(({ type }) => type === "code" || type === "pre");
  // What is around is noted after what it holds: of two at the same place it goes first.
  const apart = entities
    .toReversed()
    .flatMap((entity) => (MAY_HOLD_CODE.has(entity.type) ? [entity] : withHoles(entity, code)))
    .toSorted((left, right) => left.offset - right.offset || right.length - left.length);
  return { text, entities: apart };
}

/** Walks over the parser's tokens, which are a flat list: nothing here is recursive. */
class Renderer {
  readonly #out = new FormattedWriter();
  /** Levels of lists around the current token. */
  #lists = 0;
  /** What has just begun and holds nothing yet: the next block begins in the same place. */
  #fresh: "marker" | "quotation" | undefined;
  readonly #links: { mark: number; url: string | undefined }[] = [];

  render(tokens: readonly Token[]): Formatted {
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i];
      if (token === undefined) break;
      if (token.type === "table_open") {
        const end = tokens.findIndex((other, j) => j > i && other.type === "table_close");
        this.#table(tokens.slice(i, end));
        i = end;
      } else {
        this.#block(token);
      }
    }
    return this.#out.result();
  }

  #block(token: Token): void {
    switch (token.type) {
      case "paragraph_open":
        return this.#begin(token.hidden ? 1 : 2);
      case "heading_open":
        this.#begin(2);
        return this.#out.open("bold");
      case "heading_close":
        return this.#out.close("bold");
      case "blockquote_open":
        this.#begin(2);
        this.#out.open("blockquote");
        this.#fresh = "quotation";
        return;
      case "blockquote_close":
        this.#fresh = undefined;
        return this.#out.close("blockquote");
      case "bullet_list_open":
      case "ordered_list_open":
        if (this.#fresh !== "quotation") this.#out.separate(this.#lists === 0 ? 2 : 1);
        this.#lists += 1;
        return;
      case "bullet_list_close":
      case "ordered_list_close":
        this.#lists -= 1;
        return this.#indent();
      case "list_item_open":
        return this.#item(token);
      case "list_item_close":
        this.#fresh = undefined;
        return;
      case "hr":
        this.#begin(2);
        return this.#out.write(RULE);
      case "fence":
      case "code_block": {
        this.#alone();
        const language = token.info.trim().split(/\s/, 1)[0] ?? "";
        return this.#out.codeBlock(token.content.replace(/\n$/, ""), LANGUAGE.test(language) ? language : "");
      }
      case "inline":
        return (token.children ?? []).forEach((child) => this.#inline(child));
      default:
    }
  }

  #item(token: Token): void {
    this.#out.indent = "  ".repeat(this.#lists - 1);
    if (this.#fresh !== "quotation") this.#out.separate(1);
    const bullet = BULLETS[(this.#lists - 1) % BULLETS.length] ?? "•";
    this.#out.write(token.info === "" ? `${bullet} ` : `${token.info}. `);
    this.#fresh = "marker";
    this.#indent();
  }

  #indent(): void {
    this.#out.indent = "  ".repeat(this.#lists);
  }

  /** Begins a block, `lines` line ends below the one before. */
  #begin(lines: number): void {
    if (this.#fresh === undefined) this.#out.separate(lines);
    this.#fresh = undefined;
  }

  /** Begins a block that never stands on the line of a list item's marker. */
  #alone(): void {
    if (this.#fresh !== "quotation") this.#out.separate(this.#fresh === "marker" ? 1 : 2);
    this.#fresh = undefined;
  }

  #inline(token: Token): void {
    const plain = PLAIN[token.tag];
    switch (token.type) {
      case "code_inline":
        return this.#code(token.content);
      case "softbreak":
      case "hardbreak":
        return this.#out.newLine();
      case "image":
        return this.#image(token);
      case "link_open":
        this.#links.push({ mark: this.#out.mark(), url: webAddress(String(token.attrGet("href") ?? "")) });
        return;
      case "link_close": {
        const link = this.#links.pop();
        if (link?.url !== undefined) this.#out.link(link.mark, link.url);
        return;
      }
      default:
        if (plain === undefined) return this.#out.write(token.content);
        return token.nesting === 1 ? this.#out.open(plain) : this.#out.close(plain);
    }
  }

  #code(content: string): void {
    // A link may not hold code, and it is worth more.
    const linked = this.#links.some(({ url }) => url !== undefined);
    if (!linked) this.#out.open("code");
    this.#out.write(content);
    if (!linked) this.#out.close("code");
  }

  #image(token: Token): void {
    const source = String(token.attrGet("src") ?? "");
    const url = webAddress(source);
    const mark = this.#out.mark();
    this.#out.write(token.content === "" ? source : token.content);
    if (url !== undefined && this.#links.length === 0) this.#out.link(mark, url);
  }

  #table(tokens: readonly Token[]): void {
    this.#alone();
    const rows: string[][] = [];
    const alignments: Alignment[] = [];
    for (const token of tokens) {
      if (token.type === "tr_open") rows.push([]);
      else if (token.type === "th_open") alignments.push(alignmentOf(token));
      else if (token.type === "inline") rows.at(-1)?.push(plainText(token));
    }
    this.#out.codeBlock(textTable(rows, alignments), "");
  }
}

function alignmentOf(token: Token): Alignment {
  const style = token.attrGet("style");
  if (style === "text-align:right") return "right";
  return style === "text-align:center" ? "center" : "left";
}

function plainText(inline: Token): string {
  return (inline.children ?? []).map((child) => (child.type.endsWith("break") ? " " : child.content)).join("");
}

/** An address that Telegram takes for a link. It refuses a whole message for a host without a dot (`localhost`). */
function webAddress(url: string): string | undefined {
  if (url.length > LONGEST_URL || !/^https?:\/\/./i.test(url) || !URL.canParse(url)) return undefined;
  const { hostname } = new URL(url);
  return hostname.includes(".") || hostname.startsWith("[") ? url : undefined;
}
