// Making a program: an app is registered, and the Python tutorial is linked with it, works, and is revoked.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import path from "node:path";
import { journey } from "../harness/journey.js";
import { settings } from "../harness/settings.js";

const PYTHON = path.join(import.meta.dirname, "../../clients/python");

/**
 * The tutorial of the old Python SDK, as it runs in somebody's terminal.
 * @param {string} server @param {string} key @param {string} secret
 */
function tutorial(server, key, secret) {
  const words = ["-B", "-u", path.join(PYTHON, "programs/tutorial.py"), key, secret];
  const env = { ...process.env, PYTHONPATH: path.join(PYTHON, "shim"), TIDEMARK_URL: server };
  const program = spawn(settings.python, words, { env, stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  /** @type {(() => void)[]} */
  const listeners = [];
  const hear = (/** @type {Buffer} */ text) => {
    said += text;
    listeners.forEach((listener) => listener());
  };
  program.stdout.on("data", hear);
  program.stderr.on("data", hear);
  const ended = new Promise((resolve) => program.once("close", resolve));
  return {
    /** Waits until it has printed this. @param {RegExp} pattern @returns {Promise<string>} */
    prints: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = said.match(pattern);
          if (found) resolve(found[0]);
        };
        listeners.push(look);
        ended.then(() => reject(new Error(`the tutorial did not print ${pattern}:\n${said}`)));
        look();
      }),
    /** Types a line. @param {string} text */
    type: (text) => program.stdin.write(`${text}\n`),
    /** Waits for its end; what it printed. */
    async ends() {
      assert.equal(await ended, 0, said);
      return said;
    },
    kill: () => program.kill("SIGKILL"),
  };
}

journey("registers an app, links the Python tutorial with it, and revokes it", async ({ server, signedIn }) => {
  const account = await server.account("Ada King");
  const ada = await signedIn(account);
  const { page } = ada;
  await ada.open("/apps");
  await ada.look("no apps");
  await page.getByLabel("Name").fill("Logbook");
  await page.getByLabel("All files of whoever allows it").check();
  await page.getByRole("button", { name: "Register" }).click();
  await page.getByRole("heading", { name: "Logbook" }).waitFor();
  await ada.look("registered");
  const shown = page.getByRole("region", { name: "Key and secret" }).locator("code");
  await page.getByLabel("Your password (to show").fill(account.password);
  await page.getByRole("button", { name: "Show secret" }).click();
  await page.getByText("It is shown this once.").waitFor();
  const [key = "", secret = ""] = await shown.allTextContents();
  await ada.look("the secret");

  const program = tutorial(server.url, key, secret);
  try {
    const asked = new URL(await program.prints(/https:\/\/\S+(?=\s)/));
    // The old SDK knows one server; its page is at the same place on this one.
    await ada.open(asked.pathname + asked.search);
    await page.getByRole("heading", { name: "Allow Logbook?" }).waitFor();
    await ada.look("consent");
    await page.getByRole("button", { name: "Allow" }).click();
    await page.getByRole("heading", { name: "Almost there" }).waitFor();
    await ada.look("the code");
    program.type((await page.locator("main code").textContent()) ?? "");
    const said = await program.ends();
    assert.match(said, /account: Ada King ada\.king@example\.org/);
    assert.match(said, /uploaded: \/magnum-opus\.txt/);
    assert.match(said, /the copies are equal/);
  } finally {
    program.kill();
  }

  await ada.open("/files");
  await page.getByRole("grid").getByText("magnum-opus.txt").waitFor();
  await ada.look("what the tutorial left");
  await ada.open(`/apps/${key}/requests`);
  await page.getByText("/magnum-opus.txt").first().waitFor();
  await ada.look("its requests");
  await ada.open("/account");
  await page.getByRole("link", { name: "Revoke Logbook" }).click();
  await ada.look("revoke?");
  await page.getByRole("button", { name: "Revoke" }).click();
  await page.getByText("No app can reach your files.").waitFor();
  await ada.look("revoked");
});

journey("makes a token for trying, and what is printed beside it works", async ({ server, signedIn }) => {
  const account = await server.account("Ada King");
  const ada = await signedIn(account, { width: 360, height: 740, still: true });
  const { page } = ada;
  await ada.open("/apps");
  await ada.look("no apps");
  await page.getByLabel("Name").fill("Tide table");
  await page.getByLabel("A folder of its own, and nothing else").check();
  await page.getByRole("button", { name: "Register" }).click();
  await page.getByRole("button", { name: "Make a token" }).click();
  await page.getByRole("heading", { name: "Your token" }).waitFor();
  await ada.look("the token");
  const snippet = await page.getByText("files_put/auto/hello.txt").first().textContent();
  assert.ok(snippet?.includes(server.url), "the snippet names this server");
  const commands = snippet?.slice(0, snippet.lastIndexOf("curl -H")) ?? "";
  const token = commands.match(/Bearer ([^"]+)"/)?.[1] ?? "";
  const put = { method: "PUT", body: "High tide at six.\n", headers: { authorization: `Bearer ${token}` } };
  assert.equal((await fetch(`${server.url}/1/files_put/auto/hello.txt`, put)).status, 200);
  assert.deepEqual(await (await server.device(account)).names("/Apps/Tide table"), ["hello.txt"]);
  await page.getByRole("link", { name: "Back to the app" }).click();
  await ada.look("the app");
  await page.getByRole("button", { name: /^Revoke all my tokens/ }).click();
  await page.getByRole("status").first().waitFor();
  assert.equal((await fetch(`${server.url}/1/files_put/auto/hello.txt`, put)).status, 401);
});
