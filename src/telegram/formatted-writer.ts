import type { MessageEntity } from "grammy/types";
import type { Formatted } from "./entities.ts";

/** Entities that need nothing but their type. */
export type PlainType = "bold" | "italic" | "strikethrough" | "blockquote" | "code";

/**
 * Writes a text from front to back and notes its formatting. Line breaks between blocks are asked for with
 * `separate` and written only when something follows, so that no entity ends with one.
 */
export class FormattedWriter {
  #text = "";
  #breaks = 0;
  readonly #entities: MessageEntity[] = [];
  readonly #open = new Map<PlainType, { depth: number; offset: number }>();

  /** What each line begins with from here on. */
  indent = "";

  /** The next thing that is written stands at least `lines` line ends further down. */
  separate(lines: number): void {
    this.#breaks = Math.max(this.#breaks, lines);
  }

  write(text: string): void {
    if (text === "") return;
    this.#flush();
    this.#text += text;
  }

  newLine(): void {
    this.write(`\n${this.indent}`);
  }

  /** Begins a formatting; inside itself it changes nothing. */
  open(type: PlainType): void {
    const open = this.#open.get(type);
    if (open !== undefined) open.depth += 1;
    else this.#open.set(type, { depth: 1, offset: this.mark() });
  }

  close(type: PlainType): void {
    const open = this.#open.get(type);
    if (open === undefined) return;
    open.depth -= 1;
    if (open.depth > 0) return;
    this.#open.delete(type);
    this.#note(open.offset, (range) => ({ type, ...range }));
  }

  /** Where the next thing will be written. */
  mark(): number {
    this.#flush();
    return this.#text.length;
  }

  /** Makes a link of what was written since `mark`. */
  link(mark: number, url: string): void {
    this.#note(mark, (range) => ({ type: "text_link", url, ...range }));
  }

  /** Writes a code block, on lines of its own and as it is. */
  codeBlock(code: string, language: string): void {
    if (code.trim() === "") return;
    const { indent } = this;
    this.indent = "";
    const offset = this.mark();
    this.write(code);
    this.indent = indent;
    this.#note(offset, (range) => (language === "" ? { type: "pre", ...range } : { type: "pre", language, ...range }));
  }

  result(): Formatted {
    return {
      text: this.#text,
      entities: this.#entities.toSorted((a, b) => a.offset - b.offset || b.length - a.length),
    };
  }

  #note(offset: number, entity: (range: { offset: number; length: number }) => MessageEntity): void {
    const length = this.#text.length - offset;
    if (length > 0) this.#entities.push(entity({ offset, length }));
  }

  #flush(): void {
    if (this.#breaks > 0 && this.#text !== "") this.#text += "\n".repeat(this.#breaks) + this.indent;
    this.#breaks = 0;
  }
}
