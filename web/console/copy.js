// Puts a button to copy beside each text that is there to be copied. Without this, it can be selected.

for (const text of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-copy]"))) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  const say = (/** @type {string} */ word) => {
    button.textContent = word;
    // Not `ariaLabel`: in browsers that do not know that, it would be a variable and nothing more.
    button.setAttribute("aria-label", `${word} ${text.dataset.copy}`);
  };
  say("Copy");
  button.addEventListener("click", () => copy(text, say));
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
 * @param {(word: string) => void} say writes on the button, to be seen and heard
 */
async function copy(text, say) {
  try {
    await navigator.clipboard.writeText(text.textContent ?? "");
    say(said.textContent = "Copied");
  } catch {
    // Browsers give the clipboard to pages from https and from this machine only; elsewhere, what is selected may be copied.
    getSelection()?.selectAllChildren(text);
    const isCopied = document.execCommand("copy");
    say(isCopied ? "Copied" : "Selected");
    said.textContent = isCopied ? "Copied" : "Selected: copy it with your keyboard";
  }
  setTimeout(() => {
    say("Copy");
    said.textContent = "";
  }, 2000);
}
