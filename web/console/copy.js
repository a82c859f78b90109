// Puts a button to copy beside each text that is there to be copied. Without this, it can be selected.

for (const text of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("pre[data-copy]"))) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy ${text.dataset.copy}`);
  button.addEventListener("click", () => copy(text, button));
  const frame = document.createElement("div");
  frame.className = "copied";
  text.replaceWith(frame);
  frame.append(text, button);
}

const said = document.createElement("p");
said.className = "unseen";
said.setAttribute("role", "status");
document.querySelector("main")?.append(said);

/**
 * @param {Element} text
 * @param {HTMLButtonElement} button
 */
async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text.textContent ?? "");
    button.textContent = said.textContent = "Copied";
  } catch {
    // Browsers give the clipboard to pages from https and from this machine only.
    getSelection()?.selectAllChildren(text);
    button.textContent = "Selected";
    said.textContent = "Selected: copy it with your keyboard";
  }
  setTimeout(() => {
    button.textContent = "Copy";
    said.textContent = "";
  }, 2000);
}
