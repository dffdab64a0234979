import { randomBytes } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { cleanFileName, mimeTypeOf } from "./file-name.ts";
import type { Document } from "./message.ts";
import type { UploadedFile } from "./parameters.ts";

/** What the bot uploaded. */
export class Files {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Keeps a file. What the sender says of its kind counts for nothing: its name does. */
  add(file: UploadedFile): Document {
    const id = randomBytes(18).toString("base64url");
    this.#database.prepare("INSERT INTO file (file_id, bytes) VALUES (?, ?)").run(id, file.bytes);
    const name = cleanFileName(file.name);
    return {
      file_id: id,
      file_unique_id: id.slice(0, 12),
      ...(name === "" ? {} : { file_name: name }),
      mime_type: mimeTypeOf(name),
      file_size: file.bytes.length,
    };
  }

  /** The bytes of a document; undefined where no such file was uploaded. */
  read(fileId: string): Uint8Array | undefined {
    const bytes = this.#database.prepare("SELECT bytes FROM file WHERE file_id = ?").get(fileId)?.["bytes"];
    return bytes instanceof Uint8Array ? bytes : undefined;
  }
}
