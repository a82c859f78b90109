/**
 * The dialog with a link for others.
 */

import { post } from "../api.js";
import { announce, button, el } from "../dom.js";

/**
 * Shows a link to something.
 * @param {string} path What of the gallery makes it.
 * @param {string} name What it shows.
 */
export async function share(path, name) {
  const field = el("input", { type: "text", readonly: true, id: "link", value: "One moment…" });
  const copy = el("button", { type: "button", class: "main", disabled: true }, "Copy link");
  const note = el("p", { class: "faint" }, "Whoever has this link can see it, without signing in, unless you limited it.");
  const dialog = el(
    "dialog",
    { class: "sheet", "aria-labelledby": "share-title" },
    el("h2", { id: "share-title" }, `Share ${name}`),
    note,
    el("label", { for: "link" }, "Link"),
    field,
    el("div", { class: "row" }, copy, el("button", { type: "button", click: () => dialog.close() }, "Done")),
  );
  dialog.append(button("close", "Close", () => dialog.close()));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  copy.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      copy.textContent = "Copied";
      announce("The link was copied");
    } catch {
      announce("Copy the link with your keyboard: it is selected");
    }
  });
  try {
    field.value = (await post(path)).url;
    const links = new URL("/links", field.value).href;
    note.append(" ", el("a", { href: links, target: "_blank", rel: "noreferrer" }, "Your links"), ": how they are limited, and their end.");
    copy.disabled = false;
    field.select();
  } catch (error) {
    field.value = "";
    note.textContent = `There is no link: ${/** @type {Error} */ (error).message}.`;
    note.setAttribute("role", "alert");
  }
}
