// Running a server for others: an account is made, limited, shut out and let in again.

import assert from "node:assert/strict";
import { journey } from "../harness/journey.js";

const GRACE = { name: "Grace Hopper", email: "grace@example.org", password: "first day at sea" };

journey("makes an account for somebody, shuts it out, and lets it in again", async ({ server, window, signedIn }) => {
  const admin = await signedIn(await server.account("Ada King", { admin: true }));
  const { page } = admin;
  await admin.open("/admin");
  await admin.look("accounts");
  await page.getByRole("link", { name: "New account" }).click();
  await admin.look("new account");
  await page.getByLabel("Name").fill(GRACE.name);
  await page.getByLabel("E-mail").fill(GRACE.email);
  await page.getByLabel("First password").fill(GRACE.password);
  await page.getByLabel("Quota").fill("10 GB");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("status").waitFor();
  await admin.look("made");

  const grace = await window(GRACE.name);
  await grace.open("/files");
  await grace.look("sign in");
  await grace.signIn(GRACE);
  await grace.look("her files");
  const device = await server.device(GRACE);
  assert.ok((await device.account()).quota_info.quota >= 10_000_000_000);

  await admin.open("/admin");
  await page.getByRole("link", { name: GRACE.name }).click();
  await admin.look("her account");
  await page.getByText("Shut out", { exact: true }).first().click();
  await page.getByRole("button", { name: "Shut out" }).click();
  await page.getByText("shut out", { exact: true }).waitFor();
  await admin.look("shut out");
  // Her page waits for changes at this moment, and is told, too.
  grace.guard.expect(/: 401|status of 401|POST \S+\/login: 4\d\d|Failed to load resource.*\/login/);
  await assert.rejects(device.names("/"), /401/);
  await grace.open("/account");
  await grace.page.getByLabel("E-mail").fill(GRACE.email);
  await grace.page.getByLabel("Password").fill(GRACE.password);
  await grace.page.getByRole("button", { name: "Sign in" }).click();
  await grace.page.getByRole("alert").waitFor();
  await grace.look("not let in");

  await page.getByRole("button", { name: "Let them in again" }).click();
  await page.getByText("shut out", { exact: true }).waitFor({ state: "detached" });
  await grace.signIn(GRACE);
  await grace.look("let in again");
});

journey("shows nobody else who is on the server", async ({ server, signedIn }) => {
  const ada = await signedIn(await server.account("Ada King"));
  ada.guard.expect(/\/admin\S*: 404|Failed to load resource.*\/admin/);
  for (const path of ["/admin", "/admin/accounts/new", "/admin/accounts/1"]) {
    await ada.open(path);
    assert.equal(await ada.page.getByText("@example.org").count(), 0, path);
    await ada.look("not for you");
  }
});
