import { byId, element } from "./element.ts";
import type { ShownFile } from "./feed.ts";
import { fileSize } from "./file-size.ts";
import { icon } from "./icon.ts";
import { toast } from "./toast.ts";

/** The row of a message that stands for its file: a tap opens it. */
export function fileRow(file: ShownFile): HTMLElement {
  const size = fileSize(file.size);
  const row = element(
    "button",
    { type: "button", class: "file", "aria-label": `Open ${file.name}, ${size}` },
    element(
      "span",
      { class: "file-sign" },
      icon("M9.500 1.500H4.500a1 1 0 0 0-1 1v11a1 1 0 0 0 1 1h7a1 1 0 0 0 1-1V4.500zM9.500 1.500v3h3M6 8h4M6 11h4"),
    ),
    element("span", { class: "file-name" }, element("b", {}, file.name), element("span", {}, size)),
  );
  row.addEventListener("click", () => void open(file));
  return row;
}

/** Shows the content of a file over the page, until it is closed. */
async function open({ id, name }: ShownFile): Promise<void> {
  const url = `files/${id}`;
  const response = await fetch(url).catch(() => undefined);
  if (response?.ok !== true) return toast(`${name} cannot be opened`, true);
  const content = element("pre", { tabindex: "0" }, await response.text());
  const close = element(
    "button",
    { type: "button", class: "icon-button", "aria-label": "Close" },
    icon("M4 4l8 8M12 4l-8 8"),
  );
  const head = element(
    "header",
    {},
    element("h2", {}, name),
    element(
      "a",
      { class: "icon-button", href: url, download: name, "aria-label": "Save", title: "Save" },
      icon("M8 2.500v8M4.500 7L8 10.500 11.500 7M3 13.500h10"),
    ),
    close,
  );
  const dialog = element("dialog", { class: "file-view", "aria-label": name }, head, content);
  close.addEventListener("click", () => dialog.close());
  // What is not its content is the backdrop.
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => dialog.remove());
  byId("chat").append(dialog);
  dialog.showModal();
}
