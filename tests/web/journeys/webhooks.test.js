// An app's own server is told of changes: it is added, tried out, told, fails and is told again, also when somebody asks for it, and is removed.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { makeToken, registerApp, secretOf } from "../harness/console.js";
import { Device } from "../harness/device.js";
import { eventually } from "../harness/eventually.js";
import { journey } from "../harness/journey.js";
import { Listener } from "../harness/listener.js";

// Apps that people register for themselves go to the public internet only, unless whoever runs the server allows more.
const HERE = { serve: ["--egress-allow", "127.0.0.1"] };

journey("adds a webhook, tries it, sees a change arrive, a failure and the next try, and sends it again", async ({ server, signedIn }) => {
  const listener = await new Listener().start();
  try {
    const account = await server.account("Ada King");
    const ada = await signedIn(account, { width: 768, height: 1024 });
    const { page } = ada;
    const key = await registerApp(ada, "Tide bell");
    const secret = await secretOf(ada, key, account.password);
    const device = new Device(server.url, await makeToken(ada, key));
    const signed = (/** @type {import("../harness/listener.js").Told} */ { body, signature }) =>
      assert.equal(signature, createHmac("sha256", secret).update(body).digest("hex"));

    await ada.open(`/apps/${key}`);
    const hooks = page.getByRole("region", { name: "Webhooks" });
    const add = async () => {
      await hooks.getByLabel("Add a webhook").fill(`${listener.url}/hook`);
      await hooks.getByRole("button", { name: "Add this webhook" }).click();
    };
    listener.isWilling = false;
    ada.guard.expect(/POST \S+\/webhooks: 400|Failed to load resource.*\/webhooks/);
    await add();
    await hooks.getByRole("alert").getByText("did not pass the challenge").waitFor();
    await ada.look("the challenge was not answered");
    listener.isWilling = true;
    await add();
    await page.getByRole("status").getByText("answered the challenge").waitFor();
    const toldBefore = listener.told.length;
    assert.equal(toldBefore, 0, "a challenge tells of nobody");
    await ada.look("added");

    await hooks.getByRole("link", { name: `${listener.url}/hook` }).click();
    await page.getByText("nothing delivered yet").waitFor();
    await page.getByRole("button", { name: "Send a test" }).click();
    await page.getByText("It took the notification, and answered with status 200.").waitFor();
    await ada.look("tested");
    const test = listener.told[0];
    assert.ok(test && listener.told.length === 1);
    signed(test);
    assert.match(test.body, /"users":\[1\]/);

    await device.put("/Tides.md", "# Tides\n");
    await eventually(async () => assert.equal(listener.told.length, 2));
    signed(listener.told[1] ?? test);
    const log = page.getByRole("region", { name: "Deliveries" }).getByRole("listitem");
    const webhook = new URL(page.url()).pathname.replace(/\/test$/, "");
    const shows = async (/** @type {RegExp} */ first, /** @type {RegExp} */ state) =>
      eventually(async () => {
        await ada.open(webhook);
        assert.match((await log.first().textContent()) ?? "", first);
        assert.match((await page.getByText(/^Since /).textContent()) ?? "", state);
      });
    await shows(/Delivered, status 200/, /is told of changes/);
    await ada.look("delivered");

    listener.status = 503;
    await device.put("/Tides.md", "# Tides, once more\n");
    await shows(/Failed: .*503/, /failed (once|\d+ times in a row), next try in \d+ s/);
    await ada.look("failed");
    const before = listener.told.length;
    listener.status = 200;
    await eventually(async () => assert.ok(listener.told.length > before, "it is tried again by itself"));
    signed(listener.told.at(-1) ?? test);
    await shows(/Delivered, status 200/, /is told of changes/);
    assert.ok((await log.count()) >= 3, "the failure stays in the log");
    await ada.look("delivered after all");

    const [sent, logged] = [listener.told.length, await log.count()];
    await page.getByRole("button", { name: "Send again" }).click();
    await page.getByRole("status").getByText("The app is told again at once, about 1 account.").waitFor();
    await ada.look("sent again");
    await eventually(async () => assert.ok(listener.told.length > sent, "it is told once more of what it knows"));
    assert.equal(listener.told.at(-1)?.body, test.body);
    await eventually(async () => {
      await ada.open(webhook);
      assert.equal(await log.count(), logged + 1);
    });

    await page.getByText("Remove …").click();
    await page.getByRole("button", { name: "Remove this webhook" }).click();
    await page.getByText("The webhook is removed.").waitFor();
    await ada.look("removed");
  } finally {
    listener.stop();
  }
}, HERE);

journey("renames an app, and deletes it with its tokens", async ({ server, signedIn }) => {
  const account = await server.account("Ada King");
  const ada = await signedIn(account, { width: 360, height: 740, still: true });
  const { page } = ada;
  const key = await registerApp(ada, "Tide bell");
  const device = new Device(server.url, await makeToken(ada, key));
  await device.put("/Tides.md", "# Tides\n");
  await ada.open(`/apps/${key}`);
  const rename = async (/** @type {string} */ name) => {
    await page.getByLabel("What people see when the app asks them").fill(name);
    await page.getByRole("button", { name: "Rename" }).click();
  };
  ada.guard.expect(/POST \S+\/(name|delete): 40[03]|Failed to load resource.*\/(name|delete)/);
  await rename("Tidemark Bell");
  await page.getByRole("alert").getByText("does not begin with “Tidemark”").waitFor();
  await ada.look("a name of the server's");
  await rename("Fog bell");
  await page.getByRole("heading", { name: "Fog bell" }).waitFor();
  await ada.look("renamed");
  const remove = async (/** @type {string} */ password) => {
    const region = page.getByRole("region", { name: "Delete it" });
    if (!(await region.getByLabel("Your password").isVisible())) await region.getByText("Delete …").click();
    await region.getByLabel("Your password").fill(password);
    await region.getByRole("button", { name: "Delete this app" }).click();
  };
  await remove("not my password");
  await page.getByRole("alert").getByText("This is not your password.").waitFor();
  await ada.look("a wrong password");
  await remove(account.password);
  await page.getByText("The app is deleted.").waitFor();
  await ada.look("deleted");
  await assert.rejects(device.get("/Tides.md"), /401/);
});
